// Small reports of both formats for tests, as nlohmann values that a test bends as it needs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hullwright::scan::test {

using nlohmann::json;

inline const std::string kDigestA = "sha256:" + std::string(64, 'a');
inline const std::string kDigestB = "sha256:" + std::string(64, 'b');

inline json TrivyFinding(const std::string& id, const std::string& severity = "HIGH") {
  return {{"VulnerabilityID", id},
          {"PkgName", "libssl3"},
          {"PkgIdentifier", {{"PURL", "pkg:deb/debian/libssl3@3.0.11?arch=amd64"}}},
          {"InstalledVersion", "3.0.11"},
          {"Severity", severity}};
}

// A report of a Debian image with the given findings among its OS packages.
inline json TrivyReport(const std::vector<json>& findings = {}) {
  return {{"SchemaVersion", 2},
          {"CreatedAt", "2026-03-01T12:00:00.123456789Z"},
          {"ArtifactName", "registry.example/shop/api:1"},
          {"ArtifactType", "container_image"},
          {"Trivy", {{"Version", "0.68.2"}}},
          {"Metadata",
           {{"Size", 1000},
            {"OS", {{"Family", "debian"}, {"Name", "12.8"}}},
            {"DiffIDs", json::array({"sha256:1", "sha256:2"})},
            {"RepoDigests", json::array({"registry.example/shop/api@" + kDigestA})},
            {"ImageConfig",
             {{"os", "linux"}, {"architecture", "amd64"}, {"created", "2026-02-01T00:00:00Z"}, {"config", {{"User", "1000"}}}}}}},
          {"Results", json::array({{{"Target", "debian"},
                                    {"Class", "os-pkgs"},
                                    {"Type", "debian"},
                                    {"Packages", json::array({{{"Name", "libssl3"}}})},
                                    {"Vulnerabilities", json(findings)}}})}};
}

inline json GrypeMatch(const std::string& id, const std::string& severity = "High") {
  return {{"vulnerability",
           {{"id", id}, {"severity", severity}, {"fix", {{"versions", json::array()}, {"state", ""}}}, {"cvss", json::array()}}},
          {"relatedVulnerabilities", json::array()},
          {"artifact",
           {{"name", "libssl3"},
            {"version", "3.0.11"},
            {"type", "deb"},
            {"purl", "pkg:deb/debian/libssl3@3.0.11?arch=amd64&upstream=openssl"}}}};
}

inline json GrypeReport(const std::vector<json>& matches = {}) {
  return {{"matches", json(matches)},
          {"source",
           {{"type", "image"},
            {"target",
             {{"userInput", "registry.example/shop/api:1"},
              {"manifestDigest", kDigestA},
              {"repoDigests", json::array({"registry.example/shop/api@" + kDigestB})},
              {"imageSize", 1000},
              {"layers", json::array({{{"size", 1024}}})},
              {"os", "linux"},
              {"architecture", "amd64"}}}}},
          {"distro", {{"name", "debian"}, {"version", "12"}}},
          {"descriptor",
           {{"name", "grype"},
            {"version", "0.94.0"},
            {"timestamp", "2026-03-01T13:00:00+01:00"},
            {"configuration", {{"only-fixed", false}, {"ignore-wontfix", ""}}},
            {"db", {{"status", {{"built", "2026-02-28T06:00:00Z"}, {"valid", true}}}}}}}};
}

}  // namespace hullwright::scan::test
