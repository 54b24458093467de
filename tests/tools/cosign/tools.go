//go:build tools

// Package tools pins cosign, with which the tests sign and attest as Sigstore does.
package tools

import _ "github.com/sigstore/cosign/v3/cmd/cosign"
