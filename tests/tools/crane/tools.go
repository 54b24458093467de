//go:build tools

// Package tools pins crane, which makes and serves the tests' images.
package tools

import _ "github.com/google/go-containerregistry/cmd/crane"
