#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

std::string OnlyName(const json& name, const std::string& id) {
  json report = ClairReport();
  report["vulnerabilities"]["10"]["name"] = name;
  std::string aliases;
  for (const auto& alias : FindingIn(Decoded(report), id).aliases) aliases += alias + ";";
  return aliases;
}

}  // namespace

TEST_CASE("Clair's report names the manifest, and joins packages with vulnerabilities", "[scan]") {
  const Report report = Decoded(ClairReport());
  CHECK(report.scanner == "clair");
  CHECK(report.from_image);
  CHECK(report.digests.at(0).text() == kDigestA);
  CHECK_FALSE(report.scanned_at);
  CHECK_FALSE(report.database_updated_at);
  CHECK(report.os->family == "debian");
  CHECK(report.os->name == "12");
  CHECK_FALSE(report.os->end_of_life);
  CHECK(report.package_count == 2);  // sources are not installed
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 2);

  const auto& os = FindingIn(report, "CVE-2026-1", "libssl3");
  CHECK(os.version == "3.0.11");
  CHECK(os.severity == api::Severity::kHigh);
  CHECK(os.cvss->ToString() == "7.5");
  CHECK(os.fix == api::FixState::kAvailable);
  CHECK(os.fixed_in == "3.0.15");
  CHECK(os.layer == api::Layer::kUnknown);
  CHECK(FormatRfc3339(os.published.value()) == "2026-01-01T00:00:00Z");

  const auto& python = FindingIn(report, "CVE-2021-3572", "pip");
  CHECK(python.aliases == std::vector<std::string>{"pyup.io-42559"});
  CHECK(python.severity == api::Severity::kUnknown);
  CHECK(python.fix == api::FixState::kUnknown);
  CHECK_FALSE(python.published);
}

TEST_CASE("The id of Clair's vulnerability is the one CVE in its name, else the first word", "[scan]") {
  CHECK(OnlyName("CVE-2026-7", "CVE-2026-7").empty());
  CHECK(OnlyName("RHSA-2021:1234: krb5 security update (Moderate)", "RHSA-2021:1234").empty());
  CHECK(OnlyName("ELSA-2026-1 CVE-2026-0007, CVE-2026-12345", "ELSA-2026-1") == "CVE-2026-0007;CVE-2026-12345;");
  CHECK(OnlyName("GHSA-1", "GHSA-1").empty());
  // No CVE: too few digits, or none of the form.
  CHECK(OnlyName("X (CVE-2026-12)", "X").empty());
}

TEST_CASE("Clair's report is complete only where a distribution and packages of it were seen", "[scan]") {
  json report = ClairReport();
  SECTION("no packages") {
    report["packages"] = json::object();
    report["package_vulnerabilities"] = json::object();
    CHECK(Decoded(report).outcome == api::ScanOutcome::kUnscannable);
  }
  SECTION("no distribution") {
    report["distributions"] = json::object();
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("no package of the distribution") {
    report["environments"].erase("1");
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("nothing found") {
    report["package_vulnerabilities"] = nullptr;
    CHECK(Refused(report).code == ErrorCode::kUnsupported);
    report["package_vulnerabilities"] = json::object();
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  }
  SECTION("two distributions") {
    report["distributions"]["8"] = {{"did", "rhel"}, {"version_id", "8"}};
    CHECK_FALSE(Decoded(report).os);
  }
}

TEST_CASE("A broken Clair report is refused with the place of the mistake", "[scan]") {
  json report = ClairReport();
  std::string place;
  SECTION("a manifest hash that is none") {
    report["manifest_hash"] = "sha256:short";
    place = "manifest_hash";
  }
  SECTION("a layer that is no digest") {
    report["environments"]["1"][0]["introduced_in"] = "sha256:short";
    place = "environments.1[0].introduced_in";
  }
  SECTION("a vulnerability that is not there") {
    report["package_vulnerabilities"]["1"].push_back("99");
    place = "package_vulnerabilities.1: must be keys of vulnerabilities, not 99";
  }
  SECTION("a package that is not there") {
    report["packages"].erase("1");
    place = "package_vulnerabilities.1";
  }
  SECTION("a vulnerability without a name") {
    report["vulnerabilities"]["10"]["name"] = "";
    place = "vulnerabilities.10.name";
  }
  SECTION("a list for the packages") {
    report["packages"] = json::array();
    place = "packages";
  }
  SECTION("a text for the list of a package") {
    report["package_vulnerabilities"]["1"] = "10";
    place = "package_vulnerabilities.1";
  }
  SECTION("a number for a key") {
    report["package_vulnerabilities"]["1"] = json::array({10});
    place = "package_vulnerabilities.1[0]";
  }
  SECTION("a score that is a text") {
    report["enrichments"].begin().value()[0]["10"][0]["baseScore"] = "7.5";
    place = "baseScore";
  }
  CheckRefusedAt(report, place);
}

TEST_CASE("What Clair says once and means often may not grow without bound", "[scan]") {
  json report = ClairReport();
  report["vulnerabilities"]["10"]["fixed_in_version"] = std::string(1000, '9');
  for (int i = 100; i < 200; ++i) {
    report["packages"][std::to_string(i)] = {{"name", "p" + std::to_string(i)}, {"version", "1"}};
    report["package_vulnerabilities"][std::to_string(i)] = json::array({"10"});
  }
  CHECK(Decoded(report).findings.size() == 102);
  CHECK(Refused(report, {.max_bytes = 60'000}).code == ErrorCode::kTooLarge);
  CHECK(Refused(report, {.max_findings = 50}).code == ErrorCode::kTooLarge);
  const Error packages = Refused(report, {.max_packages = 50});
  CHECK(packages.code == ErrorCode::kInvalidInput);
  CHECK_THAT(packages.message, Catch::Contains("one more than the 50"));
  CHECK(packages.message.find("one more") == packages.message.rfind("one more"));
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of Clair decodes fully", "[scan]") {
  const std::string text = Sample("format-clair-v4-excerpt.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const Report report = Decoded(text);
  REQUIRE(report.findings.size() == 2);
  CHECK(report.digests.at(0).text() == "sha256:5f8d7f8c8d2babeec919b7854113bfb4c429acc929dadaff4637f6bd5268cf4d");
  CHECK(report.os->family == "rhel");
  CHECK(report.package_count == 4);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  for (const std::string id : {"CVE-2021-3572", "CVE-2021-28363"}) {
    const auto& finding = FindingIn(report, id, "pip");
    CHECK(finding.version == "19.3.1");
    CHECK(finding.aliases.at(0).starts_with("pyup.io-"));
  }
}
