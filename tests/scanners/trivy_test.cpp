// The real Trivy, on a fixture database and images of its own, without any network but the loopback interface.
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "api/object.h"
#include "base/clock.h"
#include "scan/import.h"
#include "scanners/decoded.h"
#include "scanners/laboratory.h"

using namespace hullwright;
using namespace hullwright::scan;
using testing::Decoded;
using testing::FindingOf;
using testing::Imported;

namespace {

Time Now() {
  return SystemClock().Now();
}

// Everything Trivy lists, counted without our decoder.
std::size_t Listed(const std::string& text) {
  std::size_t count = 0;
  const auto report = nlohmann::json::parse(text);
  for (const auto& result : report.value("Results", nlohmann::json::array()))
    count += result.value("Vulnerabilities", nlohmann::json::array()).size();
  return count;
}

}  // namespace

TEST_CASE("The real Trivy's report of a vulnerable image is read fully and bound to its digest", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const std::string text = laboratory.Scan("shop/api:1");
  const Report report = Decoded(text);
  CHECK(report.findings.size() == Listed(text));
  REQUIRE(report.findings.size() == 7);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  CHECK(report.package_count == 3);
  CHECK(report.os->family == "debian");
  CHECK(report.os->name == "12.8");
  CHECK(report.scanned_at > Now() - std::chrono::minutes(10));
  REQUIRE(report.licenses.size() == 2);
  CHECK(report.licenses[0].license == "MIT");
  CHECK(report.licenses[0].packages == std::vector<std::string>{"left-pad"});
  CHECK(report.licenses[1].license == "NOASSERTION");
  CHECK(report.licenses[1].count == 2);

  const auto& critical = report.findings.front();
  CHECK(critical.id == "CVE-2099-10001");
  CHECK(critical.aliases == std::vector<std::string>{"DSA-9001-1"});
  CHECK(critical.package == "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.8");
  CHECK(critical.version == "3.0.11-1~deb12u2");
  CHECK(critical.fixed_in == "3.0.15-1~deb12u1");
  CHECK(critical.cvss->ToString() == "9.8");
  CHECK(critical.published);

  const api::ImageScan scan = Imported(report);
  CHECK(scan.spec.digest.text() == laboratory.DigestOf("shop/api:1"));
  CHECK(scan.spec.platform->architecture == "amd64");
  CHECK(scan.status.repositories == std::vector<std::string>{laboratory.Name("shop/api")});
  CHECK(scan.status.truncated_findings == 0);
  JsonReader reader;
  const std::string object = api::EncodeJson(scan);
  CHECK(api::DecodeObject(reader.Read(object).value()));
}

TEST_CASE("Each status that the real Trivy gives becomes its fix state and severity", "[scanner]") {
  const Report report = Decoded(testing::Laboratory::Shared().Scan("shop/api:1"));
  const auto [id, severity, fix] = GENERATE(table<std::string, api::Severity, api::FixState>({
      {"CVE-2099-10001", api::Severity::kCritical, api::FixState::kAvailable},
      {"CVE-2099-10002", api::Severity::kHigh, api::FixState::kNone},
      {"CVE-2099-10003", api::Severity::kLow, api::FixState::kWillNotFix},
      {"CVE-2099-10004", api::Severity::kMedium, api::FixState::kWillNotFix},
      {"CVE-2099-10005", api::Severity::kUnknown, api::FixState::kUnknown},
      {"CVE-2099-10006", api::Severity::kLow, api::FixState::kWillNotFix},
      {"CVE-2099-10007", api::Severity::kHigh, api::FixState::kAvailable},
  }));
  CAPTURE(id);
  CHECK(FindingOf(report, id).severity == severity);
  CHECK(FindingOf(report, id).fix == fix);
}

TEST_CASE("The real Trivy's reports without findings are told apart: clean, partial, unscannable", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  CHECK(Decoded(laboratory.Scan("shop/web:1")).outcome == api::ScanOutcome::kComplete);
  CHECK(Decoded(laboratory.Scan("shop/app:1")).outcome == api::ScanOutcome::kComplete);
  CHECK(Decoded(laboratory.Scan("shop/notes:1")).outcome == api::ScanOutcome::kUnscannable);
  CHECK(Decoded(laboratory.Scan("shop/stripped:1")).outcome == api::ScanOutcome::kPartial);
  CHECK(Decoded(laboratory.Scan("shop/old:1")).outcome == api::ScanOutcome::kPartial);
  CHECK(Decoded(laboratory.Scan("shop/web:1", {"--pkg-types", "library"})).outcome == api::ScanOutcome::kPartial);
}

TEST_CASE("The real Trivy names the index of an image with several platforms", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const Report report = Decoded(laboratory.Scan("shop/multi:1", {"--platform", "linux/amd64"}));
  CHECK(Imported(report).spec.digest.text() == laboratory.DigestOf("shop/multi:1"));
  CHECK(laboratory.DigestOf("shop/multi:1") != laboratory.DigestOf("shop/web:1"));
}

TEST_CASE("The real Trivy's report on an SBOM has the same findings and needs the image named", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const Report report = Decoded(laboratory.ScanSbomOf("shop/api:1"));
  CHECK(report.findings.size() == 7);
  ImportOptions options;
  options.now = Now();
  CHECK_FALSE(ToImageScan(report, options));
  const std::string digest = laboratory.DigestOf("shop/api:1");
  CHECK(Imported(report, laboratory.Name("shop/api@" + digest)).spec.digest.text() == digest);
}

TEST_CASE("The real Trivy says with which layer a package came, whichever layer wrote the package database last", "[scanner]") {
  const Report report = Decoded(testing::Laboratory::Shared().Scan("shop/layered:1"));
  REQUIRE(report.image);
  CHECK(report.image->diff_ids.size() == 2);
  std::set<std::string> seen;
  for (const api::Finding& finding : report.findings) {
    const std::string package = finding.package.substr(0, finding.package.find('@'));
    const api::LayerRange expected = package == "pkg:deb/debian/libssl3" ? api::LayerRange{0, 0} : api::LayerRange{1, 1};
    INFO(finding.id << " " << finding.package);
    CHECK(finding.layer_range == expected);
    seen.insert(package);
  }
  CHECK(seen == std::set<std::string>{"pkg:deb/debian/libssl3", "pkg:deb/debian/zlib1g", "pkg:npm/left-pad"});
}
