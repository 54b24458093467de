package main

import (
	"cmp"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

// Where an advisory stands: "debian 12", "openssl", "CVE-2099-10001".
type place struct{ bucket, pkg, id string }

func (p place) compare(other place) int {
	return cmp.Or(cmp.Compare(p.bucket, other.bucket), cmp.Compare(p.pkg, other.pkg), cmp.Compare(p.id, other.id))
}

type advisory struct {
	FixedVersion       string   `yaml:"FixedVersion"`
	Status             int      `yaml:"Status"`
	PatchedVersions    []string `yaml:"PatchedVersions"`
	VulnerableVersions []string `yaml:"VulnerableVersions"`
}

type detail struct {
	Title    string            `yaml:"Title"`
	Severity string            `yaml:"Severity"`
	CVSS     map[string]scores `yaml:"CVSS"`
}

type scores struct {
	V2Vector  string `yaml:"V2Vector"`
	V3Vector  string `yaml:"V3Vector"`
	V40Vector string `yaml:"V40Vector"`
}

type fixture struct {
	advisories map[place]advisory
	details    map[string]detail
}

func newFixture() *fixture {
	return &fixture{advisories: map[place]advisory{}, details: map[string]detail{}}
}

// A bucket with what is in it, or a key with its value.
type entry struct {
	Bucket string    `yaml:"bucket"`
	Key    string    `yaml:"key"`
	Value  yaml.Node `yaml:"value"`
	Pairs  []entry   `yaml:"pairs"`
}

// What is read last counts.
func (f *fixture) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var buckets []entry
	if err := yaml.Unmarshal(text, &buckets); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, bucket := range buckets {
		if err := f.put(bucket); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

func (f *fixture) put(bucket entry) error {
	switch bucket.Bucket {
	case "data-source": // whom Trivy names
		return nil
	case "vulnerability":
		return values(bucket, func(id string, about detail) { f.details[id] = about })
	}
	for _, pkg := range bucket.Pairs {
		put := func(id string, told advisory) { f.advisories[place{bucket.Bucket, pkg.Bucket, id}] = told }
		if err := values(pkg, put); err != nil {
			return err
		}
	}
	return nil
}

func values[T any](bucket entry, put func(key string, value T)) error {
	for _, pair := range bucket.Pairs {
		var value T
		if err := pair.Value.Decode(&value); err != nil {
			return fmt.Errorf("%s: %w", pair.Key, err)
		}
		put(pair.Key, value)
	}
	return nil
}
