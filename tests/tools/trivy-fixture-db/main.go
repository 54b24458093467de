// Writes the fixture vulnerability database of the tests where Trivy looks for its own:
//
//	trivy-fixture-db CACHE_DIR    →  CACHE_DIR/db/trivy.db, CACHE_DIR/db/metadata.json
//
// The content is fixture.yaml, built in, so that a test needs no file but this program.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	fixtures "github.com/aquasecurity/bolt-fixtures"
)

//go:embed fixture.yaml
var content []byte

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trivy-fixture-db CACHE_DIR")
		os.Exit(2)
	}
	if err := write(filepath.Join(os.Args[1], "db")); err != nil {
		fmt.Fprintln(os.Stderr, "trivy-fixture-db:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := writeDatabase(folder); err != nil {
		return err
	}
	return writeMetadata(folder)
}

// bolt-fixtures reads files only, so the built-in content goes through one beside the database.
func writeDatabase(folder string) error {
	source := filepath.Join(folder, "fixture.yaml")
	if err := os.WriteFile(source, content, 0o644); err != nil {
		return err
	}
	defer os.Remove(source)
	loader, err := fixtures.New(filepath.Join(folder, "trivy.db"), []string{source})
	if err != nil {
		return err
	}
	if err := loader.Load(); err != nil {
		loader.Close()
		return err
	}
	return loader.Close()
}

// Version 2 is the schema that Trivy 0.68 reads. A database of today that is due only in ten years is never fetched anew.
func writeMetadata(folder string) error {
	now := time.Now().UTC()
	text, err := json.Marshal(map[string]any{"Version": 2, "UpdatedAt": now, "DownloadedAt": now, "NextUpdate": now.AddDate(10, 0, 0)})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "metadata.json"), text, 0o644)
}
