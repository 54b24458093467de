#include "scan/import.h"

#include <catch2/catch.hpp>

#include "api/object.h"
#include "base/rfc3339.h"
#include "unit/scan/report_builder.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

const Time kNow = ParseRfc3339("2026-03-01T12:10:00Z").value();

Report Decoded(const json& report) {
  auto decoded = DecodeReport(report.dump());
  INFO((decoded ? "" : decoded.error().message));
  REQUIRE(decoded);
  return *decoded;
}

ImportOptions Options(const std::string& image = "") {
  ImportOptions options;
  if (!image.empty()) options.image = ImageReference::Parse(image).value();
  options.imported_by = "ci";
  options.now = kNow;
  return options;
}

api::ImageScan Imported(const json& report, const ImportOptions& options = Options()) {
  auto scan = ToImageScan(Decoded(report), options);
  INFO((scan ? "" : scan.error().message));
  REQUIRE(scan);
  return *scan;
}

Error Refused(const json& report, const ImportOptions& options = Options()) {
  auto scan = ToImageScan(Decoded(report), options);
  REQUIRE_FALSE(scan);
  return scan.error();
}

// The object must be one that our own decoder takes back, else it would be lost at the next start.
void CheckReadable(const api::ImageScan& scan) {
  const std::string text = api::EncodeJson(scan);
  JsonReader reader;
  const auto object = api::DecodeObject(reader.Read(text).value());
  INFO((object ? "" : object.error().message));
  REQUIRE(object);
  CHECK(std::get<api::ImageScan>(*object).status.findings.size() == scan.status.findings.size());
}

std::string StatusOf(const api::ImageScan& scan, const std::string& type) {
  for (const auto& condition : scan.status.conditions) {
    if (condition.type == type) return condition.status + " " + condition.reason;
  }
  return "absent";
}

api::Finding FindingOf(const std::string& id, api::Severity severity, const std::string& scanner) {
  api::Finding finding;
  finding.id = id;
  finding.package = "pkg:deb/debian/libssl3@3.0.11?scanner=" + scanner;
  finding.version = "3.0.11";
  finding.severity = severity;
  finding.scanners = {scanner};
  return finding;
}

// A scan of one scanner with the given findings, cut to max_bytes.
api::ImageScan ScanBy(const std::string& scanner, std::vector<api::Finding> findings, std::size_t max_bytes = 256u << 10) {
  Report report;
  report.scanner = scanner;
  report.from_image = true;
  report.repo_digests = {ImageReference::Parse("registry.example/shop/api@" + kDigestA).value()};
  report.outcome = api::ScanOutcome::kComplete;
  report.findings = std::move(findings);
  ImportOptions options = Options();
  options.max_bytes = max_bytes;
  return ToImageScan(report, options).value();
}

std::vector<api::Finding> Numbered(int count, api::Severity severity, const std::string& scanner, const std::string& prefix = "CVE-2026-") {
  std::vector<api::Finding> findings;
  for (int i = 0; i < count; ++i) findings.push_back(FindingOf(prefix + std::to_string(100000 + i), severity, scanner));
  return findings;
}

std::int64_t Counted(const api::ImageScan& scan, api::Severity severity) {
  std::int64_t sum = 0;
  for (const auto& entry : scan.status.counts) sum += entry.severity == severity ? entry.count : 0;
  return sum;
}

constexpr std::size_t kNoCap = 256u << 10;

}  // namespace

TEST_CASE("A report with one repository digest is bound to it", "[scan]") {
  const api::ImageScan scan = Imported(TrivyReport({TrivyFinding("CVE-2026-1", "CRITICAL"), TrivyFinding("CVE-2026-2", "LOW")}));
  CHECK(scan.metadata.name == "sha256-" + std::string(64, 'a'));
  CHECK(scan.spec.digest.text() == kDigestA);
  CHECK(scan.spec.platform->architecture == "amd64");
  CHECK(scan.status.repositories == std::vector<std::string>{"registry.example/shop/api"});
  CHECK(scan.status.index_digests.empty());
  REQUIRE(scan.status.results.size() == 1);
  const auto& result = scan.status.results[0];
  CHECK(result.scanner_ref.name == "trivy");
  CHECK(result.source == api::ScanSource::kImport);
  CHECK(result.imported_by == "ci");
  CHECK(result.outcome == api::ScanOutcome::kComplete);
  CHECK(result.counts.empty());
  CHECK(scan.status.findings.size() == 2);
  CHECK(scan.status.truncated_findings == 0);
  CHECK(Counted(scan, api::Severity::kCritical) == 1);
  CHECK_FALSE(scan.status.findings[0].first_seen);
  CHECK(StatusOf(scan, "Scanned") == "True Imported");
  CHECK(StatusOf(scan, "Complete") == "True Complete");
  CheckReadable(scan);
}

