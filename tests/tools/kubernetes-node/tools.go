//go:build tools

// Package tools pins the Kubernetes programs that make a whole cluster of an API server: its versions of all modules are those of
// ../kubernetes, so that what kube-apiserver was compiled from is compiled once.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-proxy"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "k8s.io/kubernetes/cmd/kubelet"
)
