#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

TEST_CASE("A Snyk report is read with the applications in it, one finding for all its dependency paths", "[scan]") {
  const Report report = Decoded(SnykReport());
  CHECK(report.scanner == "snyk");
  CHECK(report.from_image);
  CHECK(report.repo_digests.empty());
  CHECK(report.digests.empty());
  CHECK_FALSE(report.scanned_at);
  CHECK_FALSE(report.database_updated_at);
  CHECK(report.platform->architecture == "amd64");
  CHECK(report.package_count == 80);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 2);

  const auto& os = FindingIn(report, "CVE-2026-1");
  CHECK(os.package == "libssl3");  // of "openssl/libssl3"
  CHECK(os.version == "3.0.11");
  CHECK(os.severity == api::Severity::kCritical);
  CHECK(os.cvss->ToString() == "9.8");
  CHECK(os.fix == api::FixState::kNone);
  CHECK(os.aliases == std::vector<std::string>{"GHSA-1", "SNYK-DEBIAN12-OPENSSL-1"});
  CHECK(FormatRfc3339(os.published.value()) == "2026-01-01T00:00:00.518Z");

  const auto& application = FindingIn(report, "CVE-2026-2", "express");
  CHECK(application.fix == api::FixState::kAvailable);
  CHECK(application.fixed_in == "6.0.0");
}

TEST_CASE("A Snyk vulnerability of no CVE or of several keeps its own id", "[scan]") {
  json report = SnykReport();
  json& ids = report["vulnerabilities"][0]["identifiers"];
  ids["GHSA"] = json::array();
  SECTION("none") {
    ids["CVE"] = json::array();
    CHECK(FindingIn(Decoded(report), "SNYK-DEBIAN12-OPENSSL-1").aliases.empty());
  }
  SECTION("two") {
    ids["CVE"] = json::array({"CVE-2026-1", "CVE-2026-9"});
    CHECK(FindingIn(Decoded(report), "SNYK-DEBIAN12-OPENSSL-1").aliases == std::vector<std::string>{"CVE-2026-1", "CVE-2026-9"});
  }
}

TEST_CASE("Snyk's words about a fix are taken as they are meant", "[scan]") {
  json report = SnykReport();
  json& entry = report["vulnerabilities"][0];
  entry.erase("fixedIn");
  CHECK(FindingIn(Decoded(report), "CVE-2026-1").fix == api::FixState::kUnknown);
  entry["nearestFixedInVersion"] = "3.0.15";
  CHECK(FindingIn(Decoded(report), "CVE-2026-1").fix == api::FixState::kAvailable);
  CHECK(FindingIn(Decoded(report), "CVE-2026-1").fixed_in == "3.0.15");
}

TEST_CASE("A list of Snyk results is one report, but only of one image", "[scan]") {
  json list = json::array({SnykReport(), SnykReport()});
  list[1]["projectName"] = "api";
  list[1]["vulnerabilities"][0]["version"] = "3.0.12";
  CHECK(Decoded(list).findings.size() == 3);
  list[1]["projectName"] = "docker-image|shop/other";
  CheckRefusedAt(list, "[1].projectName");
}

TEST_CASE("A Snyk report without findings is clean only where packages were counted", "[scan]") {
  json report = SnykReport();
  report["vulnerabilities"] = json::array();
  report["applications"] = json::array();
  CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  SECTION("a distribution without packages") {
    report["dependencyCount"] = 0;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("nothing recognised") {
    report["dependencyCount"] = 0;
    report["packageManager"] = "linux";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kUnscannable);
  }
  SECTION("nothing counted") {
    report.erase("dependencyCount");
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("told to leave findings out") {
    report["severityThreshold"] = "high";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("findings where they are not read") {
    report["docker"]["binariesVulns"] = {{"issuesData", {{"SNYK-1", json::object()}}}, {"affectedPkgs", json::object()}};
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
}

TEST_CASE("Licences are no vulnerabilities, and a test of a folder is none of an image", "[scan]") {
  json report = SnykReport();
  report["vulnerabilities"][0]["type"] = "license";
  CHECK(Decoded(report).findings.size() == 1);
  report.erase("docker");
  report.erase("applications");
  report["projectName"] = "api";
  CHECK(Refused(report).code == ErrorCode::kUnsupported);
}

TEST_CASE("A broken Snyk report is refused with the place of the mistake", "[scan]") {
  json report = SnykReport();
  json& inner = report["applications"][0]["vulnerabilities"][1];
  std::string place = "applications[0].vulnerabilities[1].";
  SECTION("no id") {
    inner.erase("id");
    place += "id";
  }
  SECTION("no package") {
    inner.erase("name");
    inner.erase("packageName");
    place += "name";
  }
  SECTION("a text for a score") {
    inner["cvssScore"] = "9.8";
    place += "cvssScore";
  }
  SECTION("a text for the CVEs") {
    inner["identifiers"]["CVE"] = "CVE-2026-2";
    place += "identifiers.CVE";
  }
  SECTION("a date that is none") {
    inner["publicationTime"] = "soon";
    place += "publicationTime";
  }
  SECTION("no list of findings") {
    report["applications"][0].erase("vulnerabilities");
    place = "applications[0].vulnerabilities";
  }
  SECTION("a test that failed") {
    report = {{"ok", false}, {"error", "authentication failed"}, {"path", "x"}};
    place = "authentication failed";
  }
  CheckRefusedAt(report, place);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of Snyk decodes fully", "[scan]") {
  const std::string text = Sample("format-snyk-container.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const json sample = json::parse(text);
  std::set<std::tuple<std::string, std::string, std::string>> expected;
  const auto add = [&](const json& part) {
    for (const auto& v : part["vulnerabilities"]) expected.emplace(v["id"], v["name"], v["version"]);
  };
  add(sample);
  for (const auto& application : sample["applications"]) add(application);
  const Report report = Decoded(text);
  CHECK(report.findings.size() == expected.size());
  CHECK(report.findings.size() == sample["uniqueCount"].get<std::size_t>());
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  CHECK(report.findings[0].severity == api::Severity::kCritical);
  const auto& os = FindingIn(report, "CVE-2023-4039");
  CHECK(os.package == "libgcc-s1");
  CHECK(os.fix == api::FixState::kNone);
  const auto& without_cve = FindingIn(report, "SNYK-JS-SANITIZEHTML-585892");
  CHECK(without_cve.fixed_in == "2.0.0-beta");
}
