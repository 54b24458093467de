#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "scan/report.h"
#include "unit/scan/report_builder.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

Report Decoded(const json& report) {
  auto decoded = DecodeReport(report.dump());
  INFO((decoded ? "" : decoded.error().message));
  REQUIRE(decoded);
  return *decoded;
}

Error Refused(const json& report) {
  auto decoded = DecodeReport(report.dump());
  REQUIRE_FALSE(decoded);
  return decoded.error();
}

api::Finding OnlyFinding(const json& finding) {
  const Report report = Decoded(TrivyReport({finding}));
  REQUIRE(report.findings.size() == 1);
  return report.findings.front();
}

json With(json finding, const json& more) {
  finding.update(more);
  return finding;
}

}  // namespace

TEST_CASE("A Trivy report says what it looked at", "[scan]") {
  const Report report = Decoded(TrivyReport());
  CHECK(report.scanner == "trivy");
  CHECK(report.scanner_version == "0.68.2");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00.123Z");
  CHECK_FALSE(report.database_updated_at);
  CHECK(report.artifact_name == "registry.example/shop/api:1");
  CHECK(report.from_image);
  REQUIRE(report.repo_digests.size() == 1);
  CHECK(report.repo_digests[0].Name() == "registry.example/shop/api");
  CHECK(report.repo_digests[0].digest->text() == kDigestA);
  CHECK_FALSE(report.manifest_digest);
  REQUIRE(report.platform);
  CHECK(report.platform->architecture == "amd64");
  REQUIRE(report.os);
  CHECK(report.os->family == "debian");
  CHECK_FALSE(report.os->end_of_life);
  REQUIRE(report.image);
  CHECK(report.image->user == "1000");
  CHECK(report.image->size_bytes == 1000);
  CHECK(report.image->layers == 2);
  CHECK(FormatRfc3339(report.image->created.value()) == "2026-02-01T00:00:00Z");
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  CHECK_FALSE(report.secrets);
  CHECK(report.package_count == 1);
}

TEST_CASE("Each of Trivy's statuses becomes a fix state, and a not_affected finding is none", "[scan]") {
  const auto [status, fix] = GENERATE(table<std::string, api::FixState>({{"unknown", api::FixState::kUnknown},
                                                                         {"affected", api::FixState::kNone},
                                                                         {"fixed", api::FixState::kAvailable},
                                                                         {"under_investigation", api::FixState::kUnknown},
                                                                         {"will_not_fix", api::FixState::kWillNotFix},
                                                                         {"fix_deferred", api::FixState::kWillNotFix},
                                                                         {"end_of_life", api::FixState::kWillNotFix},
                                                                         {"some_new_word", api::FixState::kUnknown},
                                                                         {"", api::FixState::kUnknown}}));
  CAPTURE(status);
  CHECK(OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"Status", status}})).fix == fix);

  CHECK(Decoded(TrivyReport({With(TrivyFinding("CVE-2026-1"), {{"Status", "not_affected"}})})).findings.empty());
}

TEST_CASE("A version that mends the vulnerability is an available fix, whatever the status", "[scan]") {
  CHECK(OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"FixedVersion", "3.0.15"}})).fix == api::FixState::kAvailable);
  const auto contradictory = OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"FixedVersion", "3.0.15"}, {"Status", "will_not_fix"}}));
  CHECK(contradictory.fix == api::FixState::kAvailable);
  CHECK(contradictory.fixed_in == "3.0.15");
}

TEST_CASE("Severity words are read without regard to case, and an unknown word is Unknown", "[scan]") {
  const auto [word, severity] = GENERATE(table<std::string, api::Severity>({{"CRITICAL", api::Severity::kCritical},
                                                                            {"High", api::Severity::kHigh},
                                                                            {"medium", api::Severity::kMedium},
                                                                            {"LOW", api::Severity::kLow},
                                                                            {"Negligible", api::Severity::kNegligible},
                                                                            {"UNKNOWN", api::Severity::kUnknown},
                                                                            {"terrible", api::Severity::kUnknown},
                                                                            {"", api::Severity::kUnknown}}));
  CAPTURE(word);
  CHECK(OnlyFinding(TrivyFinding("CVE-2026-1", word)).severity == severity);
}

