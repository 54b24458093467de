#include "scan/clocks.h"

#include <catch2/catch.hpp>

#include "base/rfc3339.h"

namespace hullwright::scan {
namespace {

using std::chrono::hours;

const Time kNow = *ParseRfc3339("2026-03-01T12:00:00Z");
const std::string kApi = "registry.example/shop/api", kWeb = "registry.example/shop/web";

api::Finding FindingOf(std::string id, api::FixState fix = api::FixState::kNone) {
  api::Finding finding;
  finding.id = std::move(id);
  finding.package = "pkg:deb/debian/openssl@3.0.11-1?arch=amd64";
  finding.version = "3.0.11-1";
  finding.fix = fix;
  return finding;
}

api::ImageScan ScanOf(std::vector<api::Finding> findings, std::vector<std::string> repositories = {kApi}) {
  api::ImageScan scan{.metadata = {}, .spec = {.digest = *Digest::Parse("sha256:" + std::string(64, 'a')), .platform = {}}, .status = {}};
  scan.status.repositories = std::move(repositories);
  scan.status.findings = std::move(findings);
  return scan;
}

api::Finding SeenBefore(api::Finding finding, int hours_ago) {
  finding.first_seen = kNow - hours(hours_ago);
  return finding;
}

// The times that a new finding gets after the earlier scan.
api::Finding After(const api::ImageScan& earlier, api::Finding finding) {
  Clocks clocks({kApi}, kNow);
  clocks.Learn(earlier);
  api::ImageScan scan = ScanOf({std::move(finding)});
  clocks.Set(scan);
  return scan.status.findings.front();
}

}  // namespace

TEST_CASE("a finding that nobody knew is first seen now, its fix only when there is one", "[scan]") {
  const api::Finding unfixed = After(ScanOf({}), FindingOf("CVE-1"));
  CHECK(unfixed.first_seen == kNow);
  CHECK_FALSE(unfixed.fix_first_seen);
  CHECK(After(ScanOf({}), FindingOf("CVE-1", api::FixState::kAvailable)).fix_first_seen == kNow);
}

TEST_CASE("a single finding is learnt as one of a scan is", "[scan]") {
  Clocks clocks({kApi}, kNow);
  clocks.Learn(SeenBefore(FindingOf("cve-1"), 100));
  clocks.Learn(SeenBefore(FindingOf("CVE-2"), -5));
  api::ImageScan scan = ScanOf({FindingOf("CVE-1"), FindingOf("CVE-2")});
  clocks.Set(scan);
  CHECK(scan.status.findings[0].first_seen == kNow - hours(100));
  CHECK(scan.status.findings[1].first_seen == kNow);
}

TEST_CASE("a finding of an earlier digest keeps its time, whatever its version, qualifiers and spelling", "[scan]") {
  const api::ImageScan earlier = ScanOf({SeenBefore(FindingOf("CVE-1"), 100)});
  api::Finding rebuilt = FindingOf("cve-1");
  rebuilt.package = "pkg:deb/debian/openssl@3.0.12-1?arch=arm64&distro=debian-12";
  rebuilt.version = "3.0.12-1";
  CHECK(After(earlier, rebuilt).first_seen == kNow - hours(100));
}

TEST_CASE("a fix is first seen when it becomes available, not when the vulnerability was", "[scan]") {
  const api::ImageScan earlier = ScanOf({SeenBefore(FindingOf("CVE-1"), 100)});
  const api::Finding fixed = After(earlier, FindingOf("CVE-1", api::FixState::kAvailable));
  CHECK(fixed.first_seen == kNow - hours(100));
  CHECK(fixed.fix_first_seen == kNow);

  api::Finding known = SeenBefore(FindingOf("CVE-1", api::FixState::kAvailable), 100);
  known.fix_first_seen = kNow - hours(50);
  CHECK(After(ScanOf({known}), FindingOf("CVE-1", api::FixState::kAvailable)).fix_first_seen == kNow - hours(50));
}

TEST_CASE("what one scanner calls by another name is the same vulnerability", "[scan]") {
  api::Finding advisory = SeenBefore(FindingOf("GHSA-aaaa"), 100);
  advisory.aliases = {"CVE-1"};
  CHECK(After(ScanOf({advisory}), FindingOf("CVE-1")).first_seen == kNow - hours(100));
  api::Finding with_alias = FindingOf("CVE-2");
  with_alias.aliases = {"GHSA-aaaa"};
  CHECK(After(ScanOf({advisory}), with_alias).first_seen == kNow - hours(100));
}

TEST_CASE("a scanner that knows no package URLs means the package of that name", "[scan]") {
  api::Finding bare = FindingOf("CVE-1");
  bare.package = "openssl";
  CHECK(After(ScanOf({SeenBefore(bare, 100)}), FindingOf("CVE-1")).first_seen == kNow - hours(100));
  CHECK(After(ScanOf({SeenBefore(FindingOf("CVE-1"), 100)}), bare).first_seen == kNow - hours(100));
}

TEST_CASE("clocks belong to a repository and a package", "[scan]") {
  const api::Finding before = SeenBefore(FindingOf("CVE-1"), 100);
  CHECK(After(ScanOf({before}, {kWeb}), FindingOf("CVE-1")).first_seen == kNow);
  CHECK(After(ScanOf({before}, {kWeb, kApi}), FindingOf("CVE-1")).first_seen == kNow - hours(100));
  CHECK(After(ScanOf({before}, {}), FindingOf("CVE-1")).first_seen == kNow);
  api::Finding elsewhere = FindingOf("CVE-1");
  elsewhere.package = "pkg:deb/debian/openssl-dev@3.0.11-1";
  CHECK(After(ScanOf({before}), elsewhere).first_seen == kNow);
}

TEST_CASE("of several times the earliest counts, and one that is yet to come does not", "[scan]") {
  Clocks clocks({kApi}, kNow);
  for (const int ago : {10, 100, 50, -5}) clocks.Learn(ScanOf({SeenBefore(FindingOf("CVE-1"), ago)}));
  clocks.Learn(ScanOf({SeenBefore(FindingOf("CVE-2"), -5)}));
  api::ImageScan scan = ScanOf({FindingOf("CVE-1"), FindingOf("CVE-2"), SeenBefore(FindingOf("CVE-1"), 200)});
  clocks.Set(scan);
  CHECK(scan.status.findings[0].first_seen == kNow - hours(100));
  CHECK(scan.status.findings[1].first_seen == kNow);
  CHECK(scan.status.findings[2].first_seen == kNow - hours(200));
}

TEST_CASE("it is known when no other scan has to be asked", "[scan]") {
  Clocks clocks({kApi}, kNow);
  CHECK(clocks.KnowAllOf(ScanOf({})));
  CHECK_FALSE(clocks.KnowAllOf(ScanOf({FindingOf("CVE-1")})));
  clocks.Learn(ScanOf({SeenBefore(FindingOf("CVE-1"), 1), FindingOf("CVE-2")}));
  CHECK(clocks.KnowAllOf(ScanOf({FindingOf("CVE-1")})));
  CHECK_FALSE(clocks.KnowAllOf(ScanOf({FindingOf("CVE-1", api::FixState::kAvailable)})));
  CHECK_FALSE(clocks.KnowAllOf(ScanOf({FindingOf("CVE-2")})));
}

}  // namespace hullwright::scan
