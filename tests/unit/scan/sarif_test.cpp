#include <catch2/catch.hpp>
#include <set>
#include <tuple>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

json Sarif(const json& run) {
  return {{"version", "2.1.0"}, {"runs", json::array({run})}};
}

void AddRule(json& run, const json& rule) {
  run["tool"]["driver"]["rules"].push_back(rule);
}

void AddResult(json& run, const std::string& rule, const std::string& message) {
  run["results"].push_back({{"ruleId", rule}, {"message", {{"text", message}}}});
}

// What no SARIF says.
void CheckNotKnown(const Report& report) {
  CHECK_FALSE(report.database_updated_at);
  for (const auto& finding : report.findings) {
    CHECK(finding.fix == api::FixState::kUnknown);
    CHECK(finding.fixed_in.empty());
    CHECK(finding.layer == api::Layer::kUnknown);
    CHECK_FALSE(finding.published);
  }
}

}  // namespace

TEST_CASE("Trivy's SARIF says package and severity in its messages, and which image it was", "[scan]") {
  const Report report = Decoded(SarifReport());
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "1.2.3");
  CHECK(report.from_image);
  CHECK(report.repo_digests.at(0).digest->text() == kDigestA);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  CheckNotKnown(report);
  REQUIRE(report.findings.size() == 1);
  const auto& finding = report.findings[0];
  CHECK(finding.id == "CVE-2026-1");
  CHECK(finding.package == "libssl3");  // not the rule's, which is that of its first result
  CHECK(finding.version == "3.0.11");
  CHECK(finding.severity == api::Severity::kHigh);
  CHECK(finding.cvss->ToString() == "7.5");
}

TEST_CASE("Trivy's SARIF of something else than an image proves no digest", "[scan]") {
  json report = SarifReport();
  report["runs"][0].erase("properties");
  CHECK_FALSE(Decoded(report).from_image);
  CHECK(Decoded(report).repo_digests.empty());
}

TEST_CASE("Secrets and misconfigurations in Trivy's SARIF are no vulnerabilities", "[scan]") {
  json report = SarifReport();
  json& run = report["runs"][0];
  AddRule(run, {{"id", "aws-key"}, {"name", "Secret"}});
  AddRule(run, {{"id", "DS-1"}, {"name", "Misconfiguration"}});
  AddResult(run, "aws-key", "Artifact: /etc/key\nSecret AWS\nSeverity: CRITICAL");
  AddResult(run, "DS-1", "Artifact: Dockerfile\nSeverity: CRITICAL");
  CHECK(Decoded(report).findings.size() == 1);
  CHECK(Decoded(report).secrets == 1);
}

TEST_CASE("Grype's SARIF has the package in the rule", "[scan]") {
  json run = SarifRun("grype");
  const std::string help = "Vulnerability CVE-2026-1\nSeverity: low\nPackage: libssl3\nVersion: 3.0.11\nFix Version: \nType: deb";
  AddRule(run, {{"id", "CVE-2026-1-libssl3"}, {"help", {{"text", help}}}, {"properties", {{"security-severity", "9.8"}}}});
  AddResult(run, "CVE-2026-1-libssl3", "The path /lib reports libssl3 at version 3.0.11 which is a vulnerable (deb) package");
  SECTION("as text") {
    const auto finding = FindingIn(Decoded(Sarif(run)), "CVE-2026-1", "libssl3");
    CHECK(finding.version == "3.0.11");
    CHECK(finding.severity == api::Severity::kLow);
    CHECK_FALSE(finding.cvss);  // security-severity is no score
  }
  SECTION("as package URLs") {
    run["tool"]["driver"]["rules"][0]["properties"]["purls"] = json::array({"pkg:deb/debian/libssl3@3.0.11%2Bx?arch=amd64"});
    const Report report = Decoded(Sarif(run));
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].id == "CVE-2026-1");
    CHECK(report.findings[0].version == "3.0.11+x");
    CheckNotKnown(report);
  }
}