TEST_CASE("Grype's manifest digest is the scan's, its repository digest the index above it", "[scan]") {
  json report = GrypeReport();
  SECTION("different digests") {
    const api::ImageScan scan = Imported(report);
    CHECK(scan.spec.digest.text() == kDigestA);
    REQUIRE(scan.status.index_digests.size() == 1);
    CHECK(scan.status.index_digests[0].text() == kDigestB);
    CHECK(scan.status.repositories == std::vector<std::string>{"registry.example/shop/api"});
    CheckReadable(scan);
  }
  SECTION("the same digest") {
    report["source"]["target"]["repoDigests"] = json::array({"registry.example/shop/api@" + kDigestA});
    const api::ImageScan scan = Imported(report);
    CHECK(scan.spec.digest.text() == kDigestA);
    CHECK(scan.status.index_digests.empty());
  }
  SECTION("named by the submitter with either of them") {
    for (const auto& digest : {kDigestA, kDigestB}) {
      const api::ImageScan scan = Imported(report, Options("registry.example/shop/api@" + digest));
      CHECK(scan.spec.digest.text() == kDigestA);
      REQUIRE(scan.status.index_digests.size() == 1);
      CHECK(scan.status.index_digests[0].text() == kDigestB);
    }
  }
  SECTION("a manifest digest alone proves no repository") {
    report["source"]["target"]["repoDigests"] = json::array();
    CHECK(Refused(report).code == ErrorCode::kInvalidInput);
  }
}

TEST_CASE("One digest in several repositories is one image", "[scan]") {
  json report = TrivyReport();
  report["Metadata"]["RepoDigests"].push_back("mirror.example/hub/api@" + kDigestA);
  CHECK(Imported(report).status.repositories == std::vector<std::string>{"mirror.example/hub/api", "registry.example/shop/api"});
}

TEST_CASE("Without exactly one digest the submitter must name the image", "[scan]") {
  json report = TrivyReport();
  SECTION("none") {
    report["Metadata"]["RepoDigests"] = json::array();
  }
  SECTION("two") {
    report["Metadata"]["RepoDigests"].push_back("mirror.example/hub/api@" + kDigestB);
  }
  SECTION("an SBOM") {
    report["ArtifactType"] = "cyclonedx";
  }
  const Error error = Refused(report);
  CHECK(error.code == ErrorCode::kInvalidInput);
  CHECK(error.message.find("--image") != std::string::npos);

  const api::ImageScan scan = Imported(report, Options("registry.example/shop/api@" + kDigestA));
  CHECK(scan.spec.digest.text() == kDigestA);
  CHECK(scan.status.repositories == std::vector<std::string>{"registry.example/shop/api"});
}

