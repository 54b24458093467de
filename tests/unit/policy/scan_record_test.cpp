#include "policy/scan_record.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <limits>

#include "api/object.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::Finding;
using samples::Scan;

TEST_CASE("a record gives back what the scan said", "[policy]") {
  api::Finding full = Finding("CVE-2024-0001", api::Severity::kHigh, api::FixState::kAvailable);
  full.aliases = {"GHSA-aaaa", "SNYK-1"};
  full.fixed_in = "3.0.13-1";
  full.cvss = *Decimal::Parse("7.5");
  full.layer = api::Layer::kBase;
  full.layer_range = api::LayerRange{2, 5};
  full.scanners = {"trivy", "grype"};
  full.published = samples::kNow - std::chrono::hours(3);
  full.first_seen = samples::kNow - std::chrono::hours(2);
  full.fix_first_seen = samples::kNow - std::chrono::hours(1);
  api::Finding bare = Finding("", api::Severity::kUnknown);
  bare.package = bare.version = "";
  bare.scanners.clear();
  api::ImageScan scan = Scan('1', {full, bare});
  scan.spec.platform = api::Platform{"linux", "arm", "v7"};
  scan.status.index_digests = {samples::DigestOf('9')};
  scan.status.counts = {{api::Severity::kHigh, api::FixState::kAvailable, api::Layer::kBase, 3}};
  scan.status.truncated_findings = 2;
  scan.status.package_count = 142;
  scan.status.image = api::ImageFacts{samples::kNow, "65532", 1024, 3, {samples::DigestOf('3'), samples::DigestOf('4')}};

  const ScanRecord record(scan);
  CHECK(record.digest() == samples::DigestOf('1'));
  CHECK(record.platform() == "linux/arm/v7");
  CHECK(record.index_digests() == scan.status.index_digests);
  CHECK(record.results().size() == 1);
  CHECK(record.counts().front().count == 3);
  CHECK(record.truncated_findings() == 2);
  CHECK(record.package_count() == 142);
  CHECK(record.image().size_bytes == 1024);
  CHECK(record.image().created == samples::kNow);
  CHECK(record.image().diff_ids == scan.status.image->diff_ids);
  REQUIRE(record.size() == 2);

  const FindingView first = record.Finding(0);
  CHECK(first.id == "CVE-2024-0001");
  CHECK(first.package == full.package);
  CHECK(first.version == "3.0.11-1");
  CHECK(first.fixed_in == "3.0.13-1");
  CHECK(first.severity == api::Severity::kHigh);
  CHECK(first.fix == api::FixState::kAvailable);
  CHECK(first.layer == api::Layer::kBase);
  REQUIRE(first.layers.has_value());
  CHECK(first.layers->first == 2);
  CHECK(first.layers->last == 5);
  CHECK(first.cvss == full.cvss);
  CHECK(first.times.Published() == full.published);
  CHECK(first.times.FirstSeen() == full.first_seen);
  CHECK(first.times.FixFirstSeen() == full.fix_first_seen);

  const FindingView second = record.Finding(1);
  CHECK(second.id.empty());
  CHECK(second.package.empty());
  CHECK_FALSE(second.cvss.has_value());
  CHECK_FALSE(second.layers.has_value());
  CHECK_FALSE(second.times.Published().has_value());
  CHECK_FALSE(second.times.FirstSeen().has_value());
  CHECK_FALSE(second.times.FixFirstSeen().has_value());
}

TEST_CASE("the scan that a record is made of can be written again, and gives the same record", "[policy]") {
  api::Finding full = Finding("CVE-2024-0001", api::Severity::kHigh, api::FixState::kAvailable);
  full.aliases = {"GHSA-aaaa", "SNYK-1"};
  full.cvss = *Decimal::Parse("7.5");
  full.layer = api::Layer::kApplication;
  full.layer_range = api::LayerRange{1, 2};
  full.scanners = {"trivy", "grype"};
  full.first_seen = samples::kNow - std::chrono::hours(2);
  api::ImageScan scan = Scan('1', {full, Finding("CVE-2024-0002", api::Severity::kUnknown)});
  scan.status.index_digests = {samples::DigestOf('9')};
  scan.status.counts = {{api::Severity::kHigh, api::FixState::kAvailable, api::Layer::kBase, 3}};
  scan.status.truncated_findings = 2;
  scan.status.secrets = 4;
  scan.status.package_count = 88;
  scan.status.results.front().licenses = {{"GPL-2.0-only", 2, {"apt", "dpkg"}}};
  scan.status.results.front().truncated_licenses = 1;
  scan.status.image.emplace();
  scan.status.image->user = "65532";
  scan.status.image->diff_ids = {samples::DigestOf('a'), samples::DigestOf('b'), samples::DigestOf('c')};
  for (const auto& platform : {std::optional<api::Platform>(), std::optional(api::Platform{"linux", "arm64", ""}),
                               std::optional(api::Platform{"linux", "arm", "v7"})}) {
    for (const auto& os : {std::optional<api::OperatingSystem>(), std::optional(api::OperatingSystem{"debian", "11.9", true}),
                           std::optional(api::OperatingSystem{"red hat", "9", std::nullopt})}) {
      scan.spec.platform = platform;
      scan.status.os = os;
      const ScanRecord record(scan);
      const std::string line = api::EncodeLine(ToImageScan(record));
      JsonReader reader;
      const auto decoded = api::DecodeObject(*reader.Read(line));
      INFO(line << (decoded ? "" : decoded.error().message));
      REQUIRE(decoded.has_value());
      const ScanRecord again(std::get<api::ImageScan>(*decoded));
      CHECK(again.digest() == record.digest());
      CHECK(again.platform() == record.platform());
      CHECK(again.operating_system() == record.operating_system());
      CHECK(again.end_of_life() == record.end_of_life());
      CHECK(again.secrets() == record.secrets());
      CHECK(again.index_digests() == record.index_digests());
      CHECK(again.truncated_findings() == 2);
      REQUIRE(again.size() == 2);
      CHECK(again.Finding(0).Aliases() == record.Finding(0).Aliases());
      CHECK(again.Finding(0).SeenBy("grype"));
      CHECK(again.Finding(0).cvss == record.Finding(0).cvss);
      CHECK(again.Finding(0).times.FirstSeen() == full.first_seen);
      REQUIRE(again.Finding(0).layers.has_value());
      CHECK(again.Finding(0).layers->first == 1);
      CHECK(again.Finding(0).layers->last == 2);
      CHECK_FALSE(again.Finding(1).layers.has_value());
      CHECK(again.package_count() == 88);
      REQUIRE(again.results().front().licenses.size() == 1);
      CHECK(again.results().front().licenses.front().packages == std::vector<std::string>{"apt", "dpkg"});
      CHECK(again.results().front().truncated_licenses == 1);
      CHECK(again.image().user == "65532");
      CHECK(again.image().diff_ids == record.image().diff_ids);
      CHECK(api::EncodeLine(ToImageScan(again)) == line);
    }
  }
}

