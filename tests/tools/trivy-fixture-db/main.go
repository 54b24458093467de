// Writes the fixture vulnerability database of the tests where Trivy looks for its own:
//
//	trivy-fixture-db CACHE_DIR [today|later|latest]    →  CACHE_DIR/db/trivy.db, CACHE_DIR/db/metadata.json
//
// The content is fixture.yaml, with later.yaml over it, and latest.yaml over both: the same database as time goes by. They are built in, so
// that a test needs no file but this program.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	fixtures "github.com/aquasecurity/bolt-fixtures"
)

//go:embed fixture.yaml later.yaml latest.yaml
var files embed.FS

var (
	names  = []string{"fixture.yaml", "later.yaml", "latest.yaml"}
	layers = map[string]int{"today": 1, "later": 2, "latest": 3}
)

func main() {
	stage := "today"
	if len(os.Args) == 3 {
		stage = os.Args[2]
	}
	count, known := layers[stage]
	if len(os.Args) < 2 || len(os.Args) > 3 || !known {
		fmt.Fprintln(os.Stderr, "usage: trivy-fixture-db CACHE_DIR [today|later|latest]")
		os.Exit(2)
	}
	if err := write(filepath.Join(os.Args[1], "db"), names[:count]); err != nil {
		fmt.Fprintln(os.Stderr, "trivy-fixture-db:", err)
		os.Exit(1)
	}
}

func write(folder string, names []string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := writeDatabase(folder, names); err != nil {
		return err
	}
	return writeMetadata(folder)
}

// bolt-fixtures reads files only, so the built-in content goes through some beside the database. What is loaded last counts.
func writeDatabase(folder string, names []string) error {
	var sources []string
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		source := filepath.Join(folder, name)
		if err := os.WriteFile(source, content, 0o644); err != nil {
			return err
		}
		defer os.Remove(source)
		sources = append(sources, source)
	}
	loader, err := fixtures.New(filepath.Join(folder, "trivy.db"), sources)
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