TEST_CASE("The submitter may name another repository, but not contradict the report", "[scan]") {
  const api::ImageScan copied = Imported(TrivyReport(), Options("mirror.example/hub/api@" + kDigestA));
  CHECK(copied.spec.digest.text() == kDigestA);
  CHECK(copied.status.repositories == std::vector<std::string>{"mirror.example/hub/api", "registry.example/shop/api"});
  const std::string other = "mirror.example/hub/api@" + kDigestB;
  CHECK_THAT(Refused(TrivyReport(), Options(other)).message,
             Catch::Contains("registry.example/shop/api@" + kDigestA) && Catch::Contains(kDigestB) && Catch::Contains("scan the image by"));

  // An SBOM, or one digest of several, proves nothing against another repository, which is worth a warning.
  json sbom = TrivyReport(), several = TrivyReport(), silent = TrivyReport();
  sbom["ArtifactType"] = "cyclonedx";
  several["Metadata"]["RepoDigests"].push_back("third.example/api@" + std::string("sha256:") + std::string(64, 'c'));
  silent["Metadata"]["RepoDigests"] = json::array();
  for (const json& report : {sbom, several}) {
    CHECK(Imported(report, Options(other)).spec.digest.text() == kDigestB);
    CHECK_THAT(NamedInstead(Decoded(report), ImageReference::Parse(other).value()),
               Catch::Contains("registry.example/shop/api@" + kDigestA));
  }
  CHECK(NamedInstead(Decoded(silent), ImageReference::Parse(other).value()).empty());
  CHECK(NamedInstead(Decoded(TrivyReport()), ImageReference::Parse("mirror.example/hub/api@" + kDigestA).value()).empty());
  CHECK(NamedInstead(Decoded(GrypeReport()), ImageReference::Parse("mirror.example/hub/api@" + kDigestA).value()).empty());

  for (const std::string type : {"container_image", "cyclonedx"}) {
    json report = TrivyReport();
    report["ArtifactType"] = type;
    const Error error = Refused(report, Options("registry.example/shop/api@" + kDigestB));
    CHECK(error.code == ErrorCode::kInvalidInput);
    CHECK(error.message.find(kDigestA) != std::string::npos);
    CHECK(error.message.find(kDigestB) != std::string::npos);
  }
  CHECK(Refused(TrivyReport(), Options("registry.example/shop/api:1")).message.find("digest") != std::string::npos);
}

TEST_CASE("Whatever a report is imported as, the repositories that it names itself are told, so that their clocks go on", "[scan]") {
  const std::vector<std::string> both = {"evil.example/x", "registry.example/shop/api"};
  for (const auto& digest : {kDigestA, kDigestB})
    CHECK(Imported(GrypeReport(), Options("evil.example/x@" + digest)).status.repositories == both);
  // What is no report of an image proves nothing of any repository, nor does another digest.
  json sbom = TrivyReport(), several = TrivyReport();
  sbom["ArtifactType"] = "cyclonedx";
  several["Metadata"]["RepoDigests"].push_back("third.example/api@" + kDigestB);
  CHECK(Imported(sbom, Options("evil.example/x@" + kDigestA)).status.repositories == std::vector<std::string>{"evil.example/x"});
  CHECK(Imported(several, Options("evil.example/x@" + kDigestA)).status.repositories == both);
}

TEST_CASE("A digest without a repository is bound to as it is, and the submitter may not name another", "[scan]") {
  json statement = StatementOf(ListedPredicate(), "https://in-toto.io/attestation/vulns/v0.2");
  statement["subject"][0] = {{"name", "api"}, {"digest", {{"sha256", std::string(64, 'a')}}}};
  for (const json& report : {HarborReport(), json{{kHarborType, HarborReport()}}, ClairReport(), statement}) {
    const api::ImageScan scan = Imported(report);
    CHECK(scan.spec.digest.text() == kDigestA);
    CHECK(scan.status.repositories.empty());
    CheckReadable(scan);
    const api::ImageScan named = Imported(report, Options("registry.example/shop/api@" + kDigestA));
    CHECK(named.spec.digest.text() == kDigestA);
    CHECK(named.status.repositories == std::vector<std::string>{"registry.example/shop/api"});
    const Error error = Refused(report, Options("registry.example/shop/api@" + kDigestB));
    CHECK(error.code == ErrorCode::kInvalidInput);
    CHECK_THAT(error.message, Catch::Contains(kDigestA) && Catch::Contains(kDigestB));
  }
}

TEST_CASE("trivy-operator's report, Trivy's SARIF and a statement are bound to the repository digest they name", "[scan]") {
  const json statement = StatementOf(CarriedPredicate());
  for (const json& report : {OperatorReport(), SarifReport(), statement}) {
    const api::ImageScan scan = Imported(report);
    CHECK(scan.spec.digest.text() == (report == statement ? kDigestB : kDigestA));
    CHECK(scan.status.repositories == std::vector<std::string>{"registry.example/shop/api"});
    CheckReadable(scan);
  }
}

