// Writes the fixture vulnerability database of the tests where Grype looks for its own:
//
//	grype-fixture-db CACHE_DIR FIXTURES_DIR [today|later|latest]    →  CACHE_DIR/6/vulnerability.db, CACHE_DIR/6/import.json
//
// FIXTURES_DIR is tests/tools/trivy-fixture-db: both scanners know the same vulnerabilities, at the same times. Of its rules for where a
// fix stands those are read that the fixtures use: a Debian release, keyed by source package, and npm.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	db "github.com/anchore/grype/grype/db/v6"
	"github.com/spf13/afero"
)

var (
	names  = []string{"fixture.yaml", "later.yaml", "latest.yaml"}
	layers = map[string]int{"today": 1, "later": 2, "latest": 3}
)

func main() {
	stage := "today"
	if len(os.Args) == 4 {
		stage = os.Args[3]
	}
	count, known := layers[stage]
	if len(os.Args) < 3 || len(os.Args) > 4 || !known {
		fmt.Fprintln(os.Stderr, "usage: grype-fixture-db CACHE_DIR FIXTURES_DIR [today|later|latest]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], names[:count]); err != nil {
		fmt.Fprintln(os.Stderr, "grype-fixture-db:", err)
		os.Exit(1)
	}
}

func run(cache, fixtures string, names []string) error {
	content := newFixture()
	for _, name := range names {
		if err := content.read(filepath.Join(fixtures, name)); err != nil {
			return err
		}
	}
	folder := filepath.Join(cache, fmt.Sprint(db.ModelVersion))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := write(folder, content); err != nil {
		return err
	}
	_, err := db.WriteImportMetadata(afero.NewOsFs(), folder, "fixture")
	return err
}

func write(folder string, content *fixture) error {
	writer, err := db.NewWriter(db.Config{DBDirPath: folder})
	if err != nil {
		return err
	}
	// In one order always: rows are numbered as they come.
	for _, key := range slices.SortedFunc(maps.Keys(content.advisories), place.compare) {
		if err := add(writer, key, content.advisories[key], content.details[key.id]); err != nil {
			return fmt.Errorf("%s of %s: %w", key.id, key.pkg, err)
		}
	}
	if err := addEndOfLife(writer); err != nil {
		return err
	}
	return writer.Close()
}

// Debian 7, of which Trivy knows by itself that nobody mends it any more. A release is known by what is told of some package of it.
func addEndOfLife(writer db.Writer) error {
	if err := add(writer, place{"debian 7", "absent", "CVE-2013-0001"}, advisory{}, detail{}); err != nil {
		return err
	}
	end := time.Date(2018, time.May, 31, 0, 0, 0, 0, time.UTC)
	updated, err := writer.UpdateOperatingSystemEOL(db.OSSpecifier{Name: "debian", MajorVersion: "7"}, &end, nil)
	if err == nil && updated == 0 {
		err = fmt.Errorf("debian 7 is not in the database")
	}
	return err
}

func add(writer db.Writer, key place, told advisory, about detail) error {
	affected, provider, err := newAffected(key)
	if err != nil {
		return err
	}
	vulnerability := newVulnerability(provider, key.id, about)
	if err := writer.AddVulnerabilities(vulnerability); err != nil {
		return err
	}
	affected.VulnerabilityID = vulnerability.ID
	affected.BlobValue = &db.PackageBlob{CVEs: []string{key.id}, Ranges: []db.Range{told.versions(affected)}}
	return writer.AddAffectedPackages(affected)
}

// The buckets "debian 12" and "npm::…".
func newAffected(key place) (*db.AffectedPackageHandle, string, error) {
	if ecosystem, _, found := strings.Cut(key.bucket, "::"); found && ecosystem == "npm" {
		return &db.AffectedPackageHandle{Package: &db.Package{Ecosystem: ecosystem, Name: key.pkg}}, "github", nil
	}
	if name, version, found := strings.Cut(key.bucket, " "); found && name == "debian" {
		return &db.AffectedPackageHandle{
			OperatingSystem: &db.OperatingSystem{Name: name, ReleaseID: name, MajorVersion: version},
			Package:         &db.Package{Ecosystem: "deb", Name: key.pkg},
		}, name, nil
	}
	return nil, "", fmt.Errorf("nothing is known of the bucket %q", key.bucket)
}

// Of the database: a provider has one, whatever it tells of.
var captured = time.Now().UTC()

func newVulnerability(provider, id string, about detail) *db.VulnerabilityHandle {
	return &db.VulnerabilityHandle{
		Name:       id,
		Status:     db.VulnerabilityActive,
		ProviderID: provider,
		Provider:   &db.Provider{ID: provider, Version: "1", Processor: "fixture", DateCaptured: &captured, InputDigest: "fixture"},
		BlobValue:  &db.VulnerabilityBlob{ID: id, Description: about.Title, Severities: about.severities()},
	}
}

// The word first: Grype takes the severity that stands first.
func (d detail) severities() []db.Severity {
	list := []db.Severity{{Scheme: db.SeveritySchemeCHMLN, Value: strings.ToLower(d.Severity), Rank: 1}}
	for _, source := range slices.Sorted(maps.Keys(d.CVSS)) {
		for _, score := range d.CVSS[source].list() {
			list = append(list, db.Severity{Scheme: db.SeveritySchemeCVSS, Value: score, Source: source, Rank: 2})
		}
	}
	return list
}

func (s scores) list() []db.CVSSSeverity {
	all := []db.CVSSSeverity{{Vector: s.V2Vector, Version: "2.0"}, {Vector: s.V3Vector, Version: "3.1"}, {Vector: s.V40Vector, Version: "4.0"}}
	return slices.DeleteFunc(all, func(score db.CVSSSeverity) bool { return score.Vector == "" })
}

// Which versions have the vulnerability, and what is said about a fix.
func (a advisory) versions(of *db.AffectedPackageHandle) db.Range {
	if of.OperatingSystem == nil {
		fixed := strings.TrimPrefix(strings.Join(a.PatchedVersions, ", "), ">=")
		return db.Range{
			Version: db.Version{Type: "semver", Constraint: strings.Join(a.VulnerableVersions, " || ")},
			Fix:     &db.Fix{Version: fixed, State: db.FixedStatus},
		}
	}
	if a.FixedVersion != "" {
		return db.Range{
			Version: db.Version{Type: "dpkg", Constraint: "< " + a.FixedVersion},
			Fix:     &db.Fix{Version: a.FixedVersion, State: db.FixedStatus},
		}
	}
	return db.Range{Version: db.Version{Type: "dpkg"}, Fix: &db.Fix{State: a.state()}}
}

// The statuses of trivy-db as Grype's feed of Debian tells them: what Debian will not or not now fix, and what is past its end of life, is
// wont-fix there.
func (a advisory) state() db.FixStatus {
	switch a.Status {
	case 2:
		return db.NotFixedStatus
	case 5, 6, 7:
		return db.WontFixStatus
	}
	return db.UnknownFixStatus
}
