//go:build tools

// Package tools pins notation, with which the tests sign and verify as the Notary Project does.
package tools

import _ "github.com/notaryproject/notation/cmd/notation"