TEST_CASE("A format that names no digest needs the submitter's word", "[scan]") {
  json sarif = SarifReport();
  sarif["runs"][0]["tool"]["driver"]["name"] = "Grype";
  for (const json& report : {SnykReport(), json::array({SnykReport()}), sarif, ListedPredicate(), CycloneDxReport()}) {
    const Error error = Refused(report);
    CHECK(error.code == ErrorCode::kInvalidInput);
    CHECK_THAT(error.message, Catch::Contains("--image REPOSITORY@DIGEST"));
    const api::ImageScan scan = Imported(report, Options("registry.example/shop/api@" + kDigestA));
    CHECK(scan.spec.digest.text() == kDigestA);
    CheckReadable(scan);
  }
  // A bill of materials proves nothing, but it may not contradict.
  CHECK_THAT(Refused(CycloneDxReport(), Options("registry.example/shop/api@" + kDigestB)).message, Catch::Contains(kDigestA));
}

TEST_CASE("A statement of very many subjects is refused in a short line", "[scan]") {
  json statement = StatementOf(ListedPredicate(), "https://in-toto.io/attestation/vulns/v0.2");
  for (int i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(i);
    statement["subject"].push_back({{"name", ""}, {"digest", {{"sha256", std::string(64 - number.size(), 'c') + number}}}});
  }
  const Error error = Refused(statement);
  CHECK(error.code == ErrorCode::kInvalidInput);
  CHECK_THAT(error.message, Catch::Contains("and 997 more"));
  CHECK(error.message.size() < 1000);
}

TEST_CASE("A report from the future is refused, a skew of five minutes is not", "[scan]") {
  json report = TrivyReport();
  report["CreatedAt"] = "2026-03-01T12:15:00Z";
  Imported(report);
  report["CreatedAt"] = "2026-03-01T12:15:01Z";
  CHECK(Refused(report).code == ErrorCode::kInvalidInput);
}

TEST_CASE("The submitter may say how old the database was where the report does not", "[scan]") {
  ImportOptions options = Options();
  options.database_updated_at = ParseRfc3339("2026-03-01T06:00:00Z").value();
  CHECK(Imported(TrivyReport(), options).status.results.front().database_updated_at == options.database_updated_at);
  SECTION("not against the report") {
    CHECK_THAT(Refused(GrypeReport(), options).message, Catch::Contains("the report itself says"));
  }
  SECTION("not after the scan") {
    options.database_updated_at = ParseRfc3339("2026-03-01T12:05:01Z").value();
    CHECK_THAT(Refused(TrivyReport(), options).message, Catch::Contains("after the scan"));
  }
  SECTION("not in the future of a report without a time") {
    json report = TrivyReport();
    report.erase("CreatedAt");
    options.database_updated_at = ParseRfc3339("2026-03-01T12:15:01Z").value();
    CHECK(Refused(report, options).code == ErrorCode::kInvalidInput);
  }
}

TEST_CASE("A scan that could not look at everything says so in its conditions", "[scan]") {
  json report = TrivyReport();
  SECTION("partial") {
    report["Metadata"]["OS"]["EOSL"] = true;
    const auto scan = Imported(report);
    CHECK(StatusOf(scan, "Scanned") == "True Imported");
    CHECK(StatusOf(scan, "Complete") == "False Partial");
    CheckReadable(scan);
  }
  SECTION("unscannable") {
    report["Metadata"].erase("OS");
    report.erase("Results");
    const auto scan = Imported(report);
    CHECK(StatusOf(scan, "Scanned") == "False Unscannable");
    CHECK(StatusOf(scan, "Complete") == "False Unscannable");
    CheckReadable(scan);
  }
}