TEST_CASE("Snyk's SARIF has the CVE and the package in texts", "[scan]") {
  json run = SarifRun("Snyk Container");
  AddRule(run, {{"id", "SNYK-JS-EXPRESSJWT-575022"},
                {"shortDescription", {{"text", "High severity - Authorization Bypass vulnerability in express-jwt"}}},
                {"fullDescription", {{"text", "(CVE-2020-15084) express-jwt@0.1.3"}}},
                {"properties", {{"cvssv3_baseScore", 7.4}, {"security-severity", "7.4"}, {"tags", json::array({"security", "CWE-285"})}}}});
  AddResult(run, "SNYK-JS-EXPRESSJWT-575022",
            "This file introduces a vulnerable express-jwt package with a critical severity vulnerability.");
  run["results"][0]["locations"] =
      json::array({{{"logicalLocations", json::array({{{"fullyQualifiedName", "@shop/express-jwt@0.1.4"}}})}}});
  const Report report = Decoded(Sarif(run));
  CHECK(report.scanner == "snyk");
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].id == "CVE-2020-15084");
  CHECK(report.findings[0].aliases == std::vector<std::string>{"SNYK-JS-EXPRESSJWT-575022"});
  CHECK(report.findings[0].package == "@shop/express-jwt");
  CHECK(report.findings[0].version == "0.1.4");
  CHECK(report.findings[0].severity == api::Severity::kCritical);
  CHECK(report.findings[0].cvss->ToString() == "7.4");
  CheckNotKnown(report);
}

TEST_CASE("Docker Scout's SARIF has severity and packages in the rule's properties", "[scan]") {
  json run = SarifRun("docker scout");
  const json purls = json::array({"pkg:deb/debian/tar@1.35?os_name=debian", "pkg:npm/%40a/b@2"});
  AddRule(run, {{"id", "CVE-2026-1"},
                {"name", "OsPackageVulnerability"},
                {"properties",
                 {{"cvssV3_severity", "CRITICAL"}, {"affected_version", "<2"}, {"fixed_version", "not fixed"}, {"purls", purls}}}});
  AddRule(run, {{"id", "GMS-1"}, {"properties", {{"cvssV3_severity", "UNSPECIFIED"}, {"purl", "pkg:maven/g/a@1.4.5"}}}});
  for (int i = 0; i < 3; ++i) AddResult(run, "CVE-2026-1", "Vulnerability : CVE-2026-1");
  const Report report = Decoded(Sarif(run));
  CHECK(report.scanner == "docker-scout");
  REQUIRE(report.findings.size() == 3);
  CHECK(FindingIn(report, "CVE-2026-1", "pkg:npm/%40a/b@2").version == "2");
  CHECK(FindingIn(report, "CVE-2026-1", "pkg:deb/debian/tar@1.35?os_name=debian").severity == api::Severity::kCritical);
  // No result names this rule: it is a finding all the same.
  CHECK(FindingIn(report, "GMS-1", "pkg:maven/g/a@1.4.5").severity == api::Severity::kUnknown);
  CheckNotKnown(report);
}

TEST_CASE("Packages of a SARIF rule count as findings before they are read", "[scan]") {
  json run = SarifRun("docker scout");
  json purls = json::array();
  for (int i = 0; i < 100; ++i) purls.push_back("pkg:npm/p" + std::to_string(i) + "@1");
  AddRule(run, {{"id", "CVE-2026-1"}, {"properties", {{"purls", purls}}}});
  for (int i = 0; i < 3; ++i) AddResult(run, "CVE-2026-1", "x");
  CHECK(Decoded(Sarif(run)).findings.size() == 100);
  CHECK(Refused(Sarif(run), {.max_findings = 50}).code == ErrorCode::kTooLarge);
}

TEST_CASE("clair-action's SARIF has no rules: package and severity stand in the message", "[scan]") {
  json run = SarifRun("Clair V4");
  AddResult(run, "4888901", "[pip - <21.1 - Medium] \"Pip version 21.1 includes a fix.\"");
  run["results"][0]["level"] = "error";
  const Report report = Decoded(Sarif(run));
  CHECK(report.scanner == "clair");
  const auto finding = FindingIn(report, "4888901", "pip");
  CHECK(finding.version.empty());  // the range is not what is installed
  CHECK(finding.severity == api::Severity::kMedium);
}

