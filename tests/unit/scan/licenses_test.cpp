#include "scan/licenses.h"

#include <catch2/catch.hpp>

#include "api/object.h"
#include "base/rfc3339.h"
#include "scan/import.h"
#include "unit/scan/decoded.h"
#include "unit/scan/report_builder.h"
#include "unit/scan/small_reports.h"

using namespace hullwright;
using namespace hullwright::scan;
using namespace hullwright::scan::test;

namespace {

// "MIT 2 left-pad right-pad" for each license.
std::vector<std::string> Told(const std::vector<api::LicenseUse>& licenses) {
  std::vector<std::string> told;
  for (const api::LicenseUse& use : licenses) {
    told.push_back(use.license + " " + std::to_string(use.count));
    for (const std::string& package : use.packages) told.back() += " " + package;
  }
  return told;
}

json Licensed(const std::string& name, const std::vector<std::string>& licenses) {
  return {{"Name", name}, {"Licenses", licenses}};
}

json TrivyWith(const std::vector<json>& packages) {
  json report = TrivyReport();
  report["Results"][0]["Packages"] = packages;
  return report;
}

api::ImageScan ScanOf(const json& report) {
  ImportOptions options;
  options.now = *ParseRfc3339("2026-03-01T12:10:00Z");
  options.image = *ImageReference::Parse("registry.example/shop/api@" + kDigestA);
  auto scan = ToImageScan(Decoded(report), options);
  INFO((scan ? "" : scan.error().message));
  REQUIRE(scan);
  return *scan;
}

}  // namespace

TEST_CASE("Trivy tells the licenses of each package, and which package has none", "[scan]") {
  const Report report =
      Decoded(TrivyWith({Licensed("b", {"MIT"}), Licensed("a", {"MIT", "ISC"}), Licensed("a", {"MIT"}), {{"Name", "c"}}}));
  CHECK(Told(report.licenses) == std::vector<std::string>{"ISC 1 a", "MIT 2 a b", "NOASSERTION 1 c"});
  CHECK(report.truncated_licenses == 0);
}

TEST_CASE("A Trivy report that tells the license of no package says nothing about licenses", "[scan]") {
  CHECK(Decoded(TrivyReport()).licenses.empty());
  CHECK(Decoded(TrivyWith({Licensed("a", {"UNKNOWN"}), Licensed("b", {""}), Licensed("c", {})})).licenses.empty());
}

TEST_CASE("What Trivy found when asked to look for licenses is told beside the packages' own", "[scan]") {
  json report = TrivyWith({Licensed("a", {"MIT"})});
  report["Results"].push_back(
      {{"Target", "OS Packages"}, {"Class", "license"}, {"Licenses", json::array({{{"PkgName", "a"}, {"Name", "MIT"}}})}});
  report["Results"].push_back(
      {{"Class", "license-file"}, {"Licenses", json::array({{{"FilePath", "app/COPYING"}, {"Name", "AGPL-3.0"}}})}});
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"AGPL-3.0 1 app/COPYING", "MIT 1 a"});
  // Without the list of packages nobody knows which have no license.
  report["Results"][0].erase("Packages");
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"AGPL-3.0 1 app/COPYING", "MIT 1 a", "NOASSERTION 1 (not named)"});
}

TEST_CASE("A result that lists no packages leaves licenses untold, whatever another one lists", "[scan]") {
  json report = TrivyWith({Licensed("a", {"MIT"})});
  report["Results"].push_back({{"Target", "Node.js"}, {"Class", "lang-pkgs"}, {"Type", "node-pkg"}});
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"MIT 1 a", "NOASSERTION 1 (not named)"});
  report["Results"][1]["Packages"] = json::array();
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"MIT 1 a"});
}

TEST_CASE("A license's text is no name of one", "[scan]") {
  const std::string text =
      GENERATE(std::string(257, 'x'), std::string("Permission is hereby\ngranted"), std::string("  "), std::string("none"));
  const Report report = Decoded(TrivyWith({Licensed("a", {"MIT"}), Licensed("b", {text})}));
  CHECK(Told(report.licenses) == std::vector<std::string>{"MIT 1 a", "NOASSERTION 1 b"});
}

TEST_CASE("CycloneDX tells licenses as expression, id or name, of components inside others too", "[scan]") {
  json report = CycloneDxReport();
  CHECK(Decoded(report).licenses.empty());
  report["components"][1]["licenses"] = json::array({{{"license", {{"id", "MIT"}}}}, {{"license", {{"name", "Our own"}}}}});
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"MIT 1 libssl3", "NOASSERTION 1 inner", "Our own 1 libssl3"});
  report["components"][1]["components"][0]["licenses"] = json::array({{{"expression", "MIT OR ISC"}}});
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"MIT 1 libssl3", "MIT OR ISC 1 inner", "Our own 1 libssl3"});
  report["components"][1]["licenses"] = json::array({{{"license", {{"url", "https://license.example"}}}}});
  CHECK(Told(Decoded(report).licenses) == std::vector<std::string>{"MIT OR ISC 1 inner", "NOASSERTION 1 libssl3"});
}

