// One small report of each further format, with the members that its decoder reads, as values that a test bends as it needs.
#pragma once

#include "unit/scan/report_builder.h"

namespace hullwright::scan::test {

inline json SnykEntry(const std::string& id, const std::string& name, const std::string& version) {
  return {{"id", id},
          {"name", name},
          {"packageName", name},
          {"version", version},
          {"severity", "high"},
          {"severityWithCritical", "critical"},
          {"cvssScore", 9.8},
          {"identifiers", {{"CVE", json::array({"CVE-2026-1"})}, {"CWE", json::array({"CWE-79"})}, {"GHSA", json::array({"GHSA-1"})}}},
          {"epssDetails", {{"probability", "0.00046"}, {"percentile", "0.14414"}}},
          {"fixedIn", json::array({"6.0.0"})},
          {"publicationTime", "2026-01-01T00:00:00.518198Z"},
          {"from", json::array({"docker-image|shop/api@1", name + "@" + version})}};
}

inline json SnykReport() {
  json os = SnykEntry("SNYK-DEBIAN12-OPENSSL-1", "openssl/libssl3", "3.0.11");
  os["fixedIn"] = json::array();
  json twice = SnykEntry("SNYK-JS-EXPRESS-2", "express", "4.0.0");
  twice["identifiers"]["CVE"] = json::array({"CVE-2026-2"});
  twice["identifiers"]["GHSA"] = json::array();
  json other_path = twice;
  other_path["from"] = json::array({"app@1", "router@2", "express@4.0.0"});
  return {{"ok", false},
          {"vulnerabilities", json::array({os})},
          {"dependencyCount", 9},
          {"packageManager", "deb"},
          {"docker", json::object()},
          {"filtered", {{"ignore", json::array()}, {"patch", json::array()}}},
          {"projectName", "docker-image|shop/api"},
          {"platform", "linux/amd64"},
          {"path", "registry.example/shop/api:1"},
          {"applications", json::array({{{"ok", false},
                                         {"vulnerabilities", json::array({twice, other_path})},
                                         {"dependencyCount", 71},
                                         {"packageManager", "npm"},
                                         {"projectName", "api"},
                                         {"path", "registry.example/shop/api:1"}}})}};
}

inline json SarifRun(const std::string& tool) {
  return {{"tool", {{"driver", {{"name", tool}, {"version", "1.2.3"}, {"rules", json::array()}}}}}, {"results", json::array()}};
}

// Trivy's; its result is of another package than its rule.
inline json SarifReport() {
  json run = SarifRun("Trivy");
  run["tool"]["driver"]["rules"].push_back(
      {{"id", "CVE-2026-1"},
       {"name", "OsPackageVulnerability"},
       {"help", {{"text", "Vulnerability CVE-2026-1\nSeverity: HIGH\nPackage: openssl\nFixed Version: 3.0.15"}}},
       {"properties", {{"cvssv3_baseScore", 7.5}, {"security-severity", "7.5"}, {"tags", json::array({"vulnerability", "HIGH"})}}}});
  run["results"].push_back({{"ruleId", "CVE-2026-1"},
                            {"ruleIndex", 0},
                            {"level", "error"},
                            {"message",
                             {{"text",
                               "Package: libssl3\nInstalled Version: 3.0.11\nVulnerability CVE-2026-1\nSeverity: HIGH\nFixed Version: "
                               "3.0.15\nLink: x"}}}});
  run["properties"] = {{"imageID", "sha256:1"},
                       {"imageName", "registry.example/shop/api:1"},
                       {"repoDigests", json::array({"registry.example/shop/api@" + kDigestA})}};
  return {{"version", "2.1.0"}, {"runs", json::array({run})}};
}

// As an adapter answers; Harbor keys it by its MIME type.
inline json HarborReport() {
  return {{"generated_at", "2026-03-01T12:00:00.258693685Z"},
          {"artifact", {{"repository", "shop/api"}, {"digest", kDigestA}, {"mime_type", "application/vnd.oci.image.manifest.v1+json"}}},
          {"scanner", {{"name", "Trivy"}, {"vendor", "Aqua Security"}, {"version", "v0.44.0"}}},
          {"severity", "High"},
          {"vulnerabilities", json::array({{{"id", "CVE-2026-1"},
                                            {"package", "libssl3"},
                                            {"version", "3.0.11"},
                                            {"fix_version", "3.0.15"},
                                            {"severity", "High"},
                                            {"artifact_digests", json::array({kDigestA})},
                                            {"preferred_cvss", {{"score_v3", 7.8}, {"score_v2", nullptr}}}}})}};
}
inline const std::string kHarborType = "application/vnd.security.vulnerability.report; version=1.1";

inline json ClairReport() {
  return {
      {"manifest_hash", kDigestA},
      {"packages",
       {{"1", {{"id", "1"}, {"name", "libssl3"}, {"version", "3.0.11"}, {"kind", "binary"}}},
        {"2", {{"id", "2"}, {"name", "openssl"}, {"version", "3.0.11"}, {"kind", "SOURCE"}}},
        {"3", {{"id", "3"}, {"name", "pip"}, {"version", "19.3.1"}, {"kind", "BINARY"}}}}},
      {"distributions", {{"7", {{"id", "7"}, {"did", "debian"}, {"version_id", "12"}, {"pretty_name", "Debian 12"}}}}},
      {"environments",
       {{"1", json::array({{{"package_db", "var/lib/dpkg/status"}, {"introduced_in", kDigestB}, {"distribution_id", "7"}}})},
        {"3", json::array({{{"package_db", "python:usr/lib"}, {"introduced_in", kDigestB}, {"repository_ids", nullptr}}})}}},
      {"vulnerabilities",
       {{"10",
         {{"id", "10"},
          {"name", "CVE-2026-1"},
          {"issued", "2026-01-01T00:00:00Z"},
          {"normalized_severity", "High"},
          {"fixed_in_version", "3.0.15"}}},
        {"11",
         {{"id", "11"},
          {"name", "pyup.io-42559 (CVE-2021-3572)"},
          {"issued", "0001-01-01T00:00:00Z"},
          {"normalized_severity", "Unknown"},
          {"fixed_in_version", ""}}}}},
      {"package_vulnerabilities", {{"1", json::array({"10"})}, {"3", json::array({"11"})}}},
      {"enrichments",
       {{"message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://example.com/cvss.json",
         json::array({{{"10", json::array({{{"version", "3.1"}, {"baseScore", 7.5}}, {{"version", "2.0"}, {"baseScore", 10.0}}})}}})}}}};
}

inline json OperatorReport() {
  return {{"apiVersion", "aquasecurity.github.io/v1alpha1"},
          {"kind", "VulnerabilityReport"},
          {"metadata", {{"name", "pod-api"}, {"labels", {{"trivy-operator.container.name", "api"}}}}},
          {"report",
           {{"updateTimestamp", "2026-03-01T12:00:00Z"},
            {"scanner", {{"name", "Trivy"}, {"vendor", "Aqua Security"}, {"version", "0.48.3"}}},
            {"registry", {{"server", "registry.example"}}},
            {"artifact", {{"repository", "shop/api"}, {"digest", kDigestA}, {"tag", "1"}}},
            {"os", {{"family", "debian"}, {"name", "12.8"}}},
            {"summary", {{"criticalCount", 0}, {"highCount", 1}, {"mediumCount", 0}, {"lowCount", 0}, {"unknownCount", 0}}},
            {"vulnerabilities", json::array({{{"vulnerabilityID", "CVE-2026-1"},
                                              {"resource", "libssl3"},
                                              {"installedVersion", "3.0.11"},
                                              {"fixedVersion", "3.0.15"},
                                              {"publishedDate", "2026-01-01T00:00:00Z"},
                                              {"lastModifiedDate", ""},
                                              {"severity", "HIGH"},
                                              {"score", 7.5},
                                              {"class", "os-pkgs"}}})}}}};
}

inline json CycloneDxReport() {
  return {
      {"bomFormat", "CycloneDX"},
      {"specVersion", "1.5"},
      {"serialNumber", "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"},
      {"metadata",
       {{"timestamp", "2026-03-01T12:00:00Z"},
        {"tools", {{"components", json::array({{{"name", "trivy"}, {"version", "0.68.2"}}})}}},
        {"component",
         {{"bom-ref", "image"},
          {"type", "container"},
          {"name", "registry.example/shop/api:1"},
          {"properties",
           json::array({{{"name", "aquasecurity:trivy:RepoDigest"}, {"value", "registry.example/shop/api@" + kDigestA}}})}}}}},
      {"components",
       json::array({{{"bom-ref", "os"}, {"type", "operating-system"}, {"name", "debian"}, {"version", "12.8"}},
                    {{"bom-ref", "a"},
                     {"type", "library"},
                     {"name", "libssl3"},
                     {"version", "3.0.11"},
                     {"purl", "pkg:deb/debian/libssl3@3.0.11?arch=amd64"},
                     {"components", json::array({{{"bom-ref", "b"}, {"type", "library"}, {"name", "inner"}, {"version", "2"}}})}}})},
      {"vulnerabilities",
       json::array({{{"bom-ref", "v"},
                     {"id", "CVE-2026-1"},
                     {"source", {{"name", "debian"}}},
                     {"references", json::array({{{"id", "DSA-1"}, {"source", {{"name", "debian"}}}}})},
                     {"ratings", json::array({{{"source", {{"name", "debian"}}}, {"severity", "low"}},
                                              {{"source", {{"name", "nvd"}}}, {"score", 7.5}, {"severity", "high"}, {"method", "CVSSv31"}},
                                              {{"source", {{"name", "nvd"}}}, {"score", 10.0}, {"method", "CVSSv2"}}})},
                     {"published", "2026-01-01T00:00:00.000Z"},
                     {"analysis", {{"state", "not_affected"}, {"justification", "code_not_reachable"}}},
                     {"affects", json::array({{{"ref", "a"}},
                                              {{"ref", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#b"}},
                                              {{"ref", "pkg:npm/gone@7"}}})}}})}};
}

// in-toto's predicate: the findings themselves.
inline json ListedPredicate() {
  return {{"scanner",
           {{"uri", "pkg:github/aquasecurity/trivy@244fd47e07d1004f0aed9"},
            {"version", "0.68.2"},
            {"db", {{"uri", "pkg:github/aquasecurity/trivy-db"}, {"version", "2"}, {"lastUpdate", "2026-02-28T06:00:00Z"}}},
            {"result", json::array({{{"id", "CVE-2026-1"},
                                     {"severity", json::array({{{"method", "nvd"}, {"score", "medium"}},
                                                               {{"method", "cvss_score"}, {"score", "5.2"}}})}}})}}},
          {"metadata", {{"scanStartedOn", "2026-03-01T12:00:00Z"}, {"scanFinishedOn", "2026-03-01T12:05:00Z"}}}};
}

// cosign's: the scanner's report as a whole.
inline json CarriedPredicate() {
  return {{"invocation", {{"parameters", nullptr}, {"uri", ""}, {"event_id", ""}, {"builder.id", ""}}},
          {"scanner",
           {{"uri", "pkg:github/aquasecurity/trivy@v0.68.2"},
            {"version", "v0.68.2"},
            {"db", {{"uri", ""}, {"version", ""}}},
            {"result", TrivyReport({TrivyFinding("CVE-2026-1")})}}},
          {"metadata", {{"scanStartedOn", "2026-03-01T11:59:00Z"}, {"scanFinishedOn", "2026-03-01T12:00:00Z"}}}};
}

inline json StatementOf(const json& predicate, const std::string& type = "https://cosign.sigstore.dev/attestation/vuln/v1") {
  return {{"_type", "https://in-toto.io/Statement/v0.1"},
          {"subject", json::array({{{"name", "registry.example/shop/api"}, {"digest", {{"sha256", std::string(64, 'b')}}}}})},
          {"predicateType", type},
          {"predicate", predicate}};
}

}  // namespace hullwright::scan::test