TEST_CASE("What does not fit is cut from the least severe end and counted", "[scan]") {
  auto findings = Numbered(20, api::Severity::kCritical, "trivy");
  const auto low = Numbered(200, api::Severity::kLow, "trivy", "CVE-2025-");
  findings.insert(findings.end(), low.begin(), low.end());
  constexpr std::size_t kCap = 20'000;
  const api::ImageScan scan = ScanBy("trivy", findings, kCap);
  CHECK(api::EncodeJson(scan).size() <= kCap);
  const auto kept = static_cast<std::int64_t>(scan.status.findings.size());
  CHECK(kept > 20);
  CHECK(kept + scan.status.truncated_findings == 220);
  CHECK(scan.status.findings[19].severity == api::Severity::kCritical);
  CHECK(Counted(scan, api::Severity::kCritical) == 20);
  CHECK(Counted(scan, api::Severity::kLow) == 200);
  CheckReadable(scan);

  // Nothing fits: the counts still tell all.
  const api::ImageScan tiny = ScanBy("trivy", findings, 10);
  CHECK(tiny.status.findings.empty());
  CHECK(tiny.status.truncated_findings == 220);
  CHECK(Counted(tiny, api::Severity::kCritical) == 20);
}

TEST_CASE("The same scanner's new result replaces its old one and keeps the clocks", "[scan]") {
  api::ImageScan first =
      ScanBy("trivy", {FindingOf("CVE-2026-1", api::Severity::kCritical, "trivy"), FindingOf("CVE-2026-2", api::Severity::kLow, "trivy")});
  first.status.findings[0].first_seen = kNow;
  const auto merged = Merge(first, ScanBy("trivy", {FindingOf("CVE-2026-1", api::Severity::kMedium, "trivy")}), kNoCap).value();
  REQUIRE(merged.status.results.size() == 1);
  REQUIRE(merged.status.findings.size() == 1);
  CHECK(merged.status.findings[0].severity == api::Severity::kMedium);
  CHECK(merged.status.findings[0].first_seen == kNow);
  CHECK(Counted(merged, api::Severity::kCritical) == 0);
  CHECK(Counted(merged, api::Severity::kMedium) == 1);
}

TEST_CASE("Two scanners' results stand side by side and share the findings they agree on", "[scan]") {
  auto fixable = FindingOf("CVE-2026-1", api::Severity::kMedium, "grype");
  fixable.fix = api::FixState::kAvailable;
  const auto trivy =
      ScanBy("trivy", {FindingOf("CVE-2026-1", api::Severity::kHigh, "trivy"), FindingOf("CVE-2026-2", api::Severity::kLow, "trivy")});
  const auto grype = ScanBy("grype", {fixable, FindingOf("CVE-2026-3", api::Severity::kLow, "grype")});
  const auto merged = Merge(trivy, grype, kNoCap).value();
  REQUIRE(merged.status.results.size() == 2);
  REQUIRE(merged.status.findings.size() == 3);
  const auto& shared = merged.status.findings[0];
  CHECK(shared.id == "CVE-2026-1");
  CHECK(shared.severity == api::Severity::kHigh);
  CHECK(shared.fix == api::FixState::kAvailable);
  CHECK(shared.scanners == std::vector<std::string>{"trivy", "grype"});
  CHECK(Counted(merged, api::Severity::kHigh) == 1);
  CHECK(Counted(merged, api::Severity::kLow) == 2);
  CheckReadable(merged);

  // Trivy looks again and sees nothing: what only Trivy saw goes, what Grype saw stays.
  const auto again = Merge(merged, ScanBy("trivy", {}), kNoCap).value();
  REQUIRE(again.status.findings.size() == 2);
  CHECK(again.status.findings[0].scanners == std::vector<std::string>{"grype"});
  CHECK(again.status.results.size() == 2);
}

