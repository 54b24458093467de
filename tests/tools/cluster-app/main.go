// A small program for Pods of the cluster's own tests. It needs nothing of its image but itself.
//
//	:8080 /healthz      200
//	:8080 /             {"pod": host name, "version": $VERSION}
//	:8080 /api          what the API server says of its version, asked as a client in a cluster does
//	:8443 /validate     an admission webhook: denies objects with the label deny=true (with /tls/tls.crt and tls.key alone)
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

func askAPIServer() (string, error) {
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return "", err
	}
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	address := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+address+"/version", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return string(body), err
}

type review struct {
	Request struct {
		UID    string `json:"uid"`
		Object struct {
			Metadata struct {
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
		} `json:"object"`
	} `json:"request"`
}

func validate(writer http.ResponseWriter, request *http.Request) {
	var asked review
	if err := json.NewDecoder(io.LimitReader(request.Body, 8<<20)).Decode(&asked); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	response := map[string]any{"uid": asked.Request.UID, "allowed": asked.Request.Object.Metadata.Labels["deny"] != "true"}
	if response["allowed"] == false {
		response["status"] = map[string]any{"code": 403, "message": "the label deny says so"}
	}
	writer.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(writer).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

func main() {
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/validate", validate)
	http.HandleFunc("/api", func(writer http.ResponseWriter, _ *http.Request) {
		text, err := askAPIServer()
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(writer, text)
	})
	http.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		_ = json.NewEncoder(writer).Encode(map[string]string{"pod": name, "version": os.Getenv("VERSION")})
	})
	plain, secure := &http.Server{Addr: ":8080"}, &http.Server{Addr: ":8443"}
	if _, err := os.Stat("/tls/tls.crt"); err == nil {
		go func() { fmt.Fprintln(os.Stderr, secure.ListenAndServeTLS("/tls/tls.crt", "/tls/tls.key")) }()
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	go func() {
		<-ended.Done()
		time.Sleep(time.Second) // until the Service leads nobody here any more
		_ = plain.Shutdown(context.Background())
	}()
	if err := plain.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
