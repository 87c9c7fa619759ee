# shellcheck shell=bash
# Two images made from Debian's busybox-static, because no image can be pulled: the pod sandbox's
# "pause" and a "busybox" for tests. Both are in one OCI archive and share one layer.

PAUSE_IMAGE=osimage.local/pause:1
BUSYBOX_IMAGE=osimage.local/busybox:1

images_create() {
  local archive=$1 work layer pause busybox
  # An empty name would make "/" the place of everything below.
  work=$(mktemp -d "$STATE/run/images.XXXXXX") || return 1
  mkdir -p "$work/layout/blobs/sha256"
  root_create "${work:?}/root"
  tar -C "$work/root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/layer.tar" .
  layer=$(blob_add "$work" "$work/layer.tar")
  # A PID 1 without a handler ignores SIGTERM, and every deletion of a pod would take its whole grace period.
  pause=$(image_add "$work" "$layer" "$PAUSE_IMAGE" \
    '{"User":"65535:65535","Entrypoint":["/bin/sh","-c","trap \"exit 0\" TERM INT; sleep 2147483647 & wait"]}')
  busybox=$(image_add "$work" "$layer" "$BUSYBOX_IMAGE" '{"Cmd":["/bin/sh"]}')
  jq -n --argjson a "$pause" --argjson b "$busybox" '{schemaVersion: 2, manifests: [$a, $b]}' \
    >"$work/layout/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
  tar -C "$work/layout" -cf "$archive" .
  rm -rf "$work"
}

root_create() {
  local root=$1 applet
  mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev}
  chmod 1777 "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [[ $applet = busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
}

blob_add() {
  local work=$1 file=$2 digest
  digest=$(sha256sum <"$file")
  digest=${digest%% *}
  cp "$file" "$work/layout/blobs/sha256/$digest"
  jq -cn --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$file")" '{digest: $digest, size: $size}'
}

image_add() {
  local work=$1 layer=$2 name=$3 settings=$4 config manifest machine
  case $(uname -m) in
    x86_64) machine=amd64 ;;
    aarch64) machine=arm64 ;;
    *) machine=$(uname -m) ;;
  esac
  jq -cn --arg arch "$machine" --argjson layer "$layer" --argjson settings "$settings" \
    '{architecture: $arch, os: "linux", config: ($settings + {Env: ["PATH=/bin"]}),
      rootfs: {type: "layers", diff_ids: [$layer.digest]}}' >"$work/blob"
  config=$(blob_add "$work" "$work/blob")
  jq -cn --argjson config "$config" --argjson layer "$layer" \
    '"application/vnd.oci.image." as $type
     | {schemaVersion: 2, mediaType: ($type + "manifest.v1+json"),
        config: ({mediaType: ($type + "config.v1+json")} + $config),
        layers: [{mediaType: ($type + "layer.v1.tar")} + $layer]}' >"$work/blob"
  manifest=$(blob_add "$work" "$work/blob")
  jq -cn --argjson manifest "$manifest" --arg name "$name" --arg tag "${name##*:}" \
    '{mediaType: "application/vnd.oci.image.manifest.v1+json"} + $manifest
     + {annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": $tag}}'
}
