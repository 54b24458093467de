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

}  // namespace hullwright::scan::test