TEST_CASE("a time that does not fit is known all the same", "[policy]") {
  api::Finding finding = Finding("CVE-1", api::Severity::kLow);
  finding.published = *ParseRfc3339("1965-01-01T00:00:00Z");
  finding.first_seen = *ParseRfc3339("2500-01-01T00:00:00Z");
  const ScanRecord record(Scan('1', {finding}));
  CHECK(record.Finding(0).times.Published() < *ParseRfc3339("1970-01-02T00:00:00Z"));
  CHECK(record.Finding(0).times.FirstSeen() > *ParseRfc3339("2106-01-01T00:00:00Z"));
}

TEST_CASE("a range of layers in the wrong order spans the same layers, and one beyond all bounds stays beyond", "[policy]") {
  api::Finding swapped = Finding("CVE-1", api::Severity::kLow);
  swapped.layer_range = api::LayerRange{5, 2};
  api::Finding huge = Finding("CVE-2", api::Severity::kLow);
  huge.layer_range = api::LayerRange{-1, std::numeric_limits<std::int64_t>::max()};
  const ScanRecord record(Scan('1', {swapped, huge}));
  CHECK(record.Finding(0).layers->first == 2);
  CHECK(record.Finding(0).layers->last == 5);
  CHECK(record.Finding(1).layers->first == 0);
  CHECK(record.Finding(1).layers->last == 65'535);
}

TEST_CASE("a score of zero is a score", "[policy]") {
  api::Finding finding = Finding("CVE-1", api::Severity::kLow);
  finding.cvss = Decimal();
  CHECK(ScanRecord(Scan('1', {finding})).Finding(0).cvss == Decimal());
}

TEST_CASE("a finding answers to its id and its aliases, whole and without regard to case", "[policy]") {
  api::Finding finding = Finding("CVE-2024-0001", api::Severity::kHigh);
  finding.aliases = {"GHSA-aaaa-bbbb", "SNYK-1"};
  const ScanRecord record(Scan('1', {finding}));
  const FindingView view = record.Finding(0);
  CHECK(view.HasName("cve-2024-0001"));
  CHECK(view.HasName("ghsa-AAAA-bbbb"));
  CHECK(view.HasName("SNYK-1"));
  CHECK_FALSE(view.HasName("CVE-2024-000"));
  CHECK_FALSE(view.HasName("CVE-2024-00011"));
  CHECK_FALSE(view.HasName("GHSA-aaaa-bbbb\nSNYK-1"));
  CHECK_FALSE(view.HasName(""));
}

TEST_CASE("a finding is seen by the scanners it names, and by each when it names none", "[policy]") {
  api::Finding named = Finding("CVE-1", api::Severity::kHigh);
  named.scanners = {"trivy", "grype"};
  api::Finding unnamed = named;
  unnamed.scanners.clear();
  const ScanRecord record(Scan('1', {named, unnamed}));
  CHECK(record.Finding(0).SeenBy("grype"));
  CHECK_FALSE(record.Finding(0).SeenBy("gry"));
  CHECK_FALSE(record.Finding(0).SeenBy("Trivy"));
  CHECK(record.Finding(1).SeenBy("anything"));
}

// The figure that 10,000 scans of 40 findings in 128 MiB rests on.
TEST_CASE("a finding of usual size takes at most 150 bytes", "[policy]") {
  std::vector<api::Finding> findings;
  for (int i = 0; i < 40; ++i) {
    api::Finding finding = Finding(fmt::format("CVE-2024-{:05d}", i), api::Severity::kHigh, api::FixState::kAvailable);
    finding.package = fmt::format("pkg:deb/debian/package-{}@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.7", i / 2);
    finding.fixed_in = fmt::format("3.0.{}-1", i);
    findings.push_back(finding);
  }
  const ScanRecord record(Scan('1', findings));
  CHECK(record.finding_bytes() / record.size() <= 150);
}

}  // namespace
}  // namespace hullwright::policy