TEST_CASE("The score is that of the severity's source, else NVD's, else the highest; the newer scale first, never CVSS v2", "[scan]") {
  const auto score = [](const json& cvss, const std::string& source = "redhat") {
    const auto finding = OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"CVSS", cvss}, {"SeveritySource", source}}));
    return finding.cvss ? finding.cvss->ToString() : "none";
  };
  CHECK(score({{"nvd", {{"V3Score", 9.8}}}, {"redhat", {{"V3Score", 8.1}}}}) == "8.1");
  CHECK(score({{"nvd", {{"V3Score", 7.5}}}, {"ghsa", {{"V3Score", 9.8}}}}) == "7.5");
  CHECK(score({{"bitnami", {{"V3Score", 7.5}}}, {"ghsa", {{"V3Score", 9.8}}}}) == "9.8");
  CHECK(score({{"redhat", {{"V3Score", 9.8}, {"V40Score", 8.7}}}}) == "8.7");
  CHECK(score({{"redhat", {{"V2Score", 10.0}}}, {"nvd", {{"V3Score", 4}}}}) == "4.0");
  CHECK(score({{"redhat", {{"V2Score", 10.0}}}}) == "none");
  CHECK(score(nullptr) == "none");
}

TEST_CASE("A score that is no score is not known", "[scan]") {
  const auto number = GENERATE(0.0, -1.0, 10.1, 1e300);
  CAPTURE(number);
  CHECK_FALSE(OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"CVSS", {{"nvd", {{"V3Score", number}}}}}})).cvss);
}

TEST_CASE("The package is named by its package URL, else by its bare name", "[scan]") {
  CHECK(OnlyFinding(TrivyFinding("CVE-2026-1")).package == "pkg:deb/debian/libssl3@3.0.11?arch=amd64");
  CHECK(OnlyFinding(With(TrivyFinding("CVE-2026-1"), {{"PkgIdentifier", nullptr}})).package == "libssl3");
}

TEST_CASE("One vulnerability of one package on several paths is one finding, read strictly", "[scan]") {
  const json low = With(TrivyFinding("CVE-2026-1", "LOW"), {{"PkgPath", "a"}, {"FixedVersion", "3.0.15"}});
  const json high =
      With(TrivyFinding("CVE-2026-1", "HIGH"), {{"PkgPath", "b"}, {"VendorIDs", json::array({"DSA-1-1"})}, {"Status", "affected"}});
  const json other_version = With(TrivyFinding("CVE-2026-1", "LOW"), {{"InstalledVersion", "3.0.12"}});
  const Report report = Decoded(TrivyReport({low, high, other_version}));
  REQUIRE(report.findings.size() == 2);
  const auto& joined = report.findings[0];
  CHECK(joined.severity == api::Severity::kHigh);
  CHECK(joined.fix == api::FixState::kAvailable);
  CHECK(joined.fixed_in == "3.0.15");
  CHECK(joined.aliases == std::vector<std::string>{"DSA-1-1"});
}

TEST_CASE("Findings come most severe first, then by score, then by id", "[scan]") {
  const json scored = With(TrivyFinding("CVE-2026-4", "HIGH"), {{"CVSS", {{"nvd", {{"V3Score", 7.5}}}}}});
  const Report report = Decoded(TrivyReport({TrivyFinding("CVE-2026-1", "UNKNOWN"), TrivyFinding("CVE-2026-3", "HIGH"),
                                             TrivyFinding("CVE-2026-2", "HIGH"), scored, TrivyFinding("CVE-2026-5", "CRITICAL")}));
  std::vector<std::string> ids;
  for (const auto& finding : report.findings) ids.push_back(finding.id);
  CHECK(ids == std::vector<std::string>{"CVE-2026-5", "CVE-2026-4", "CVE-2026-2", "CVE-2026-3", "CVE-2026-1"});
}

TEST_CASE("A report without findings is clean only where Trivy could judge the image", "[scan]") {
  json report = TrivyReport();
  SECTION("nothing recognised") {
    report["Metadata"].erase("OS");
    report.erase("Results");
    const Report decoded = Decoded(report);
    CHECK(decoded.outcome == api::ScanOutcome::kUnscannable);
    CHECK_FALSE(decoded.outcome_reason.empty());
  }
  SECTION("no result for the packages of the operating system") {
    report["Results"][0]["Class"] = "lang-pkgs";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("no package of the operating system") {
    report["Results"][0]["Packages"] = json::array();
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
    report["Results"][0].erase("Packages");
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
    CHECK_FALSE(Decoded(report).package_count);
  }
  SECTION("past the end of life and nothing found") {
    report["Metadata"]["OS"]["EOSL"] = true;
    const Report decoded = Decoded(report);
    CHECK(decoded.os->end_of_life == true);
    CHECK(decoded.outcome == api::ScanOutcome::kPartial);
  }
  SECTION("past the end of life with findings") {
    report = TrivyReport({TrivyFinding("CVE-2026-1")});
    report["Metadata"]["OS"]["EOSL"] = true;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  }
  SECTION("packages of a language without an operating system") {
    report["Metadata"].erase("OS");
    report["Results"][0]["Class"] = "lang-pkgs";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kComplete);
  }
}

