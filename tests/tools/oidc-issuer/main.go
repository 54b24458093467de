// An OpenID Connect issuer for the tests' Fulcio: whoever asks gets a token with the claims they name. It prints "issuer http://127.0.0.1:PORT".
//
//	GET  /NAME/.well-known/openid-configuration, /NAME/keys   each NAME is an issuer of its own; they share one key
//	POST /NAME/token                                          body: claims as JSON; answer: the signed token, good for ten minutes
package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"
)

var encode = base64.RawURLEncoding.EncodeToString

func main() {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	root := "http://" + listener.Addr().String()
	issuer := func(r *http.Request) string { return root + "/" + r.PathValue("name") }

	http.HandleFunc("GET /{name}/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer(r), "jwks_uri": issuer(r) + "/keys",
			"authorization_endpoint": issuer(r) + "/none", "token_endpoint": issuer(r) + "/none",
			"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	http.HandleFunc("GET /{name}/keys", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
			"n": encode(key.N.Bytes()), "e": encode([]byte{1, 0, 1}),
		}}})
	})
	http.HandleFunc("POST /{name}/token", func(w http.ResponseWriter, r *http.Request) {
		claims := map[string]any{}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&claims); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		now := time.Now()
		claims["iss"], claims["aud"] = issuer(r), "sigstore"
		claims["iat"], claims["exp"] = now.Unix(), now.Add(10*time.Minute).Unix()
		body, _ := json.Marshal(claims)
		signed := encode([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`)) + "." + encode(body)
		digest := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, signed+"."+encode(signature))
	})
	fmt.Println("issuer " + root)
	log.Fatal(http.Serve(listener, nil))
}
