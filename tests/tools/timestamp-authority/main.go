// Sigstore's RFC 3161 timestamp authority as its own program serves it, less the metrics listener: that one has a fixed port on every address.
//
//	timestamp-server --port PORT --key KEY.pem --chain CHAIN.pem
//
// It answers at http://127.0.0.1:PORT/api/v1/timestamp.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	key := flag.String("key", "", "private key, PEM")
	chain := flag.String("chain", "", "certificates from the key's own to the root, PEM")
	flag.Parse()
	for name, value := range map[string]any{
		"timestamp-signer": "file", "timestamp-signer-hash": "sha256", "file-signer-key-path": *key, "certificate-chain-path": *chain,
		"enforce-intermediate-eku": true, "include-chain-in-response": true, "max-request-body-size": uint64(1 << 20),
		"default-policy-oid": "1.3.6.1.4.1.57264.2", "accepted-policy-oids": []string{"1.3.6.1.4.1.57264.2"},
	} {
		viper.Set(name, value)
	}
	const patience = 30 * time.Second
	log.Fatal(server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, patience, patience).Serve())
}
