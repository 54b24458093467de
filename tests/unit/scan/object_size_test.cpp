// However large or hostile reports are, the ImageScan made of them stays small: etcd takes 1.5 MiB, and its objects are read by everybody.
#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "api/object.h"
#include "base/rfc3339.h"
#include "scan/import.h"
#include "unit/scan/decoded.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

constexpr std::size_t kCap = 256u << 10;
constexpr int kScanners = 16;  // as many results as an ImageScan may have

// Another text for each number, of that length.
std::string Long(const std::string& prefix, int number, std::size_t bytes, char filling = 'x') {
  std::string text = fmt::format("{}{:06}", prefix, number);
  text.resize(bytes, filling);
  return text;
}

// Each text as long as it is read, and of what takes the most room in JSON.
json LongFinding(int number) {
  json finding = TrivyFinding(Long("CVE-2026-", number, 256));
  for (int i = 0; i < 64; ++i) finding["VendorIDs"].push_back(Long("ALIAS-", i, 256));
  finding["PkgIdentifier"]["PURL"] = Long("pkg:deb/debian/", number, 1024, '"');
  finding["InstalledVersion"] = std::string(256, '\\');
  finding["FixedVersion"] = std::string(1024, '"');
  return finding;
}

json LongReport(int findings) {
  std::vector<json> list;
  for (int i = 0; i < findings; ++i) list.push_back(LongFinding(i));
  json report = TrivyReport(list);
  report["Trivy"]["Version"] = std::string(253, '"');
  json& metadata = report["Metadata"];
  metadata["OS"] = {{"Family", std::string(64, '"')}, {"Name", std::string(64, '"')}};
  metadata["ImageConfig"]["config"]["User"] = std::string(253, '"');
  metadata["DiffIDs"] = json::array();
  metadata["RepoDigests"] = json::array();
  for (int i = 0; i < 256; ++i) {
    metadata["DiffIDs"].push_back("sha512:" + Long("", i, 128, 'a'));
    metadata["RepoDigests"].push_back(Long("registry.example/r", i, 255, 'r') + "@" + kDigestA);
  }
  return report;
}

ImportOptions OptionsOfALongName() {
  ImportOptions options;
  options.imported_by = std::string(5000, '"');
  options.now = ParseRfc3339("2026-03-01T12:10:00Z").value();
  options.first_seen = options.now;
  return options;
}

api::ImageScan ScanOf(const Report& report) {
  auto scan = ToImageScan(report, OptionsOfALongName());
  INFO((scan ? "" : scan.error().message));
  REQUIRE(scan);
  return *scan;
}

// The same report as of another scanner, with findings of every kind that is counted apart.
api::ImageScan ScanBy(int scanner, Report report) {
  using api::FixState, api::Severity;
  report.scanner = Long("scanner-", scanner, 63, 's');
  report.outcome = api::ScanOutcome::kPartial;
  report.outcome_reason = std::string(1024, '"');
  report.findings.clear();
  for (const auto severity :
       {Severity::kUnknown, Severity::kNegligible, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    for (const auto fix : {FixState::kUnknown, FixState::kNone, FixState::kAvailable, FixState::kWillNotFix}) {
      api::Finding finding;
      finding.id = Long("CVE-2026-", scanner * 100 + static_cast<int>(report.findings.size()), 256);
      finding.package = std::string(1024, '"');
      finding.severity = severity;
      finding.fix = fix;
      finding.scanners = {report.scanner};
      report.findings.push_back(std::move(finding));
    }
  }
  return ScanOf(report);
}

// As it is sent to the API server.
std::size_t SentBytes(const api::ImageScan& scan) {
  return api::EncodeLine(api::Object(scan)).size();
}

void CheckReadBack(const api::ImageScan& scan) {
  const std::string text = api::EncodeJson(scan);
  JsonReader reader;
  const auto object = api::DecodeObject(reader.Read(text).value());
  INFO((object ? "" : object.error().message));
  CHECK(object.has_value());
}

std::int64_t AllFindings(const api::ImageScan& scan) {
  return static_cast<std::int64_t>(scan.status.findings.size()) + scan.status.truncated_findings;
}

}  // namespace

TEST_CASE("A report in which every text is as long as it may be gives an object of at most 256 KiB", "[scan]") {
  const api::ImageScan scan = ScanOf(Decoded(LongReport(100)));
  CHECK(api::EncodeJson(scan).size() <= kCap);
  CHECK(SentBytes(scan) <= kCap);
  CHECK(scan.status.findings.size() > 0);
  CHECK(scan.status.truncated_findings > 0);
  CHECK(AllFindings(scan) == 100);
  CheckReadBack(scan);
}

TEST_CASE("Reports of very many findings give an object of at most 256 KiB, alone and merged", "[scan]") {
  constexpr int kFindings = 20'000;
  std::vector<json> of_trivy, of_grype;
  for (int i = 0; i < kFindings; ++i) {
    of_trivy.push_back(TrivyFinding(fmt::format("CVE-2026-{}", 100'000 + i)));
    of_grype.push_back(GrypeMatch(fmt::format("CVE-2025-{}", 100'000 + i)));
  }
  json grype_report = GrypeReport(of_grype);
  grype_report["source"]["target"]["repoDigests"] = json::array({"registry.example/shop/api@" + kDigestA});
  const api::ImageScan trivy = ScanOf(Decoded(TrivyReport(of_trivy))), grype = ScanOf(Decoded(grype_report));
  const auto merged = Merge(trivy, grype, kCap);
  REQUIRE(merged);
  for (const api::ImageScan* scan : {&trivy, &grype, &*merged}) {
    CHECK(SentBytes(*scan) <= kCap);
    CHECK(scan->status.truncated_findings > 0);
    CheckReadBack(*scan);
  }
  CHECK(AllFindings(trivy) == kFindings);
  CHECK(AllFindings(*merged) == 2 * kFindings);
}

TEST_CASE("As many scanners as an ImageScan may have give an object of at most 256 KiB, and one more is refused", "[scan]") {
  const Report report = Decoded(LongReport(0));
  api::ImageScan scan = ScanBy(0, report);
  for (int i = 0; i < 256; ++i) scan.status.index_digests.push_back(Digest::Parse("sha512:" + Long("", i, 128, 'b')).value());
  for (int scanner = 1; scanner < kScanners; ++scanner) {
    auto merged = Merge(scan, ScanBy(scanner, report), kCap);
    REQUIRE(merged);
    scan = std::move(*merged);
  }
  CHECK(scan.status.results.size() == kScanners);
  CHECK(SentBytes(scan) <= kCap);
  CheckReadBack(scan);

  const auto one_more = Merge(scan, ScanBy(kScanners, report), kCap);
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().code == ErrorCode::kTooLarge);
  CHECK(Merge(scan, ScanBy(3, report), kCap));  // in place of its own
}
