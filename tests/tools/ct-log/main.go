// A certificate transparency log that promises and keeps nothing: it answers Fulcio's precertificates with signed certificate timestamps
// (RFC 6962 section 4.2), which verifiers check without ever asking the log.
//
//	ct-log KEY.pem    private key, PKCS#8; prints "log http://127.0.0.1:PORT"
package main

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
)

func main() {
	signer, id, err := readKey(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /ct/v1/add-pre-chain", func(w http.ResponseWriter, r *http.Request) {
		var request ct.AddChainRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		response, err := promise(signer, id, request.Chain)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		json.NewEncoder(w).Encode(response)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("log http://" + listener.Addr().String())
	log.Fatal(http.Serve(listener, nil))
}

func readKey(file string) (crypto.Signer, [32]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, [32]byte{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, [32]byte{}, fmt.Errorf("%s: no PEM", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, [32]byte{}, err
	}
	signer := key.(crypto.Signer)
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	return signer, sha256.Sum256(public), err
}

func promise(signer crypto.Signer, id [32]byte, chain [][]byte) (*ct.AddChainResponse, error) {
	raw := make([]ct.ASN1Cert, len(chain))
	for i, certificate := range chain {
		raw[i].Data = certificate
	}
	timestamp := uint64(time.Now().UnixMilli())
	leaf, err := ct.MerkleTreeLeafFromRawChain(raw, ct.PrecertLogEntryType, timestamp)
	if err != nil {
		return nil, err
	}
	input, err := ct.SerializeSCTSignatureInput(ct.SignedCertificateTimestamp{SCTVersion: ct.V1, Timestamp: timestamp}, ct.LogEntry{Leaf: *leaf})
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(input)
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	encoded, err := tls.Marshal(ct.DigitallySigned{
		Algorithm: tls.SignatureAndHashAlgorithm{Hash: tls.SHA256, Signature: tls.SignatureAlgorithmFromPubKey(signer.Public())},
		Signature: signature,
	})
	return &ct.AddChainResponse{
		SCTVersion: ct.V1, ID: id[:], Timestamp: timestamp, Extensions: base64.StdEncoding.EncodeToString(nil), Signature: encoded,
	}, err
}