TEST_CASE("A vulnerability under two names is one finding where one name stands for one other", "[scan]") {
  auto ghsa = FindingOf("GHSA-jfh8-c2jp-5v3q", api::Severity::kCritical, "grype");
  ghsa.aliases = {"CVE-2026-1"};
  const auto trivy =
      ScanBy("trivy", {FindingOf("CVE-2026-1", api::Severity::kHigh, "trivy"), FindingOf("CVE-2026-2", api::Severity::kHigh, "trivy")});
  SECTION("the new one has the alias") {
    const auto merged = Merge(trivy, ScanBy("grype", {ghsa}), kNoCap).value();
    REQUIRE(merged.status.findings.size() == 2);
    CHECK(merged.status.findings[0].id == "CVE-2026-1");
    CHECK(merged.status.findings[0].aliases == std::vector<std::string>{"GHSA-jfh8-c2jp-5v3q"});
    CHECK(merged.status.findings[0].severity == api::Severity::kCritical);
  }
  SECTION("the old one has it") {
    const auto merged = Merge(ScanBy("grype", {ghsa}), trivy, kNoCap).value();
    REQUIRE(merged.status.findings.size() == 2);
    CHECK(merged.status.findings[0].id == "GHSA-jfh8-c2jp-5v3q");
    CHECK(merged.status.findings[0].scanners == std::vector<std::string>{"grype", "trivy"});
  }
  SECTION("an advisory over two vulnerabilities stays apart") {
    ghsa.aliases = {"CVE-2026-1", "CVE-2026-2"};
    CHECK(Merge(trivy, ScanBy("grype", {ghsa}), kNoCap)->status.findings.size() == 3);
    CHECK(Merge(ScanBy("grype", {ghsa}), trivy, kNoCap)->status.findings.size() == 3);
  }
  SECTION("another package is another finding") {
    ghsa.package = "pkg:deb/debian/openssl@3.0.11";
    CHECK(Merge(trivy, ScanBy("grype", {ghsa}), kNoCap)->status.findings.size() == 3);
  }
}

TEST_CASE("A finding under the bare name of its package joins the one with the package URL", "[scan]") {
  const auto with_url = FindingOf("CVE-2026-1", api::Severity::kMedium, "trivy");
  auto bare = FindingOf("CVE-2026-1", api::Severity::kHigh, "snyk");
  bare.package = "libssl3";
  bare.aliases = {"SNYK-1", "GHSA-1"};
  bare.fix = api::FixState::kAvailable;
  const auto one = [](const api::ImageScan& merged) {
    REQUIRE(merged.status.findings.size() == 1);
    const auto& finding = merged.status.findings[0];
    CHECK(finding.package == "pkg:deb/debian/libssl3@3.0.11?scanner=trivy");
    CHECK(finding.severity == api::Severity::kHigh);
    CHECK(finding.fix == api::FixState::kAvailable);
    CHECK(finding.aliases == std::vector<std::string>{"SNYK-1", "GHSA-1"});
    CHECK(finding.scanners.size() == 2);
    CheckReadable(merged);
  };
  SECTION("whichever came first") {
    one(Merge(ScanBy("trivy", {with_url}), ScanBy("snyk", {bare}), kNoCap).value());
    one(Merge(ScanBy("snyk", {bare}), ScanBy("trivy", {with_url}), kNoCap).value());
  }
  SECTION("under the one other name") {
    auto ghsa = FindingOf("GHSA-1", api::Severity::kMedium, "grype");
    ghsa.aliases = {"CVE-2026-1"};
    CHECK(Merge(ScanBy("grype", {ghsa}), ScanBy("snyk", {bare}), kNoCap)->status.findings.size() == 1);
    CHECK(Merge(ScanBy("snyk", {bare}), ScanBy("grype", {ghsa}), kNoCap)->status.findings.size() == 1);
    ghsa.aliases.push_back("CVE-2026-2");
    CHECK(Merge(ScanBy("grype", {ghsa}), ScanBy("snyk", {bare}), kNoCap)->status.findings.size() == 2);
  }
  SECTION("as the ecosystem writes names") {
    auto url = with_url;
    const auto [package, name] = GENERATE(table<std::string, std::string>({{"pkg:npm/%40babel/core@3.0.11", "@babel/core"},
                                                                           {"pkg:npm/@babel/core@3.0.11", "@Babel/core"},
                                                                           {"pkg:maven/org.a/b@3.0.11?type=jar", "org.a:b"},
                                                                           {"pkg:golang/github.com/x/y@3.0.11", "github.com/x/y"},
                                                                           {"pkg:pypi/jinja2@3.0.11", "Jinja2"}}));
    url.package = package;
    bare.package = name;
    CHECK(Merge(ScanBy("trivy", {url}), ScanBy("snyk", {bare}), kNoCap)->status.findings.size() == 1);
  }
  SECTION("not where another package, version or vulnerability is meant") {
    auto other = bare;
    other.package = "openssl";
    CHECK(Merge(ScanBy("trivy", {with_url}), ScanBy("snyk", {other}), kNoCap)->status.findings.size() == 2);
    other = bare;
    other.version = "3.0.12";
    CHECK(Merge(ScanBy("trivy", {with_url}), ScanBy("snyk", {other}), kNoCap)->status.findings.size() == 2);
    other = bare;
    other.id = "CVE-2026-9";
    CHECK(Merge(ScanBy("trivy", {with_url}), ScanBy("snyk", {other}), kNoCap)->status.findings.size() == 2);
    other = bare;
    other.package = "(not named)";
    CHECK(Merge(ScanBy("trivy", {with_url}), ScanBy("snyk", {other}), kNoCap)->status.findings.size() == 2);
  }
  SECTION("not where two packages could be meant") {
    auto npm = with_url;
    npm.package = "pkg:npm/libssl3@3.0.11";
    CHECK(Merge(ScanBy("trivy", {with_url, npm}), ScanBy("snyk", {bare}), kNoCap)->status.findings.size() == 3);
  }
}