TEST_CASE("A finding of SARIF whose package is not said is kept", "[scan]") {
  json run = SarifRun("Grype");
  AddResult(run, "CVE-2026-1", "something");
  const Report report = Decoded(Sarif(run));
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].package == "(not named)");
  CHECK(report.findings[0].severity == api::Severity::kUnknown);
}

TEST_CASE("SARIF without findings, or of a run that failed, is not complete", "[scan]") {
  CHECK(Decoded(Sarif(SarifRun("Grype"))).outcome == api::ScanOutcome::kPartial);
  json report = SarifReport();
  report["runs"][0]["invocations"] = json::array({{{"executionSuccessful", true}, {"endTimeUtc", "2026-03-01T12:00:00Z"}}});
  CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  CHECK(FormatRfc3339(Decoded(report).scanned_at.value()) == "2026-03-01T12:00:00Z");
  report["runs"][0]["invocations"][0]["executionSuccessful"] = false;
  CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
}

TEST_CASE("SARIF of other tools, of no run or of two scanners is refused", "[scan]") {
  CHECK_THAT(Refused(Sarif(SarifRun("CodeQL"))).message, Catch::Contains("CodeQL") && Catch::Contains("Docker Scout"));
  CHECK(Refused(Sarif(SarifRun("CodeQL"))).code == ErrorCode::kUnsupported);
  CHECK(Refused(json{{"version", "2.1.0"}, {"runs", json::array()}}).code == ErrorCode::kUnsupported);
  json two = SarifReport();
  two["runs"].push_back(SarifRun("CodeQL"));
  CHECK(Refused(two).code == ErrorCode::kUnsupported);
  two["runs"][1] = SarifRun("Grype");
  CheckRefusedAt(two, "runs[1].tool");
  two["runs"][1] = two["runs"][0];
  CHECK(Decoded(two).findings.size() == 1);
}

TEST_CASE("Broken SARIF is refused with the place of the mistake", "[scan]") {
  json report = SarifReport();
  json& run = report["runs"][0];
  std::string place = "runs[0].";
  SECTION("a result without a rule") {
    run["results"][0].erase("ruleId");
    place += "results[0].ruleId";
  }
  SECTION("a rule without an id") {
    run["tool"]["driver"]["rules"][0].erase("id");
    place += "tool.driver.rules[0].id";
  }
  SECTION("a text for a score") {
    run["tool"]["driver"]["rules"][0]["properties"]["cvssv3_baseScore"] = "7.5";
    place += "tool.driver.rules[0].properties.cvssv3_baseScore";
  }
  SECTION("a digest that is none") {
    run["properties"]["repoDigests"] = json::array({"registry.example/shop/api@sha256:1"});
    place += "properties.repoDigests";
  }
  SECTION("a message that is none") {
    run["results"][0]["message"] = "text";
    place += "results[0].message";
  }
  CheckRefusedAt(report, place);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample SARIF of Trivy decodes fully", "[scan]") {
  const std::string text = Sample("format-sarif-trivy.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  using Key = std::tuple<std::string, std::string, std::string>;
  const Report report = Decoded(text);
  std::set<Key> keys;
  for (const auto& finding : report.findings) {
    keys.emplace(finding.id, finding.package, finding.version);
    CHECK(finding.severity == api::Severity::kMedium);
    CHECK(finding.cvss->ToString() == "5.3");
  }
  CHECK(keys == std::set<Key>{{"CVE-2019-1549", "libcrypto1.1", "1.1.1c-r0"},
                              {"CVE-2019-1551", "libcrypto1.1", "1.1.1c-r0"},
                              {"CVE-2019-1549", "libssl1.1", "1.1.1c-r0"},
                              {"CVE-2019-1551", "libssl1.1", "1.1.1c-r0"}});
  CheckNotKnown(report);
  CHECK(report.repo_digests.empty());
}
