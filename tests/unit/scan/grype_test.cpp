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

api::Finding OnlyFinding(const json& match) {
  const Report report = Decoded(GrypeReport({match}));
  REQUIRE(report.findings.size() == 1);
  return report.findings.front();
}

json Score(double number, const std::string& type = "Primary", const std::string& version = "3.1") {
  return {{"type", type}, {"version", version}, {"metrics", {{"baseScore", number}}}};
}

}  // namespace

TEST_CASE("A Grype report says what it looked at and how old its database is", "[scan]") {
  const Report report = Decoded(GrypeReport());
  CHECK(report.scanner == "grype");
  CHECK(report.scanner_version == "0.94.0");
  CHECK(FormatRfc3339(report.scanned_at.value()) == "2026-03-01T12:00:00Z");
  CHECK(FormatRfc3339(report.database_updated_at.value()) == "2026-02-28T06:00:00Z");
  CHECK(report.from_image);
  CHECK(report.manifest_digest->text() == kDigestA);
  CHECK(report.repo_digests.at(0).digest->text() == kDigestB);
  CHECK(report.platform->os == "linux");
  CHECK(report.os->family == "debian");
  CHECK(report.image->size_bytes == 1000);
  CHECK(report.outcome == api::ScanOutcome::kComplete);
}

TEST_CASE("The date of Grype's database is also found where older releases write it", "[scan]") {
  json report = GrypeReport();
  report["descriptor"]["db"] = {{"built", "2026-01-01T00:00:00Z"}, {"schemaVersion", 5}};
  CHECK(FormatRfc3339(Decoded(report).database_updated_at.value()) == "2026-01-01T00:00:00Z");
}

TEST_CASE("Each of Grype's fix states is read, and the empty one means not known", "[scan]") {
  const auto [state, fix] = GENERATE(table<std::string, api::FixState>({{"fixed", api::FixState::kAvailable},
                                                                        {"not-fixed", api::FixState::kNone},
                                                                        {"wont-fix", api::FixState::kWillNotFix},
                                                                        {"unknown", api::FixState::kUnknown},
                                                                        {"", api::FixState::kUnknown}}));
  CAPTURE(state);
  json match = GrypeMatch("CVE-2026-1");
  match["vulnerability"]["fix"]["state"] = state;
  CHECK(OnlyFinding(match).fix == fix);
}

TEST_CASE("Fixed versions make a fix available and are listed", "[scan]") {
  json match = GrypeMatch("CVE-2026-1");
  match["vulnerability"]["fix"]["versions"] = json::array({"1.2.3", "2.0.1"});
  CHECK(OnlyFinding(match).fix == api::FixState::kAvailable);
  CHECK(OnlyFinding(match).fixed_in == "1.2.3, 2.0.1");
}

TEST_CASE("Related vulnerabilities are other names, but not the vulnerability's own", "[scan]") {
  json match = GrypeMatch("GHSA-jfh8-c2jp-5v3q");
  match["relatedVulnerabilities"] = json::array({{{"id", "CVE-2021-44228"}}, {{"id", "GHSA-jfh8-c2jp-5v3q"}}, {{"id", "CVE-2021-44228"}}});
  CHECK(OnlyFinding(match).aliases == std::vector<std::string>{"CVE-2021-44228"});
}

TEST_CASE("The primary score is taken before others, the newer scale before the older, then the higher; never CVSS v2", "[scan]") {
  const auto score = [](const std::vector<json>& own, const std::vector<json>& related = {}) {
    json match = GrypeMatch("CVE-2026-1");
    match["vulnerability"]["cvss"] = json(own);
    match["relatedVulnerabilities"] = json::array({{{"id", "CVE-2026-1"}, {"cvss", json(related)}}});
    const auto finding = OnlyFinding(match);
    return finding.cvss ? finding.cvss->ToString() : "none";
  };
  CHECK(score({Score(7.5), Score(9.8, "Secondary")}) == "7.5");
  CHECK(score({Score(7.5), Score(8.8)}) == "8.8");
  CHECK(score({Score(9.8), Score(8.7, "Primary", "4.0")}) == "8.7");
  CHECK(score({Score(10, "Primary", "2.0")}) == "none");
  CHECK(score({Score(10, "Primary", "2.0")}, {Score(6.1)}) == "6.1");
  CHECK(score({Score(5.0, "Secondary")}, {Score(9.8)}) == "5.0");
  CHECK(score({Score(0)}) == "none");
}

