// ggcr-registry is the registry of go-containerregistry with the referrers API, in memory.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	address := flag.String("address", "127.0.0.1:5000", "where to listen")
	certificate := flag.String("tls-certificate", "", "PEM file; without it plain HTTP is spoken")
	key := flag.String("tls-key", "", "PEM file of the certificate's key")
	flag.Parse()
	server := http.Server{Addr: *address, Handler: registry.New(registry.WithReferrersSupport(true))}
	if *certificate == "" {
		log.Fatal(server.ListenAndServe())
	}
	log.Fatal(server.ListenAndServeTLS(*certificate, *key))
}