TEST_CASE("Packages and secrets are counted only where the report lists them", "[scan]") {
  json report = TrivyReport();
  report["Results"][0]["Packages"] = json::array({json::object(), json::object()});
  report["Results"].push_back({{"Class", "secret"}, {"Secrets", json::array({json::object()})}});
  CHECK(Decoded(report).package_count == 2);
  CHECK(Decoded(report).secrets == 1);
}

TEST_CASE("Absent, null, empty and the zero time all mean not known", "[scan]") {
  json report = TrivyReport(
      {With(TrivyFinding("CVE-2026-1"), {{"PublishedDate", "0001-01-01T00:00:00Z"}, {"FixedVersion", nullptr}, {"VendorIDs", nullptr}})});
  report["CreatedAt"] = GENERATE(json(nullptr), json(""), json("0001-01-01T00:00:00Z"), json(1629894030));
  report["Metadata"]["RepoDigests"] = nullptr;
  report["Metadata"]["ImageConfig"]["created"] = "0001-01-01T00:00:00Z";
  report["Metadata"]["ImageConfig"]["architecture"] = "";
  report["Trivy"] = nullptr;
  const Report decoded = Decoded(report);
  CHECK_FALSE(decoded.scanned_at);
  CHECK(decoded.repo_digests.empty());
  CHECK_FALSE(decoded.image->created);
  CHECK_FALSE(decoded.platform);
  CHECK(decoded.scanner_version.empty());
  CHECK_FALSE(decoded.findings[0].published);
}

TEST_CASE("Only Trivy's second schema and only what speaks of an image are read", "[scan]") {
  json report = TrivyReport();
  SECTION("another schema") {
    report["SchemaVersion"] = 1;
    const Error error = Refused(report);
    CHECK(error.code == ErrorCode::kUnsupported);
    CHECK(error.message.find("SchemaVersion 1") != std::string::npos);
  }
  SECTION("a folder") {
    report["ArtifactType"] = "filesystem";
    const Error error = Refused(report);
    CHECK(error.code == ErrorCode::kUnsupported);
    CHECK(error.message.find("filesystem") != std::string::npos);
  }
  SECTION("no type at all") {
    report.erase("ArtifactType");
    CHECK(Refused(report).code == ErrorCode::kUnsupported);
  }
  SECTION("an SBOM proves no digest") {
    report["ArtifactType"] = GENERATE("cyclonedx", "spdx");
    CHECK_FALSE(Decoded(report).from_image);
  }
}

TEST_CASE("A broken Trivy report is refused with the place of the mistake", "[scan]") {
  json report = TrivyReport({TrivyFinding("CVE-2026-1"), TrivyFinding("CVE-2026-2")});
  json& finding = report["Results"][0]["Vulnerabilities"][1];
  std::string place = "Results[0].Vulnerabilities[1]";
  SECTION("no id") {
    finding.erase("VulnerabilityID");
    place += ".VulnerabilityID";
  }
  SECTION("a number for a text") {
    finding["Severity"] = 4;
    place += ".Severity";
  }
  SECTION("no package") {
    finding.erase("PkgName");
    finding.erase("PkgIdentifier");
    place += ".PkgName";
  }
  SECTION("an id too long to be kept") {
    finding["VulnerabilityID"] = std::string(257, 'x');
    place += ".VulnerabilityID";
  }
  SECTION("a line break in an id") {
    finding["VulnerabilityID"] = "CVE-2026-1\nCVE-2026-9";
    place += ".VulnerabilityID";
  }
  SECTION("a text for a score") {
    finding["CVSS"] = {{"nvd", {{"V3Score", "9.8"}}}};
    place += ".CVSS.nvd.V3Score";
  }
  SECTION("a finding that is no object") {
    finding = "CVE-2026-2";
  }
  SECTION("a date that is none") {
    finding["PublishedDate"] = "yesterday";
    place += ".PublishedDate";
  }
  SECTION("results that are no list") {
    report["Results"] = json::object();
    place = "Results: must be a list, not object";
  }
  SECTION("a repository digest that is none") {
    report["Metadata"]["RepoDigests"].push_back("registry.example/shop/api:1");
    place = "Metadata.RepoDigests";
  }
  const Error error = Refused(report);
  CHECK(error.code == ErrorCode::kInvalidInput);
  CAPTURE(error.message);
  CHECK(error.message.find(place) != std::string::npos);
}

