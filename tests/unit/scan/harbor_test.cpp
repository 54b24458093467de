#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

TEST_CASE("Harbor's report is read as an adapter answers it and as Harbor keys it", "[scan]") {
  const json form = GENERATE(HarborReport(), json{{kHarborType, HarborReport()}},
                             json{{"application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0", HarborReport()}});
  const Report report = Decoded(form);
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "v0.44.0");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00.258Z");
  CHECK_FALSE(report.database_updated_at);
  CHECK(report.from_image);
  REQUIRE(report.digests.size() == 1);
  CHECK(report.digests[0].text() == kDigestA);
  CHECK(report.repo_digests.empty());  // "shop/api" has no host: it is no repository
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 1);
  const auto& finding = report.findings[0];
  CHECK(finding.package == "libssl3");
  CHECK(finding.version == "3.0.11");
  CHECK(finding.severity == api::Severity::kHigh);
  CHECK(finding.cvss->ToString() == "7.8");
  CHECK(finding.fix == api::FixState::kAvailable);
  CHECK(finding.fixed_in == "3.0.15");
  CHECK_FALSE(finding.published);
  CHECK(finding.scanners == std::vector<std::string>{"trivy"});
}

TEST_CASE("What Harbor's report leaves out is not known", "[scan]") {
  json report = HarborReport();
  json& entry = report["vulnerabilities"][0];
  entry["fix_version"] = "";
  entry["preferred_cvss"] = nullptr;
  entry["severity"] = "None";
  report.erase("scanner");
  report["scanner"] = {{"name", ""}};
  const Report decoded = Decoded(report);
  CHECK(decoded.scanner == "harbor");
  CHECK(decoded.findings[0].fix == api::FixState::kUnknown);
  CHECK_FALSE(decoded.findings[0].cvss);
  CHECK(decoded.findings[0].severity == api::Severity::kUnknown);
}

TEST_CASE("What newer adapters say beyond the specification is read too", "[scan]") {
  json report = HarborReport();
  json& entry = report["vulnerabilities"][0];
  entry["fix_version"] = "";
  entry["purl"] = "pkg:deb/debian/libssl3@3.0.11";
  entry["status"] = "will_not_fix";
  CHECK(Decoded(report).findings[0].package == "pkg:deb/debian/libssl3@3.0.11");
  CHECK(Decoded(report).findings[0].fix == api::FixState::kWillNotFix);
  entry["status"] = "not_affected";
  CHECK(Decoded(report).findings.empty());
}

TEST_CASE("Harbor's report without findings does not show that anything was looked at", "[scan]") {
  json report = HarborReport();
  report["vulnerabilities"] = GENERATE(json::array(), json(nullptr));
  const Report decoded = Decoded(report);
  CHECK(decoded.outcome == api::ScanOutcome::kPartial);
  CHECK_FALSE(decoded.outcome_reason.empty());
}

TEST_CASE("Harbor's report speaks of one artifact", "[scan]") {
  json report = HarborReport();
  SECTION("said beside the findings alone") {
    report.erase("artifact");
    CHECK(Decoded(report).digests.at(0).text() == kDigestA);
  }
  SECTION("said nowhere") {
    report.erase("artifact");
    report["vulnerabilities"][0].erase("artifact_digests");
    CHECK(Decoded(report).digests.empty());
  }
  SECTION("of two manifests of an index") {
    report["vulnerabilities"][0]["artifact_digests"].push_back(kDigestB);
    CheckRefusedAt(report, "several artifacts");
  }
  SECTION("findings of another artifact") {
    report["vulnerabilities"][0]["artifact_digests"] = json::array({kDigestB});
    CheckRefusedAt(report, "several artifacts");
  }
}

TEST_CASE("A broken Harbor report is refused with the place of the mistake", "[scan]") {
  json report = HarborReport();
  json& entry = report["vulnerabilities"][0];
  std::string place = "vulnerabilities[0].";
  SECTION("no id") {
    entry.erase("id");
    place += "id";
  }
  SECTION("no package") {
    entry["package"] = "";
    place += "package";
  }
  SECTION("a list for the scores") {
    entry["preferred_cvss"] = json::array();
    place += "preferred_cvss";
  }
  SECTION("a digest that is none") {
    report["artifact"]["digest"] = "sha256:short";
    place = "artifact.digest";
  }
  SECTION("a digest of a finding that is none") {
    entry["artifact_digests"] = json::array({"md5:1"});
    place += "artifact_digests";
  }
  SECTION("a time that is none") {
    report["generated_at"] = 5;
    place = "generated_at";
  }
  CheckRefusedAt(report, place);
}

TEST_CASE("Harbor's report of an SBOM is no scan", "[scan]") {
  json report = HarborReport();
  report["sbom"] = json::object();
  CHECK(Refused(report).code == ErrorCode::kUnsupported);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of Harbor decodes fully", "[scan]") {
  const std::string text = Sample("format-harbor-report-v1.1.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const Report report = Decoded(text);
  REQUIRE(report.findings.size() == 3);
  CHECK(report.scanner == "trivy");
  CHECK(report.digests.at(0).text() == "sha256:711103cfce07dc03d61f51e819fad7d6fbbad20fc99caa039cc8da77e7a1c51b");
  const auto& finding = FindingIn(report, "CVE-2022-1304", "e2fsprogs");
  CHECK(finding.severity == api::Severity::kHigh);
  CHECK(finding.cvss->ToString() == "7.8");
  CHECK(finding.fix == api::FixState::kUnknown);
}
