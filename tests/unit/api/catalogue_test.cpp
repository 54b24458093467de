// What is shipped as YAML: the catalogue of publishers and the samples.
#include <filesystem>
#include <fstream>
#include <set>

#include "support/paths.h"
#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

const std::string kFolder = testing::SourcePath("charts/hullwright/");

struct Shipped {
  std::string file;
  Json json;
  Object object;
};

std::vector<Shipped> Read(const std::string& folder) {
  std::vector<Shipped> all;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + folder)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    const auto documents = ReadYaml(std::string{std::istreambuf_iterator<char>(file), {}});
    INFO(entry.path().filename());
    REQUIRE(documents.has_value());
    for (const YamlDocument& document : *documents) {
      const Json json = Json::parse(document.json);
      auto object = Decode(json);
      INFO((object ? "" : object.error().message));
      REQUIRE(object.has_value());
      all.push_back({entry.path().stem(), json, *std::move(object)});
    }
  }
  return all;
}

void AddRefs(const std::vector<NameRef>& refs, std::set<std::string>& names) {
  for (const NameRef& ref : refs) names.insert(ref.name);
}

std::set<std::string> PublishersNamed(const ImageAdmissionPolicy& policy) {
  std::set<std::string> names;
  if (policy.spec.rules.publishers) AddRefs(policy.spec.rules.publishers->refs, names);
  for (const AttestationRule& rule : policy.spec.rules.attestations) AddRefs(rule.publisher_refs, names);
  return names;
}

}  // namespace

TEST_CASE("every publisher of the catalogue decodes and says from where and when it was taken, and what is said there", "[api]") {
  const auto publishers = Read("publishers");
  CHECK(publishers.size() >= 7);
  for (const Shipped& shipped : publishers) {
    INFO(shipped.file);
    REQUIRE(std::holds_alternative<TrustedPublisher>(shipped.object));
    CHECK(std::get<TrustedPublisher>(shipped.object).metadata.name == shipped.file);
    const Json& annotations = shipped.json.at("metadata").at("annotations");
    CHECK(annotations.at("hullwright.dev/source").get<std::string>().starts_with("https://"));
    CHECK(annotations.at("hullwright.dev/read-on").get<std::string>().size() == std::string_view("2026-11-21").size());
    CHECK_FALSE(annotations.at("hullwright.dev/proof").get<std::string>().empty());
  }
}

TEST_CASE("every sample decodes, denies nothing by itself and names publishers that are shipped", "[api]") {
  const auto samples = Read("samples");
  CHECK(samples.size() >= 15);
  std::set<std::string> known;
  for (const auto& shipped : Read("publishers")) known.insert(std::get<TrustedPublisher>(shipped.object).metadata.name);
  for (const auto& shipped : samples)
    if (const auto* publisher = std::get_if<TrustedPublisher>(&shipped.object)) known.insert(publisher->metadata.name);
  for (const Shipped& shipped : samples) {
    const auto* policy = std::get_if<ImageAdmissionPolicy>(&shipped.object);
    if (policy == nullptr) continue;
    INFO(shipped.file << " " << policy->metadata.name);
    CHECK(policy->spec.enforcement.new_images == Enforcement::kAudit);
    for (const std::string& name : PublishersNamed(*policy)) {
      INFO(name);
      CHECK(known.contains(name));
    }
  }
}

}  // namespace hullwright::api
