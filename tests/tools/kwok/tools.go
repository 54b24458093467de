//go:build tools

// Package tools pins KWOK, which plays nodes that are not there.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
