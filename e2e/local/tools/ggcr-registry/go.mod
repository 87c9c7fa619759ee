module osimage.dev/e2e/ggcr-registry

go 1.26.0

tool osimage.dev/e2e/ggcr-registry

require github.com/google/go-containerregistry v0.22.1