TEST_CASE("A scanner's findings under bare names replace those with package URLs, and keep their clocks", "[scan]") {
  api::ImageScan first = ScanBy("trivy", {FindingOf("CVE-2026-1", api::Severity::kCritical, "trivy")});
  first.status.findings[0].first_seen = kNow;
  auto bare = FindingOf("CVE-2026-1", api::Severity::kMedium, "trivy");
  bare.package = "libssl3";
  const auto merged = Merge(first, ScanBy("trivy", {bare}), kNoCap).value();
  REQUIRE(merged.status.findings.size() == 1);
  CHECK(merged.status.findings[0].severity == api::Severity::kMedium);
  CHECK(merged.status.findings[0].first_seen == kNow);
}

TEST_CASE("Merged counts cover what was cut before and do not grow with every new scan", "[scan]") {
  constexpr std::size_t kCap = 20'000;
  const auto trivy = ScanBy("trivy", Numbered(200, api::Severity::kLow, "trivy"), kCap);
  const auto grype = ScanBy("grype", Numbered(150, api::Severity::kLow, "grype", "CVE-2025-"), kCap);
  REQUIRE(trivy.status.truncated_findings > 0);
  auto merged = Merge(trivy, grype, kCap).value();
  for (int round = 0; round < 3; ++round) {
    CHECK(Counted(merged, api::Severity::kLow) == 350);
    CHECK(static_cast<std::int64_t>(merged.status.findings.size()) + merged.status.truncated_findings == 350);
    CHECK(api::EncodeJson(merged).size() <= kCap);
    merged = Merge(merged, grype, kCap).value();
  }
  // Grype looks again and sees nothing: only what Trivy has is left.
  const auto alone = Merge(merged, ScanBy("grype", {}), kCap).value();
  CHECK(Counted(alone, api::Severity::kLow) == 200);
  CheckReadable(alone);
}

TEST_CASE("Two scans that fit alone, but not together, are cut together and counted exactly", "[scan]") {
  constexpr std::size_t kCap = 20'000;
  const auto trivy = ScanBy("trivy", Numbered(70, api::Severity::kLow, "trivy"), kCap);
  const auto grype = ScanBy("grype", Numbered(70, api::Severity::kHigh, "grype", "CVE-2025-"), kCap);
  REQUIRE(trivy.status.truncated_findings == 0);
  const auto merged = Merge(trivy, grype, kCap).value();
  CHECK(merged.status.truncated_findings > 0);
  CHECK(Counted(merged, api::Severity::kLow) == 70);
  CHECK(Counted(merged, api::Severity::kHigh) == 70);
  CHECK(api::EncodeJson(merged).size() <= kCap);
  CheckReadable(merged);
}

TEST_CASE("Scans of two digests or of two platforms do not become one", "[scan]") {
  const auto amd64 = Imported(TrivyReport());
  json report = TrivyReport();
  report["Metadata"]["ImageConfig"]["architecture"] = "arm64";
  const auto arm64 = Merge(amd64, Imported(report), kNoCap);
  REQUIRE_FALSE(arm64);
  CHECK(arm64.error().code == ErrorCode::kConflict);
  CHECK(arm64.error().message.find("linux/arm64") != std::string::npos);

  json of_other = TrivyReport();
  of_other["Metadata"]["RepoDigests"] = json::array({"registry.example/shop/api@" + kDigestB});
  const auto other = Merge(amd64, Imported(of_other), kNoCap);
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ErrorCode::kConflict);
}