TEST_CASE("A Grype report without matches is clean only where Grype could judge the image", "[scan]") {
  json report = GrypeReport();
  SECTION("no distribution either") {
    report["distro"] = {{"name", ""}, {"version", ""}, {"idLike", nullptr}};
    CHECK(Decoded(report).outcome == api::ScanOutcome::kUnscannable);
  }
  SECTION("findings filtered out") {
    report["descriptor"]["configuration"]["only-fixed"] = true;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("a filter by state") {
    report["descriptor"]["configuration"]["ignore-wontfix"] = "wont-fix";
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("a database that is not valid") {
    report["descriptor"]["db"]["status"]["valid"] = false;
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
  SECTION("a distribution past its end of life") {
    report["alertsByPackage"] =
        json::array({{{"package", json::object()}, {"alerts", json::array({{{"type", "distro-eol"}, {"message", "x"}}})}}});
    const Report decoded = Decoded(report);
    CHECK(decoded.os->end_of_life == true);
    CHECK(decoded.outcome == api::ScanOutcome::kPartial);
  }
  SECTION("a distribution without data") {
    report["matches"] = json::array({GrypeMatch("CVE-2026-1")});
    report["alertsByPackage"] = json::array({{{"package", json::object()}, {"alerts", json::array({{{"type", "distro-unknown"}}})}}});
    CHECK(Decoded(report).outcome == api::ScanOutcome::kPartial);
  }
}

TEST_CASE("What Grype was told to ignore is not counted", "[scan]") {
  json report = GrypeReport({GrypeMatch("CVE-2026-1")});
  report["ignoredMatches"] = json::array({GrypeMatch("CVE-2026-2")});
  CHECK(Decoded(report).findings.size() == 1);
}

TEST_CASE("A Grype report of something else than an image proves no digest", "[scan]") {
  json report = GrypeReport();
  report["source"] =
      GENERATE(json(nullptr), json({{"type", "sbom-file"}, {"target", "bom.json"}}), json({{"type", "directory"}, {"target", "/"}}));
  const Report decoded = Decoded(report);
  CHECK_FALSE(decoded.from_image);
  CHECK_FALSE(decoded.manifest_digest);
  CHECK(decoded.repo_digests.empty());
}

TEST_CASE("A broken Grype report is refused with the place of the mistake", "[scan]") {
  json report = GrypeReport({GrypeMatch("CVE-2026-1")});
  std::string place;
  SECTION("no id") {
    report["matches"][0]["vulnerability"].erase("id");
    place = "matches[0].vulnerability.id";
  }
  SECTION("no vulnerability") {
    report["matches"][0].erase("vulnerability");
    place = "matches[0].vulnerability.id";
  }
  SECTION("no matches") {
    report.erase("matches");
    place = "matches";
  }
  SECTION("a manifest digest that is none") {
    report["source"]["target"]["manifestDigest"] = "sha256:short";
    place = "source.target.manifestDigest";
  }
  SECTION("a timestamp that is none") {
    report["descriptor"]["timestamp"] = "now";
    place = "descriptor.timestamp";
  }
  const auto decoded = DecodeReport(report.dump());
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == ErrorCode::kInvalidInput);
  CAPTURE(decoded.error().message);
  CHECK(decoded.error().message.find(place) != std::string::npos);
}

TEST_CASE("The files that tell of a package say in which layers it is", "[scan]") {
  const std::string top = "sha256:" + std::string(64, 'c');
  const json layers = json::array({{{"digest", kDigestA}}, {{"digest", kDigestB}}, {{"digest", top}}});
  struct File {
    std::string path, layer;
  };
  const auto place = [&](const std::string& type, const std::vector<File>& files, const json& listed) {
    json match = GrypeMatch("CVE-2026-1");
    match["artifact"]["type"] = type;
    match["artifact"]["locations"] = json::array();
    for (const File& file : files) match["artifact"]["locations"].push_back({{"path", file.path}, {"layerID", file.layer}});
    json report = GrypeReport({match});
    report["source"]["target"]["layers"] = listed;
    return Decoded(report).findings.at(0).layer_range;
  };

  CHECK(place("npm", {{"/app/node_modules/x/package.json", top}}, layers) == api::LayerRange{2, 2});
  CHECK(place("npm", {{"/a/package.json", top}, {"/b/package.json", kDigestA}}, layers) == api::LayerRange{0, 2});
  CHECK_FALSE(place("npm", {{"/a/package.json", top}, {"/b/package.json", ""}}, layers));
  CHECK_FALSE(place("npm", {}, layers));
  CHECK_FALSE(place("npm", {{"/a/package.json", top}}, json::array({{{"digest", kDigestA}}, json::object()})));
  // A database of all packages is rewritten by whoever installs one more: the package came with that layer or one below.
  CHECK(place("apk", {{"/lib/apk/db/installed", kDigestB}}, layers) == api::LayerRange{0, 1});
  CHECK(place("apk", {{"/lib/apk/db/installed", kDigestA}}, layers) == api::LayerRange{0, 0});
  CHECK(place("rpm", {{"/var/lib/rpm/rpmdb.sqlite", top}}, layers) == api::LayerRange{0, 2});
  CHECK(place("deb", {{"/var/lib/dpkg/status", top}}, layers) == api::LayerRange{0, 2});
  // Debian's also have files of their own, and distroless images no other.
  CHECK(place("deb", {{"/var/lib/dpkg/status", top}, {"/var/lib/dpkg/info/libssl3.md5sums", kDigestB}}, layers) == api::LayerRange{1, 1});
  CHECK(place("deb", {{"/var/lib/dpkg/status.d/libssl3", kDigestB}}, layers) == api::LayerRange{1, 1});
}

TEST_CASE("A path of any length is no mistake of a Grype report", "[scan]") {
  json match = GrypeMatch("CVE-2026-1");
  match["artifact"]["locations"] = json::array({{{"path", "/" + std::string(5000, 'x')}, {"layerID", kDigestA}}});
  json report = GrypeReport({match});
  report["source"]["target"]["layers"] = json::array({{{"digest", kDigestA}}});
  CHECK(Decoded(report).findings.at(0).layer_range == api::LayerRange{0, 0});
  CHECK(Decoded(report).image->diff_ids.size() == 1);
}
