// The real Grype, on images and a fixture database of its own, without any network but the loopback interface.
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "scan/package_name.h"
#include "scanners/decoded.h"
#include "scanners/laboratory.h"

using namespace hullwright;
using namespace hullwright::scan;
using testing::Decoded;
using testing::FindingOf;
using testing::Imported;

TEST_CASE("The real Grype's report of a vulnerable image is read fully and bound to its digest", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const std::string text = laboratory.ScanWithGrype("shop/api:1");
  const Report report = Decoded(text);
  CHECK(report.findings.size() == nlohmann::json::parse(text).at("matches").size());
  REQUIRE(report.findings.size() == 7);
  CHECK(report.scanner_version == "0.110.0");
  CHECK(report.outcome == api::ScanOutcome::kComplete);
  CHECK(report.os->family == "debian");
  const Time recently = SystemClock().Now() - std::chrono::minutes(10);
  CHECK(report.scanned_at > recently);
  CHECK(report.database_updated_at > recently);

  const auto& critical = report.findings.front();
  CHECK(critical.id == "CVE-2099-10001");
  CHECK(critical.version == "3.0.11-1~deb12u2");
  CHECK(critical.fixed_in == "3.0.15-1~deb12u1");

  const api::ImageScan scan = Imported(report);
  CHECK(scan.spec.digest.text() == laboratory.DigestOf("shop/api:1"));
  CHECK_FALSE(scan.spec.platform);  // it tells the platform of what it found through an index alone
  CHECK(scan.status.repositories == std::vector<std::string>{laboratory.Name("shop/api")});
}

TEST_CASE("The real Grype and the real Trivy, on databases of the same vulnerabilities, say the same of each", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const Report grype = Decoded(laboratory.ScanWithGrype("shop/api:1"));
  const Report trivy = Decoded(laboratory.Scan("shop/api:1"));
  CHECK(grype.findings.size() == trivy.findings.size());
  for (const api::Finding& finding : grype.findings) {
    INFO(finding.id);
    const api::Finding& other = FindingOf(trivy, finding.id);
    CHECK(WithoutQualifiers(finding.package) == WithoutQualifiers(other.package));
    CHECK(finding.version == other.version);
    CHECK(finding.severity == other.severity);
    CHECK(finding.cvss == other.cvss);
    CHECK(finding.fix == other.fix);
  }
}

TEST_CASE("The real Grype's report of an image named by its index is filed under the manifest, and knows the index", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  const api::ImageScan scan = Imported(Decoded(laboratory.ScanWithGrype("shop/multi:1")));
  CHECK(scan.spec.digest.text() == laboratory.DigestOf("shop/web:1"));
  REQUIRE(scan.status.index_digests.size() == 1);
  CHECK(scan.status.index_digests.front().text() == laboratory.DigestOf("shop/multi:1"));
  REQUIRE(scan.spec.platform);
  CHECK(scan.spec.platform->architecture == "amd64");
}

TEST_CASE("The real Grype's reports without findings are told apart as far as it lists no packages", "[scanner]") {
  auto& laboratory = testing::Laboratory::Shared();
  CHECK(Decoded(laboratory.ScanWithGrype("shop/web:1")).outcome == api::ScanOutcome::kComplete);
  CHECK(Decoded(laboratory.ScanWithGrype("shop/app:1")).outcome == api::ScanOutcome::kUnscannable);
  CHECK(Decoded(laboratory.ScanWithGrype("shop/notes:1")).outcome == api::ScanOutcome::kUnscannable);
  CHECK(Decoded(laboratory.ScanWithGrype("shop/old:1")).outcome == api::ScanOutcome::kPartial);
}

TEST_CASE("The real Grype says with which layers a package came, where one file tells of it alone", "[scanner]") {
  const Report report = Decoded(testing::Laboratory::Shared().ScanWithGrype("shop/layered:1"));
  REQUIRE(report.image);
  CHECK(report.image->diff_ids.size() == 2);
  for (const api::Finding& finding : report.findings) {
    INFO(finding.id << " " << finding.package);
    const bool alone = finding.package.starts_with("pkg:npm/left-pad");
    CHECK(finding.layer_range == (alone ? api::LayerRange{1, 1} : api::LayerRange{0, 1}));
  }
}
