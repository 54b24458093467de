#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/scan/decoded.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

TEST_CASE("cosign's predicate carries the scanner's report", "[scan]") {
  json predicate = CarriedPredicate();
  const Report report = Decoded(predicate);
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "0.68.2");  // the report's own
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T11:59:00Z");
  CHECK_FALSE(report.database_updated_at);
  CHECK(report.repo_digests.at(0).digest->text() == kDigestA);
  CHECK(report.os->family == "debian");
  CHECK(report.findings.size() == 1);
  CHECK(report.outcome == api::ScanOutcome::kComplete);

  // As the specification has it.
  predicate["scanners"] = json::array({predicate["scanner"]});
  predicate.erase("scanner");
  CHECK(Decoded(predicate).findings.size() == 1);
  predicate["scanners"].push_back(predicate["scanners"][0]);
  CHECK(Refused(predicate).code == ErrorCode::kUnsupported);
}

TEST_CASE("cosign's predicate may carry any report that is read, but no other predicate", "[scan]") {
  json predicate = CarriedPredicate();
  predicate["scanner"]["result"] = GrypeReport({GrypeMatch("CVE-2026-1")});
  predicate["scanner"]["db"]["lastUpdate"] = "2026-02-27T00:00:00Z";
  CHECK(Decoded(predicate).scanner == "grype");
  CHECK(FormatRfc3339(Decoded(predicate).database_updated_at.value()) == "2026-02-27T00:00:00Z");  // the older word
  predicate["scanner"]["result"] = SnykReport();
  CHECK(Decoded(predicate).scanner == "snyk");
  CHECK(Decoded(predicate).scanner_version == "v0.68.2");
  for (const json& result : {CarriedPredicate(), StatementOf(CarriedPredicate()), json::object()}) {
    predicate["scanner"]["result"] = result;
    CHECK(Refused(predicate).code == ErrorCode::kUnsupported);
  }
}

TEST_CASE("in-toto's predicate lists findings and says how old the database is", "[scan]") {
  const Report report = Decoded(ListedPredicate());
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "0.68.2");
  CHECK(FormatRfc3339(report.database_updated_at.value()) == "2026-02-28T06:00:00Z");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00Z");
  CHECK_FALSE(report.from_image);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  REQUIRE(report.findings.size() == 1);
  const auto& finding = report.findings[0];
  CHECK(finding.id == "CVE-2026-1");
  CHECK(finding.package == "(not named)");
  CHECK(finding.severity == api::Severity::kMedium);
  CHECK(finding.cvss->ToString() == "5.2");
  CHECK(finding.fix == api::FixState::kUnknown);
}

TEST_CASE("The strictest method of an in-toto finding counts, and other scales do not", "[scan]") {
  json predicate = ListedPredicate();
  json& methods = predicate["scanner"]["result"][0]["severity"];
  methods = json::array({{{"method", "nvd"}, {"score", "LOW"}},
                         {{"method", "redhat"}, {"score", "Critical"}},
                         {{"method", "CVSSv2"}, {"score", "10.0"}},
                         {{"method", "epss"}, {"score", "0.97"}},
                         {{"method", "cvss"}, {"score", "1e308"}},
                         {{"method", "cvss"}, {"score", "nan"}}});
  CHECK(Decoded(predicate).findings[0].severity == api::Severity::kCritical);
  CHECK_FALSE(Decoded(predicate).findings[0].cvss);
  // As the text of the specification has it, and not its example.
  predicate["scanner"]["result"] = json::array({{{"vulnerability", predicate["scanner"]["result"][0]}}});
  CHECK(Decoded(predicate).findings[0].id == "CVE-2026-1");
}

TEST_CASE("An empty list of in-toto's predicate does not show that anything was looked at", "[scan]") {
  json predicate = ListedPredicate();
  predicate["scanner"]["result"] = json::array();
  CHECK(Decoded(predicate).outcome == api::ScanOutcome::kPartial);
}

