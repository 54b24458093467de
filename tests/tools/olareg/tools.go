//go:build tools

// Package tools pins olareg, the tests' registry with the referrers API.
package tools

import _ "github.com/olareg/olareg/cmd/olareg"
