//go:build tools

// Package tools pins fulcio, the certificate authority of the tests' signing stack.
package tools

import _ "github.com/sigstore/fulcio"