TEST_CASE("A scan of more repositories than an object may hold is refused", "[scan]") {
  json report = TrivyReport();
  for (int i = 0; i < 256; ++i) report["Metadata"]["RepoDigests"].push_back("mirror.example/r" + std::to_string(i) + "@" + kDigestA);
  CHECK(Refused(report).code == ErrorCode::kTooLarge);
}

TEST_CASE("What one scanner knows about the image outlives another that does not", "[scan]") {
  json eol = TrivyReport({TrivyFinding("CVE-2026-1")});
  eol["Metadata"]["OS"]["EOSL"] = true;
  json grype = GrypeReport();
  grype["source"]["target"]["repoDigests"] = json::array({"registry.example/shop/api@" + kDigestA});
  const auto merged = Merge(Imported(eol), Imported(grype), kNoCap).value();
  CHECK(merged.status.os->end_of_life == true);
  CHECK(merged.status.image->user == "1000");
  CHECK(merged.status.results.size() == 2);
  CHECK(StatusOf(merged, "Complete") == "True Complete");
}

namespace {

json TrivyIn(const std::string& layer, const json& layers) {
  json finding = TrivyFinding("CVE-2026-1");
  finding["Layer"] = {{"DiffID", layer}};
  json report = TrivyReport({finding});
  report["Metadata"]["DiffIDs"] = layers;
  return report;
}

json GrypeIn(const std::string& layer, const json& layers) {
  json match = GrypeMatch("CVE-2026-1");
  match["artifact"]["locations"] = json::array({{{"path", "/var/lib/dpkg/info/libssl3.list"}, {"layerID", layer}}});
  json report = GrypeReport({match});
  report["source"]["target"]["repoDigests"] = json::array({"registry.example/shop/api@" + kDigestA});
  report["source"]["target"]["layers"] = json::array();
  for (const json& each : layers) report["source"]["target"]["layers"].push_back(json::object({{"digest", each}}));
  return report;
}

}  // namespace

TEST_CASE("A finding that two scanners share is in the layers of both", "[scan]") {
  const json layers = json::array({kDigestA, kDigestB});
  const auto trivy = Imported(TrivyIn(kDigestB, layers));
  CHECK(trivy.status.image->diff_ids.size() == 2);
  CheckReadable(trivy);
  const auto merged = Merge(trivy, Imported(GrypeIn(kDigestA, layers)), kNoCap).value();
  REQUIRE(merged.status.findings.size() == 1);
  CHECK(merged.status.findings[0].layer_range == api::LayerRange{0, 1});
  CHECK(merged.status.image->diff_ids.size() == 2);
  CheckReadable(merged);
}

TEST_CASE("Layers of a finding are not known where one of its scanners does not say them, or lists others", "[scan]") {
  const json layers = json::array({kDigestA, kDigestB});
  const auto trivy = Imported(TrivyIn(kDigestB, layers));
  json silent = GrypeIn(kDigestA, layers);
  silent["source"]["target"]["layers"] = json::array();
  const auto with_silent = Merge(trivy, Imported(silent), kNoCap).value();
  REQUIRE(with_silent.status.findings.size() == 1);
  CHECK_FALSE(with_silent.status.findings[0].layer_range);
  CHECK(with_silent.status.image->diff_ids.size() == 2);

  const auto disputed = Merge(trivy, Imported(GrypeIn(kDigestA, json::array({kDigestA}))), kNoCap).value();
  CHECK_FALSE(disputed.status.findings.at(0).layer_range);
  CHECK(disputed.status.image->diff_ids.empty());

  // What the only scanner says now replaces what it said before.
  const auto corrected = Merge(trivy, Imported(TrivyIn(kDigestA, json::array({kDigestA}))), kNoCap).value();
  CHECK(corrected.status.findings.at(0).layer_range == api::LayerRange{0, 0});
  CHECK(corrected.status.image->diff_ids.size() == 1);
}
