#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

TEST_CASE("trivy-operator's report names the image with its registry", "[scan]") {
  const Report report = Decoded(OperatorReport());
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "0.48.3");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00Z");
  CHECK(report.from_image);
  REQUIRE(report.repo_digests.size() == 1);
  CHECK(report.repo_digests[0].Name() == "registry.example/shop/api");
  CHECK(report.repo_digests[0].digest->text() == kDigestA);
  CHECK(report.os->family == "debian");
  CHECK_FALSE(report.os->end_of_life);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 1);
  const auto& finding = report.findings[0];
  CHECK(finding.id == "CVE-2026-1");
  CHECK(finding.package == "libssl3");
  CHECK(finding.version == "3.0.11");
  CHECK(finding.severity == api::Severity::kHigh);
  CHECK(finding.cvss->ToString() == "7.5");
  CHECK(finding.fix == api::FixState::kAvailable);
  CHECK(FormatRfc3339(finding.published.value()) == "2026-01-01T00:00:00Z");
}

TEST_CASE("What trivy-operator leaves out is not known", "[scan]") {
  json report = OperatorReport();
  json& finding = report["report"]["vulnerabilities"][0];
  finding["fixedVersion"] = "";
  finding["publishedDate"] = "";
  finding["packagePURL"] = "pkg:deb/debian/libssl3@3.0.11";
  report["report"]["registry"]["server"] = "";
  const Report decoded = Decoded(report);
  CHECK(decoded.findings[0].fix == api::FixState::kUnknown);
  CHECK_FALSE(decoded.findings[0].published);
  CHECK(decoded.findings[0].package == "pkg:deb/debian/libssl3@3.0.11");
  CHECK(decoded.repo_digests.empty());  // no host may be guessed
  CHECK(decoded.digests.at(0).text() == kDigestA);
}

TEST_CASE("trivy-operator's report is complete only where it shows packages of the distribution", "[scan]") {
  json report = OperatorReport();
  json& body = report["report"];
  SECTION("nothing found") {
    body["vulnerabilities"] = json::array();
    body["summary"]["highCount"] = 0;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("packages of a language alone") {
    body["vulnerabilities"][0]["class"] = "lang-pkgs";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
    body["os"]["eosl"] = true;
    CHECK_THAT(Decoded(report).outcome_reason, Catch::Contains("end of life"));
    body.erase("os");
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  }
  SECTION("a class that was not asked for") {
    body["vulnerabilities"][0].erase("class");
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  }
  SECTION("past the end of life with findings") {
    body["os"]["eosl"] = true;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
    CHECK(Decoded(report).os->end_of_life == true);
  }
  SECTION("fewer findings than it counts") {
    body["summary"]["lowCount"] = 3;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
    CHECK_THAT(Decoded(report).outcome_reason, Catch::Contains("counts 4 findings, but lists 1"));
  }
}

TEST_CASE("A broken report of trivy-operator is refused with the place of the mistake", "[scan]") {
  json report = OperatorReport();
  json& finding = report["report"]["vulnerabilities"][0];
  std::string place = "report.vulnerabilities[0].";
  SECTION("no id") {
    finding.erase("vulnerabilityID");
    place += "vulnerabilityID";
  }
  SECTION("no package") {
    finding.erase("resource");
    place += "resource";
  }
  SECTION("a text for a score") {
    finding["score"] = "7.5";
    place += "score";
  }
  SECTION("a digest that is none") {
    report["report"]["artifact"]["digest"] = "sha256:short";
    place = "report.artifact.digest";
  }
  SECTION("a repository that is none") {
    report["report"]["artifact"]["repository"] = "Shop API";
    place = "report.artifact.repository";
  }
  SECTION("no report") {
    report.erase("report");
    place = "report";
  }
  CheckRefusedAt(report, place);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of trivy-operator decodes fully", "[scan]") {
  const std::string text = Sample("format-trivy-operator-vulnerabilityreport.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const Report report = Decoded(text);
  CHECK(report.findings.size() == 5);
  CHECK(report.repo_digests.at(0).ToString() ==
        "index.registry.example/library/ubuntu@sha256:f78909c2b360d866b3220655c0b079838258b8891a12ac25fc670f0cbb54229f");
  CHECK(report.os->name == "20.04");
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  for (const auto& finding : report.findings) CHECK(finding.severity == api::Severity::kMedium);
  CHECK(FindingIn(report, "CVE-2024-0553").cvss->ToString() == "5.9");
  CHECK_FALSE(FindingIn(report, "CVE-2024-22365").published);
}
