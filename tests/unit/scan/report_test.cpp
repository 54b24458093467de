#include "scan/report.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>

#include "support/paths.h"
#include "unit/scan/report_builder.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

// Real reports that are kept beside the source tree; "" where they are absent.
std::string Sample(const std::string& name) {
  std::ifstream file(testing::SourcePath("../shared/samples/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Key = std::tuple<std::string, std::string, std::string>;

std::set<Key> KeysOf(const Report& report) {
  std::set<Key> keys;
  for (const auto& finding : report.findings) keys.emplace(finding.id, finding.package, finding.version);
  return keys;
}

}  // namespace

TEST_CASE("Formats are told apart by their own marks", "[scan]") {
  CHECK(DecodeReport(TrivyReport().dump())->scanner == "trivy");
  CHECK(DecodeReport(GrypeReport().dump())->scanner == "grype");
  CHECK(DecodeReport(TrivyReport().dump())->format == "Trivy's JSON");
  CHECK(DecodeReport(GrypeReport().dump())->format == "Grype's JSON");

  for (const std::string text :
       {"{}", R"({"runs": [], "version": "1.0.0"})", R"({"descriptor": {"name": "syft"}})", R"({"SchemaVersion": 2})"}) {
    const auto decoded = DecodeReport(text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == ErrorCode::kUnsupported);
    for (const std::string format :
         {"Trivy", "Grype", "Snyk", "SARIF", "Harbor", "Clair", "trivy-operator", "CycloneDX", "in-toto", "cosign"}) {
      CHECK_THAT(decoded.error().message, Catch::Contains(format));
    }
  }
}

TEST_CASE("What is no JSON object is no report", "[scan]") {
  for (const std::string text : {"", "[]", "[{}]", "null", "{", "{\"SchemaVersion\": 2,", "\xff\xfe"}) {
    CAPTURE(text);
    const auto decoded = DecodeReport(text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == ErrorCode::kInvalidInput);
  }
}

TEST_CASE("Reports beyond the limits of size and depth are refused", "[scan]") {
  const auto too_large = DecodeReport(TrivyReport().dump(), {.max_bytes = 100});
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().code == ErrorCode::kTooLarge);

  const auto too_deep =
      DecodeReport("{\"SchemaVersion\":2,\"ArtifactName\":\"x\",\"Extra\":" + std::string(1000, '[') + std::string(1000, ']') + "}");
  REQUIRE_FALSE(too_deep);
  CHECK(too_deep.error().code == ErrorCode::kTooLarge);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of Trivy decodes fully", "[scan]") {
  const std::string text = Sample("format-trivy-image.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  std::set<Key> expected;
  const json sample = json::parse(text);
  for (const auto& result : sample["Results"]) {
    for (const auto& v : result["Vulnerabilities"])
      expected.emplace(v["VulnerabilityID"], v["PkgIdentifier"]["PURL"], v["InstalledVersion"]);
  }
  const auto report = DecodeReport(text);
  REQUIRE(report);
  CHECK(expected.size() == 4);
  CHECK(KeysOf(*report) == expected);
  for (const auto& finding : report->findings) {
    CHECK(finding.severity == api::Severity::kMedium);
    CHECK(finding.fix == api::FixState::kAvailable);
    CHECK(finding.cvss->ToString() == "5.3");
    CHECK(finding.published);
    CHECK(finding.layer_range == api::LayerRange{0, 0});
  }
  CHECK(report->os->end_of_life == true);
  CHECK(report->outcome == api::ScanOutcome::kComplete);
  CHECK(report->repo_digests.empty());
  CHECK(report->image->layers == 1);
  REQUIRE(report->image->diff_ids.size() == 1);
  CHECK(report->image->diff_ids.at(0).text() == sample["Metadata"]["DiffIDs"][0]);
}

// Reads ../shared/samples; passes, saying so, where it is absent.
TEST_CASE("The sample report of Grype decodes fully", "[scan]") {
  const std::string text = Sample("format-grype-image.json");
  if (text.empty()) {
    WARN("the sample is absent");
    return;
  }
  std::set<Key> expected;
  std::size_t without_fix_state = 0, scored = 0;
  const json sample = json::parse(text);
  for (const auto& match : sample["matches"]) {
    expected.emplace(match["vulnerability"]["id"], match["artifact"]["purl"], match["artifact"]["version"]);
    without_fix_state += match["vulnerability"]["fix"]["state"] == "" ? 1 : 0;
    scored += match["vulnerability"]["cvss"].empty() ? 0 : 1;
  }
  const auto report = DecodeReport(text);
  REQUIRE(report);
  CHECK(expected.size() == 15);
  CHECK(KeysOf(*report) == expected);
  const auto count = [&](auto holds) { return static_cast<std::size_t>(std::ranges::count_if(report->findings, holds)); };
  CHECK(count([](const api::Finding& f) { return f.fix == api::FixState::kUnknown; }) == without_fix_state);
  CHECK(count([](const api::Finding& f) { return f.cvss.has_value(); }) == scored);
  CHECK(report->findings[0].severity == api::Severity::kCritical);
  CHECK(report->findings[0].cvss->ToString() == "9.8");
  CHECK(report->manifest_digest);
  CHECK(report->repo_digests.at(0).Name() == "docker.io/library/busybox");
  CHECK(report->database_updated_at);
  CHECK(report->outcome == api::ScanOutcome::kComplete);
  CHECK(report->image->diff_ids.size() == 1);
  for (const auto& finding : report->findings) CHECK(finding.layer_range == api::LayerRange{0, 0});
}
