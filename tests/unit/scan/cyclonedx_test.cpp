#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

TEST_CASE("A CycloneDX vulnerability is a finding in each component it affects", "[scan]") {
  const Report report = Decoded(CycloneDxReport());
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "0.68.2");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00Z");
  CHECK_FALSE(report.from_image);  // a bill of materials proves no digest
  CHECK(report.repo_digests.at(0).digest->text() == kDigestA);
  CHECK(report.os->family == "debian");
  CHECK(report.package_count == 2);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 3);
  const auto& first = FindingIn(report, "CVE-2026-1", "pkg:deb/debian/libssl3@3.0.11?arch=amd64");
  CHECK(first.version == "3.0.11");
  CHECK(first.aliases == std::vector<std::string>{"DSA-1"});
  CHECK(first.severity == api::Severity::kLow);  // its own source's word
  CHECK(first.cvss->ToString() == "7.5");
  CHECK(first.fix == api::FixState::kUnknown);
  CHECK(FormatRfc3339(first.published.value()) == "2026-01-01T00:00:00Z");
  CHECK(FindingIn(report, "CVE-2026-1", "inner").version == "2");
  // A reference that leads nowhere is kept.
  CHECK(FindingIn(report, "CVE-2026-1", "pkg:npm/gone@7").version == "7");
}

TEST_CASE("Without a rating by its own source the strictest severity of a CycloneDX vulnerability counts", "[scan]") {
  json report = CycloneDxReport();
  json& vulnerability = report["vulnerabilities"][0];
  vulnerability.erase("source");
  CHECK(Decoded(report).findings[0].severity == api::Severity::kHigh);
  vulnerability["ratings"] = json::array({{{"score", 9.9}, {"method", "OWASP"}}, {{"score", 6.1}, {"vector", "CVSS:3.1/AV:N"}}});
  CHECK(Decoded(report).findings[0].severity == api::Severity::kUnknown);
  CHECK(Decoded(report).findings[0].cvss->ToString() == "6.1");
}

TEST_CASE("What analysis says of a CycloneDX vulnerability takes no finding away", "[scan]") {
  json report = CycloneDxReport();
  for (const std::string state : {"resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"}) {
    report["vulnerabilities"][0]["analysis"]["state"] = state;
    CHECK(Decoded(report).findings.size() == 3);
  }
}

TEST_CASE("A CycloneDX vulnerability that affects nothing by name is kept", "[scan]") {
  json report = CycloneDxReport();
  report["vulnerabilities"][0].erase("affects");
  REQUIRE(Decoded(report).findings.size() == 1);
  CHECK(Decoded(report).findings[0].package == "(not named)");
}

TEST_CASE("CycloneDX without vulnerabilities is no scan", "[scan]") {
  json report = CycloneDxReport();
  report["vulnerabilities"] = json::array();
  CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  report.erase("vulnerabilities");
  CHECK(Refused(report).code == ErrorCode::kUnsupported);
  report = CycloneDxReport();
  report["specVersion"] = GENERATE("1.3", "2.0", "1.x", "", "1.");
  CHECK(Refused(report).code == ErrorCode::kUnsupported);
}

TEST_CASE("The scanner of a CycloneDX document is its one tool", "[scan]") {
  json report = CycloneDxReport();
  report["metadata"]["tools"] = json::array({{{"vendor", "anchore"}, {"name", "grype"}, {"version", "0.94.0"}}});
  CHECK(Decoded(report).scanner == "grype");
  report["metadata"]["tools"].push_back({{"name", "syft"}});
  CHECK(Decoded(report).scanner == "cyclonedx");
  CHECK(Decoded(report).findings[0].scanners == std::vector<std::string>{"cyclonedx"});
}

TEST_CASE("A broken CycloneDX document is refused with the place of the mistake", "[scan]") {
  json report = CycloneDxReport();
  json& vulnerability = report["vulnerabilities"][0];
  std::string place = "vulnerabilities[0].";
  SECTION("no id") {
    vulnerability.erase("id");
    place += "id";
  }
  SECTION("a text for a score") {
    vulnerability["ratings"][0]["score"] = "7.5";
    place += "ratings[0].score";
  }
  SECTION("affects that is no list") {
    vulnerability["affects"] = json::object();
    place += "affects";
  }
  SECTION("a component that is none") {
    report["components"][1]["components"].push_back(7);
    place = "components[1].components[1]";
  }
  SECTION("a digest that is none") {
    report["metadata"]["component"]["properties"][0]["value"] = "registry.example/shop/api@sha256:1";
    place = "metadata.component.properties[0].value";
  }
  SECTION("vulnerabilities that are no list") {
    report["vulnerabilities"] = json::object();
    place = "vulnerabilities";
  }
  CheckRefusedAt(report, place);
}

TEST_CASE("CycloneDX of more components than are kept is refused", "[scan]") {
  const Error error = Refused(CycloneDxReport(), {.max_packages = 2});
  CHECK(error.code == ErrorCode::kInvalidInput);
  CHECK_THAT(error.message, Catch::Contains("one more than the 2"));
}

TEST_CASE("What CycloneDX says once and means often may not grow without bound", "[scan]") {
  json report = CycloneDxReport();
  for (int i = 0; i < 1000; ++i) {
    report["vulnerabilities"][0]["references"].push_back({{"id", "ALIAS-" + std::string(200, 'x') + std::to_string(i)}});
    report["vulnerabilities"][0]["affects"].push_back({{"ref", "p" + std::to_string(i)}});
  }
  const Report whole = Decoded(report);
  CHECK(whole.findings.size() == 1003);
  CHECK(whole.outcome == api::ScanOutcome::kPartial);  // not all of its names are kept
  CHECK(Refused(report, {.max_bytes = 1u << 20}).code == ErrorCode::kTooLarge);
  CHECK(Refused(report, {.max_findings = 500}).code == ErrorCode::kTooLarge);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample CycloneDX document decodes fully", "[scan]") {
  const std::string text = Sample("format-cyclonedx-vex.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const Report report = Decoded(text);
  REQUIRE(report.findings.size() == 1);
  const auto& finding = report.findings[0];
  CHECK(finding.id == "SNYK-JAVA-COMFASTERXMLJACKSONCORE-32111");
  CHECK(finding.aliases == std::vector<std::string>{"CVE-2018-7489"});
  CHECK(finding.package == "pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.9.4");
  CHECK(finding.version == "2.9.4");
  CHECK(finding.severity == api::Severity::kCritical);
  CHECK(finding.cvss->ToString() == "9.8");
}
