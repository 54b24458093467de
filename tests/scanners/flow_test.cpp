// The whole way of an image on real parts: the real Trivy, the real Grype, or both, on databases that learn, `hullctl scan import`,
// `hullctl check`. What must come out of each step stands in flow.yaml, and is the same whoever looked.
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "base/rfc3339.h"
#include "base/yaml.h"
#include "scanners/laboratory.h"
#include "support/paths.h"

using namespace hullwright;

namespace {

using nlohmann::json;
using Names = std::set<std::string>;

const std::string kImage = "shop/ledger:1";

class Flow {
 public:
  explicit Flow(const json& policy) {
    std::filesystem::create_directory(Policies());
    std::filesystem::create_directory(Scans());
    files_.Write("policies/policy.json", policy.dump());
    files_.Write("pod.json", json{{"apiVersion", "v1"},
                                  {"kind", "Pod"},
                                  {"metadata", {{"name", "ledger"}, {"namespace", "shop"}}},
                                  {"spec", {{"containers", {{{"name", "ledger"}, {"image", Reference()}}}}}}}
                                 .dump());
  }

  // "25h" after the beginning.
  std::string At(const std::string& text) const { return FormatRfc3339(start_ + std::chrono::hours(std::stoi(text))); }

  void Import(const std::string& scanner, const std::string& stage, const std::string& at) {
    const std::string text = scanner == "grype" ? laboratory_.ScanWithGrype(kImage, stage) : laboratory_.Scan(kImage, {}, stage);
    const std::string report = files_.Write("report.json", text);
    const auto result = testing::Run(testing::ProgramPath("hullctl"), {"scan", "import", "--report", report, "--to", Scans(), "--now", at});
    INFO(result.err);
    REQUIRE(result.exit == 0);
  }

  // The status of the one ImageScan.
  json Status() const {
    std::filesystem::directory_iterator entry(Scans());
    return json::parse(ReadRegularFile(entry->path().string(), 1u << 20).value()).at("status");
  }

  // What is decided about the Pod's image.
  json Check(const std::string& at) const {
    const auto result = testing::Run(testing::ProgramPath("hullctl"), {"check", "-f", (files_.path() / "pod.json").string(), "--policies",
                                                                       Policies(), "--scans", Scans(), "--now", at, "-o", "json"});
    INFO(result.err);
    REQUIRE(result.exit <= 2);
    return json::parse(result.out).at("objects").at(0);
  }

 private:
  std::string Policies() const { return (files_.path() / "policies").string(); }
  std::string Scans() const { return (files_.path() / "scans").string(); }
  std::string Reference() const {
    const std::string name = laboratory_.Name(kImage);
    return name.substr(0, name.rfind(':')) + "@" + laboratory_.DigestOf(kImage);
  }

  testing::Laboratory& laboratory_ = testing::Laboratory::Shared();
  testing::TemporaryDirectory files_;
  const Time start_ = std::chrono::floor<std::chrono::seconds>(SystemClock().Now());
};

json ReadFlow() {
  const std::string text = ReadRegularFile(testing::SourcePath("tests/scanners/flow.yaml"), 1u << 20).value();
  return json::parse(ReadYaml(text).value().at(0).json);
}

// What flow.yaml says of the findings after a step, with its hours as times.
json Expected(json findings, const Flow& flow) {
  for (json& finding : findings)
    for (const char* clock : {"firstSeen", "fixFirstSeen"})
      if (finding.contains(clock)) finding[clock] = flow.At(finding[clock]);
  return findings;
}

// As flow.yaml writes them.
json FindingsOf(const json& status) {
  json findings = json::object();
  for (const json& finding : status.at("findings")) {
    json& told = findings[finding.at("id").get<std::string>()];
    for (const char* member : {"severity", "fix", "firstSeen", "fixFirstSeen"})
      if (finding.contains(member)) told[member] = finding.at(member);
  }
  return findings;
}

// One finding, however many saw it: each of them is its witness, and the scan has the result of each.
void CheckWitnesses(const json& status, const Names& scanners) {
  CHECK(status.at("results").size() == scanners.size());
  for (const json& finding : status.at("findings")) {
    INFO(finding);
    CHECK(finding.at("scanners").get<Names>() == scanners);
  }
}

json CountsOf(const json& status) {
  json counts = json::object();
  for (const json& count : status.at("counts")) {
    const std::string key = count.at("severity").get<std::string>() + "/" + count.at("fix").get<std::string>();
    counts[key] = counts.value(key, 0) + count.at("count").get<int>();
  }
  return counts;
}

json ReasonsOf(const json& image) {
  json reasons = json::object();
  for (const json& reason : image.at("reasons")) {
    json& ids = reasons[reason.at("reason").get<std::string>()];
    if (ids.is_null()) ids = json::array();
    for (const json& finding : reason.value("findings", json::array())) ids.push_back(finding.at("id"));
  }
  return reasons;
}

json NoticesOf(const json& image) {
  json words = json::array();
  for (const json& notice : image.value("notices", json::array())) words.push_back(notice.at("notice"));
  return words;
}

}  // namespace

TEST_CASE("An image is judged by a real scanner's findings and our clocks, step by step as its database learns", "[scanner]") {
  const Names scanners = GENERATE(values<Names>({{"trivy"}, {"grype"}, {"grype", "trivy"}}));
  CAPTURE(scanners);
  const json expected = ReadFlow();
  Flow flow(expected.at("policy"));
  for (const json& step : expected.at("steps")) {
    INFO(step.at("name").get<std::string>());
    const std::string at = flow.At(step.at("at"));
    if (step.contains("scan")) {
      for (const std::string& scanner : scanners) flow.Import(scanner, step.at("scan"), at);
      const json status = flow.Status();
      CHECK(FindingsOf(status) == Expected(step.at("findings"), flow));
      CHECK(CountsOf(status) == step.at("counts"));
      CheckWitnesses(status, scanners);
    }
    const json object = flow.Check(at);
    const json& image = object.at("images").at(0);
    CHECK(object.at("allowed") == step.at("allowed"));
    CHECK(ReasonsOf(image) == step.value("reasons", json::object()));
    CHECK(NoticesOf(image) == step.value("notices", json::array()));
  }
}