TEST_CASE("A statement's subject is what was scanned, whatever the report inside says", "[scan]") {
  const std::string type = GENERATE("https://cosign.sigstore.dev/attestation/vuln/v1", "cosign.sigstore.dev/attestation/vuln/v1");
  const Report report = Decoded(StatementOf(CarriedPredicate(), type));
  CHECK(report.from_image);
  REQUIRE(report.repo_digests.size() == 1);
  CHECK(report.repo_digests[0].Name() == "registry.example/shop/api");
  CHECK(report.repo_digests[0].digest->text() == kDigestB);
  CHECK(report.digests.empty());
  CHECK_FALSE(report.manifest_digest);
  CHECK(report.findings.size() == 1);
}

TEST_CASE("Statements of in-toto's predicate are read in both versions", "[scan]") {
  const std::string type = GENERATE("https://in-toto.io/attestation/vulns/v0.1", "https://in-toto.io/attestation/vulns/v0.2");
  const Report report = Decoded(StatementOf(ListedPredicate(), type));
  CHECK(report.from_image);
  CHECK(report.repo_digests.at(0).digest->text() == kDigestB);
}

TEST_CASE("The name of a subject is a repository only where it has a host", "[scan]") {
  json statement = StatementOf(ListedPredicate(), "https://in-toto.io/attestation/vulns/v0.2");
  json& subject = statement["subject"][0];
  subject["name"] = GENERATE("api", "shop/api", "", "pkg:oci/api", "registry.example/Not A Name");
  const Report report = Decoded(statement);
  CHECK(report.repo_digests.empty());
  CHECK(report.digests.at(0).text() == kDigestB);
  subject["digest"] = {{"gitCommit", "1"}};
  CHECK(Decoded(statement).digests.empty());
}

TEST_CASE("Statements of other predicates are refused, with those that are read", "[scan]") {
  const Error error = Refused(StatementOf(CarriedPredicate(), "https://slsa.dev/provenance/v1"));
  CHECK(error.code == ErrorCode::kUnsupported);
  CHECK_THAT(error.message, Catch::Contains("slsa.dev") && Catch::Contains("in-toto.io/attestation/vulns/v0.2"));
}

TEST_CASE("A broken attestation is refused with the place of the mistake", "[scan]") {
  json statement = StatementOf(CarriedPredicate());
  std::string place;
  SECTION("no predicate") {
    statement.erase("predicate");
    place = "predicate";
  }
  SECTION("a predicate that is none") {
    statement["predicate"] = json::array();
    place = "predicate: scanner";
  }
  SECTION("no result") {
    statement["predicate"]["scanner"].erase("result");
    place = "predicate: scanner.result";
  }
  SECTION("a mistake in the report inside") {
    statement["predicate"]["scanner"]["result"]["Results"][0]["Vulnerabilities"][0].erase("VulnerabilityID");
    place = "predicate: scanner.result: Results[0].Vulnerabilities[0].VulnerabilityID";
  }
  SECTION("a digest that is none") {
    statement["subject"][0]["digest"]["sha256"] = "ABC";
    place = "subject[0].digest.sha256";
  }
  SECTION("a time that is none") {
    statement["predicate"]["metadata"]["scanFinishedOn"] = "later";
    place = "metadata.scanFinishedOn";
  }
  SECTION("a listed finding without an id") {
    statement = StatementOf(ListedPredicate());
    statement["predicate"]["scanner"]["result"][0].erase("id");
    place = "predicate: scanner.result[0].id";
  }
  SECTION("a number for a score") {
    statement = StatementOf(ListedPredicate());
    statement["predicate"]["scanner"]["result"][0]["severity"][1]["score"] = 5.2;
    place = "scanner.result[0].severity[1].score";
  }
  CheckRefusedAt(statement, place);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample predicate of cosign decodes fully", "[scan]") {
  const std::string text = Sample("format-cosign-vuln-predicate.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  const Report report = Decoded(text);
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "v0.30.1-8-gf9cb8a28");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2022-07-24T08:14:04.864Z");  // the number inside is not known
  CHECK(report.repo_digests.at(0).Name() == "docker.io/library/alpine");
  CHECK(FindingIn(report, "CVE-2021-36159", "apk-tools").severity == api::Severity::kCritical);
  const Report attested = Decoded(StatementOf(json::parse(text)));
  CHECK(attested.repo_digests.at(0).digest->text() == kDigestB);
}
