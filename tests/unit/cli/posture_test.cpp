#include "cli/posture.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "unit/policy/samples.h"

namespace hullwright::cli {
namespace {

using api::FixState;
using api::Severity;
using policy::ScanRecord;
using policy::samples::kNow;
using policy::samples::Scan;
using std::chrono::hours;

const Range kUnknown;

api::Finding FindingIn(const std::string& id, const std::string& package, Severity severity = Severity::kHigh,
                       FixState fix = FixState::kNone) {
  api::Finding finding = policy::samples::Finding(id, severity, fix);
  finding.package = "pkg:deb/debian/" + package + "@1";
  finding.version = "1";
  return finding;
}

std::vector<api::Finding> Many(std::size_t count, Severity severity) {
  std::vector<api::Finding> findings;
  for (std::size_t i = 0; i < count; ++i) findings.push_back(FindingIn("CVE-" + std::to_string(i), "glibc", severity));
  return findings;
}

const PostureCounts& Of(const Posture& posture, Severity severity) {
  const auto place = std::ranges::find(kPostureSeverities, severity) - kPostureSeverities.begin();
  return posture.by_severity[static_cast<std::size_t>(place)];
}

Posture Single(const api::ImageScan& scan, const Accepted* accepted = nullptr) {
  const ScanRecord record(scan);
  return ComputePosture({.image = &record, .accepted = accepted, .now = kNow});
}

Posture Compared(const api::ImageScan& image, const api::ImageScan& original) {
  const ScanRecord of_image(image), of_original(original);
  return ComputePosture({.image = &of_image, .compared = true, .original = &of_original, .now = kNow});
}

// Cut to its first `kept` findings, as an import does it.
api::ImageScan Cut(api::ImageScan scan, std::size_t kept, bool counted = true) {
  std::map<Severity, std::int64_t> counts;
  for (const api::Finding& finding : scan.status.findings) ++counts[finding.severity];
  if (counted)
    for (const auto& [severity, count] : counts) scan.status.counts.push_back({severity, FixState::kNone, api::Layer::kUnknown, count});
  scan.status.truncated_findings = static_cast<std::int64_t>(scan.status.findings.size() - kept);
  scan.status.findings.resize(kept);
  return scan;
}

}  // namespace

TEST_CASE("ranges add up, and one that has no end makes the sum endless", "[cli]") {
  Range sum = Range::Exactly(2);
  sum += Range{1, 3};
  CHECK(sum == Range{3, 5});
  sum += Range{1, std::nullopt};
  CHECK(sum == Range{4, std::nullopt});
  CHECK(kUnknown.unknown());
  CHECK_FALSE(Range::Exactly(0).unknown());
  CHECK(Range::Exactly(0).exact());
  CHECK_FALSE(Range{0, 1}.exact());
}

TEST_CASE("one image is counted by severity and by what has a fix", "[cli]") {
  const Posture posture = Single(Scan('1', {FindingIn("CVE-1", "a", Severity::kCritical, FixState::kAvailable),
                                            FindingIn("CVE-2", "a", Severity::kCritical, FixState::kWillNotFix),
                                            FindingIn("CVE-3", "a", Severity::kLow, FixState::kNone)}));
  CHECK(Of(posture, Severity::kCritical).found == Range::Exactly(2));
  CHECK(Of(posture, Severity::kCritical).fixable == Range::Exactly(1));
  CHECK(Of(posture, Severity::kHigh).found == Range::Exactly(0));
  CHECK(posture.all.found == Range::Exactly(3));
  CHECK(posture.all.original == kUnknown);
  CHECK(posture.all.accepted == kUnknown);
}

TEST_CASE("whether there is a fix is a range where a scanner does not say", "[cli]") {
  const Posture posture = Single(Scan(
      '1', {FindingIn("CVE-1", "a", Severity::kHigh, FixState::kAvailable), FindingIn("CVE-2", "a", Severity::kHigh, FixState::kUnknown)}));
  CHECK(posture.all.fixable == Range{1, 2});
}

TEST_CASE("what a scan cannot tell is never none", "[cli]") {
  CHECK(ComputePosture({.now = kNow}).all.found == kUnknown);
  api::ImageScan nobody = Scan('1');
  nobody.status.results.clear();
  CHECK(Single(nobody).all.found == kUnknown);
  for (const auto outcome : {api::ScanOutcome::kPartial, api::ScanOutcome::kUnscannable, api::ScanOutcome::kFailed}) {
    api::ImageScan scan = Scan('1');
    scan.status.results[0].outcome = outcome;
    CHECK(Single(scan).all.found == kUnknown);
    scan.status.findings = {FindingIn("CVE-1", "a")};
    CHECK(Single(scan).all.found == Range{1, std::nullopt});
  }
  api::ImageScan future = Scan('1');
  future.status.results[0].scanned_at = kNow + hours(2);
  CHECK(Single(future).all.found == kUnknown);
}

TEST_CASE("findings that were cut are counted where the scan has counted them", "[cli]") {
  std::vector<api::Finding> findings = Many(3, Severity::kHigh);
  for (api::Finding& low : Many(4, Severity::kLow)) findings.push_back(std::move(low));
  const Posture counted = Single(Cut(Scan('1', findings), 5));
  CHECK(Of(counted, Severity::kHigh).found == Range::Exactly(3));
  CHECK(Of(counted, Severity::kLow).found == Range::Exactly(4));
  const Posture uncounted = Single(Cut(Scan('1', findings), 5, false));
  CHECK(Of(uncounted, Severity::kHigh).found == Range{3, std::nullopt});
  CHECK(Of(uncounted, Severity::kCritical).found == kUnknown);
}

TEST_CASE("what two scanners had cut may be counted twice", "[cli]") {
  api::ImageScan scan = Cut(Scan('1', Many(4, Severity::kLow)), 3);
  scan.status.results.push_back(scan.status.results.front());
  scan.status.results.back().scanner_ref.name = "grype";
  CHECK(Of(Single(scan), Severity::kLow).found == Range{3, 4});
}

TEST_CASE("each finding of the original remains or is removed, and each other one of the image is added", "[cli]") {
  const auto original = Scan('1', {FindingIn("CVE-1", "openssl"), FindingIn("CVE-2", "zlib"), FindingIn("CVE-3", "bash", Severity::kLow)});
  auto updated = FindingIn("CVE-1", "openssl");
  updated.version = "2";  // updated, and still vulnerable
  updated.package = "pkg:deb/debian/openssl@2?arch=amd64";
  const auto image = Scan('2', {updated, FindingIn("CVE-9", "busybox", Severity::kCritical)});
  const Posture posture = Compared(image, original);
  CHECK(posture.obstacles.empty());
  CHECK(posture.all.original == Range::Exactly(3));
  CHECK(posture.all.remaining == Range::Exactly(1));
  CHECK(posture.all.removed == Range::Exactly(2));
  CHECK(posture.all.found == Range::Exactly(2));
  CHECK(posture.all.added == Range::Exactly(1));
  CHECK(Of(posture, Severity::kHigh).removed == Range::Exactly(1));
  CHECK(Of(posture, Severity::kLow).removed == Range::Exactly(1));
  CHECK(Of(posture, Severity::kCritical).added == Range::Exactly(1));
  CHECK(posture.added == std::vector<bool>{false, true});
  CHECK(posture.removed == std::vector<bool>{false, true, true});
}

TEST_CASE("nothing is surely removed by a scan that did not see everything", "[cli]") {
  const auto original = Scan('1', {FindingIn("CVE-1", "openssl"), FindingIn("CVE-2", "zlib")});
  auto image = Scan('2', {FindingIn("CVE-1", "openssl")});
  image.status.results[0].outcome = api::ScanOutcome::kPartial;
  const Posture posture = Compared(image, original);
  CHECK(posture.all.removed == Range{0, 1});
  CHECK(posture.all.remaining == Range{1, 2});
  CHECK_FALSE(posture.obstacles.empty());

  const Posture missing = [&] {
    const ScanRecord record(original);
    return ComputePosture({.compared = true, .original = &record, .now = kNow});
  }();
  CHECK(missing.all.original == Range::Exactly(2));
  CHECK(missing.all.removed == kUnknown);
  CHECK(missing.all.remaining == kUnknown);
}

TEST_CASE("nothing is surely new beside an original whose findings were cut, and severities that are whole stay exact", "[cli]") {
  std::vector<api::Finding> findings = {FindingIn("CVE-A", "openssl", Severity::kCritical)};
  for (api::Finding& low : Many(4, Severity::kLow)) findings.push_back(std::move(low));
  const auto image = Scan('2', {FindingIn("CVE-X", "curl", Severity::kCritical)});
  const Posture posture = Compared(image, Cut(Scan('1', findings), 3));
  CHECK(Of(posture, Severity::kCritical).original == Range::Exactly(1));
  CHECK(Of(posture, Severity::kCritical).removed == Range::Exactly(1));
  CHECK(Of(posture, Severity::kCritical).added == Range{0, 1});
  CHECK(Of(posture, Severity::kHigh).added == Range::Exactly(0));
  CHECK(Of(posture, Severity::kLow).original == Range::Exactly(4));
  CHECK(Of(posture, Severity::kLow).removed == Range{2, std::nullopt});
}

TEST_CASE("scans of other scanners or of other days are not held against each other", "[cli]") {
  const auto original = Scan('1', {FindingIn("CVE-1", "openssl")});
  auto by_other = Scan('2');
  by_other.status.results[0].scanner_ref.name = "grype";
  auto older = Scan('2');
  older.status.results[0].database_updated_at = *original.status.results[0].database_updated_at - kSameKnowledge - hours(1);
  auto newer_scan = Scan('2');
  newer_scan.status.results[0].database_updated_at.reset();
  newer_scan.status.results[0].scanned_at = *original.status.results[0].scanned_at - hours(60);
  auto undated = Scan('2');
  undated.status.results[0].database_updated_at.reset();
  undated.status.results[0].scanned_at.reset();
  for (const auto* image : {&by_other, &older, &newer_scan, &undated}) {
    const Posture posture = Compared(*image, original);
    CHECK(posture.obstacles.size() == 1);
    CHECK(posture.all.removed == Range{0, 1});
    CHECK(posture.all.remaining == Range{0, 1});
  }
  auto same_day = Scan('2');
  same_day.status.results[0].database_updated_at = *original.status.results[0].database_updated_at - kSameKnowledge;
  CHECK(Compared(same_day, original).all.removed == Range::Exactly(1));
}

TEST_CASE("accepted findings stay found", "[cli]") {
  const auto scan = Scan('1', {FindingIn("CVE-1", "a", Severity::kCritical), FindingIn("CVE-2", "a", Severity::kLow)});
  Accepted accepted;
  accepted[0] = policy::Waived{"VulnerabilityException/shop/a", "", "", "CVE-1", "", ""};
  const Posture posture = Single(scan, &accepted);
  CHECK(Of(posture, Severity::kCritical).found == Range::Exactly(1));
  CHECK(Of(posture, Severity::kCritical).accepted == Range::Exactly(1));
  CHECK(Of(posture, Severity::kLow).accepted == Range::Exactly(0));
  const Posture cut = Single(Cut(scan, 1), &accepted);
  CHECK(Of(cut, Severity::kLow).accepted == kUnknown);
}

}  // namespace hullwright::cli