TEST_CASE("A report with more findings than the limit is refused, not cut", "[scan]") {
  const auto decoded = DecodeReport(TrivyReport({TrivyFinding("CVE-2026-1"), TrivyFinding("CVE-2026-1")}).dump(), {.max_findings = 1});
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kTooLarge);
}

TEST_CASE("More other names than can be kept make the report partial", "[scan]") {
  json names = json::array();
  for (int i = 0; i < 65; ++i) names.push_back("DSA-" + std::to_string(i));
  const Report report = Decoded(TrivyReport({With(TrivyFinding("CVE-2026-1"), {{"VendorIDs", names}})}));
  CHECK(report.outcome == api::ScanOutcome::kPartial);
  CHECK(report.findings[0].aliases.size() == 64);
}

TEST_CASE("The layer of a finding becomes its place in the image's list of layers", "[scan]") {
  const std::string other = "sha256:" + std::string(64, 'c');
  const auto in = [](const std::string& diff_id) { return With(TrivyFinding("CVE-2026-1"), {{"Layer", {{"DiffID", diff_id}}}}); };
  const auto decoded = [](const json& layers, const std::vector<json>& findings) {
    json report = TrivyReport(findings);
    report["Metadata"]["DiffIDs"] = layers;
    return Decoded(report);
  };
  const auto place = [&](const json& layers, const std::vector<json>& findings) {
    return decoded(layers, findings).findings.at(0).layer_range;
  };
  const json two = json::array({kDigestA, kDigestB});

  CHECK(place(two, {in(kDigestA)}) == api::LayerRange{0, 0});
  CHECK(place(two, {in(kDigestB)}) == api::LayerRange{1, 1});
  CHECK(decoded(two, {in(kDigestB)}).image->diff_ids == std::vector{*Digest::Parse(kDigestA), *Digest::Parse(kDigestB)});
  CHECK(decoded(two, {in(kDigestB)}).findings.at(0).layer == api::Layer::kUnknown);
  // On several paths: all of them, and nothing where one of them is not known.
  CHECK(place(two, {in(kDigestB), in(kDigestA)}) == api::LayerRange{0, 1});
  CHECK_FALSE(place(two, {in(kDigestB), TrivyFinding("CVE-2026-1")}));
  CHECK_FALSE(place(two, {TrivyFinding("CVE-2026-1"), in(kDigestB)}));
  // The same layer twice.
  CHECK(place(json::array({kDigestA, other, kDigestA}), {in(kDigestA)}) == api::LayerRange{0, 2});
  // No layer, one that is not the image's, or a list that is none.
  CHECK_FALSE(place(two, {TrivyFinding("CVE-2026-1")}));
  CHECK_FALSE(place(two, {in(other)}));
  CHECK_FALSE(place(two, {in("")}));
  CHECK_FALSE(place(json::array({kDigestA, "sha256:2"}), {in(kDigestA)}));
  CHECK_FALSE(place(json::array(), {in(kDigestA)}));
  CHECK(decoded(json::array({kDigestA, "sha256:2"}), {}).image->diff_ids.empty());
}

TEST_CASE("More layers than can be kept, and those of an SBOM, are not known", "[scan]") {
  json report = TrivyReport({With(TrivyFinding("CVE-2026-1"), {{"Layer", {{"DiffID", kDigestA}}}})});
  report["Metadata"]["DiffIDs"] = json(std::vector<std::string>(256, kDigestA));
  CHECK(Decoded(report).findings.at(0).layer_range == api::LayerRange{0, 255});
  report["Metadata"]["DiffIDs"].push_back(kDigestB);
  CHECK_FALSE(Decoded(report).findings.at(0).layer_range);
  report["Metadata"]["DiffIDs"] = json::array({kDigestA});
  CHECK(Decoded(report).findings.at(0).layer_range);
  report["ArtifactType"] = "cyclonedx";
  CHECK_FALSE(Decoded(report).findings.at(0).layer_range);
  CHECK(Decoded(report).image->diff_ids.empty());
}
