//go:build tools

// Package tools pins rekor-server, the transparency log of the tests' signing stack.
package tools

import _ "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix"