TEST_CASE("Licenses of a wrong type are refused with their place", "[scan]") {
  json report = TrivyReport();
  report["Results"][0]["Packages"][0]["Licenses"] = json::array({"MIT", 7});
  CheckRefusedAt(report, "Results[0].Packages[0].Licenses[1]");
  report = CycloneDxReport();
  report["components"][1]["licenses"] = json::array({{{"license", "MIT"}}});
  CheckRefusedAt(report, "components[1].licenses[0].license");
}

TEST_CASE("Licenses are named with a few packages, and those beyond the list of a result are counted", "[scan]") {
  const ReportLimits limits{};
  LicenseSet set(limits);
  for (int i = 0; i < 1000; ++i) set.Add("L-" + std::to_string(i), "p");
  for (int i = 0; i < 10; ++i) set.Add("A", "p" + std::to_string(i));
  Report report;
  set.MoveTo(report);
  CHECK(Told(report.licenses).front() == "A 10 p0 p1 p2");
  CHECK(report.licenses.size() == 256);
  CHECK(report.truncated_licenses == 745);
}

TEST_CASE("Licenses take an eighth of an ImageScan at most, and what is cut is counted", "[scan]") {
  std::vector<json> packages;
  for (int i = 0; i < 200; ++i) packages.push_back(Licensed("p" + std::to_string(i), {"L-" + std::string(200, '"') + std::to_string(i)}));
  const api::ImageScan scan = ScanOf(TrivyWith(packages));
  const api::ScanResult& result = scan.status.results.front();
  CHECK(result.licenses.size() > 50);
  CHECK(result.truncated_licenses > 0);
  CHECK(static_cast<std::int64_t>(result.licenses.size()) + result.truncated_licenses == 200);
  CHECK(api::EncodeJson(scan).size() < (36u << 10));
}

TEST_CASE("Where room is short the result with the most licenses loses some", "[scan]") {
  std::vector<api::ScanResult> results(2);
  for (const char letter : {'a', 'b', 'c'}) results[0].licenses.push_back({std::string(200, letter), 1, {"p"}});
  results[1].licenses.push_back({"MIT", 1, {"p"}});
  FitLicenses(results, 800);
  CHECK(results[0].licenses.size() == 2);
  CHECK(results[0].truncated_licenses == 1);
  CHECK(results[1].licenses.size() == 1);
  FitLicenses(results, 0);
  CHECK(results[0].licenses.empty());
  CHECK(results[1].truncated_licenses == 1);
}

TEST_CASE("Packages beyond those that are kept cut the licenses", "[scan]") {
  const ReportLimits limits{.max_packages = 2};
  LicenseSet set(limits);
  for (const std::string name : {"a", "b", "c"}) set.Add("MIT", name);
  Report report;
  set.MoveTo(report);
  CHECK(Told(report.licenses) == std::vector<std::string>{"MIT 2 a b"});
  CHECK(report.truncated_licenses == 1);
}

TEST_CASE("An import keeps licenses with its scanner's result, in an object that reads back", "[scan]") {
  const api::ImageScan scan = ScanOf(TrivyWith({Licensed("a", {"MIT"}), Licensed("b", {"AGPL-3.0-only"})}));
  REQUIRE(scan.status.results.size() == 1);
  CHECK(Told(scan.status.results.front().licenses) == std::vector<std::string>{"AGPL-3.0-only 1 b", "MIT 1 a"});
  JsonReader reader;
  const std::string text = api::EncodeJson(scan);
  const auto object = api::DecodeObject(reader.Read(text).value());
  INFO((object ? "" : object.error().message));
  REQUIRE(object);
  CHECK(Told(std::get<api::ImageScan>(*object).status.results.front().licenses) == Told(scan.status.results.front().licenses));
}

TEST_CASE("A merge keeps what each scanner tells of licenses, and replaces what the same scanner told", "[scan]") {
  const api::ImageScan first = ScanOf(TrivyWith({Licensed("a", {"AGPL-3.0-only"})}));
  const auto both = Merge(first, ScanOf(GrypeReport()), 256u << 10);
  REQUIRE(both);
  REQUIRE(both->status.results.size() == 2);
  CHECK(both->status.results[0].licenses.empty());  // grype's
  CHECK(Told(both->status.results[1].licenses) == std::vector<std::string>{"AGPL-3.0-only 1 a"});
  const auto again = Merge(*both, ScanOf(TrivyWith({Licensed("a", {"MIT"})})), 256u << 10);
  REQUIRE(again);
  CHECK(Told(again->status.results[1].licenses) == std::vector<std::string>{"MIT 1 a"});
}
