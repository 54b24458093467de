#include "evidence/judge.h"

#include <catch2/catch.hpp>

#include "base/yaml.h"
#include "support/memory_registry.h"
#include "unit/evidence/fixtures.h"
#include "unit/evidence/memory_cluster.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

using policy::ReasonWord;

void PutPolicy(Catalogue& catalogue, const std::string& text) {
  const auto documents = ReadYaml(text);
  REQUIRE(documents);
  catalogue.Put({"ClusterImageAdmissionPolicy", "", "production"}, "test", Decode(documents->front().json));
  catalogue.Publish();
}

TEST_CASE("a namespace nobody told us of is unknown, not without labels", "[evidence]") {
  Catalogue catalogue;
  PutPolicy(catalogue, R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  match: {namespaceSelector: {matchLabels: {env: prod}}}
  enforcement: {newImages: Deny}
  rules: {reference: {digest: FromAuthor}}
)");
  CHECK(WordsOf(DecideOn(catalogue, "nginx")) == Words{ReasonWord::kNamespaceUnknown});
  api::Namespace shop;
  shop.metadata.name = "shop";
  catalogue.Put({"Namespace", "", "shop"}, "test", shop);
  catalogue.Publish();
  CHECK(DecideOn(catalogue, "nginx").allowed());
  shop.metadata.labels = {{"env", "prod"}};
  catalogue.Put({"Namespace", "", "shop"}, "test", shop);
  catalogue.Publish();
  CHECK(WordsOf(DecideOn(catalogue, "nginx")) == Words{ReasonWord::kDigestRequired});
}

TEST_CASE("an object with too many images is refused without looking at one of them", "[evidence]") {
  const Catalogue catalogue;
  Question question{policy::SubjectKind::kPod, "Pod shop/app", "shop", {}};
  for (int i = 0; i < 300; ++i) question.images.push_back({api::ContainerType::kContainers, "c", "spec", "nginx"});
  const AdmittedImages admitted;
  const auto decision = JudgeFromMemory({catalogue, admitted}, question, Time(), {policy::Unmatched::kAllow}).value();
  CHECK_FALSE(decision.allowed());
  CHECK(WordsOf(decision) == Words{ReasonWord::kTooManyImages});
}

TEST_CASE("images that hold more than a request may are refused, also where too little data only warns", "[evidence]") {
  testing::SetClock clock;
  testing::MemoryRegistry registry;
  testing::MemoryCluster cluster;
  Keyrings keyrings(cluster, clock);
  Catalogue catalogue;
  PutPolicy(catalogue, R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny, noData: Warn}
  rules: {image: {maxLayers: 60}}
)");
  const Digest image = Push(registry, "registry.example/app",
                            {.config = R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}})"});
  Question question{policy::SubjectKind::kPod, "Pod shop/app", "shop", {}};
  question.images.push_back({api::ContainerType::kContainers, "app", "spec", "registry.example/app@" + image.text()});
  const auto trust = std::make_shared<const TrustMaterial>();
  const AdmittedImages admitted;
  for (const bool fits : {true, false}) {
    GathererOptions options;
    if (!fits) options.max_request_bytes = 100;
    Gatherer gatherer({registry, nullptr, keyrings, [&] { return trust; }, clock}, options);
    const Sources sources{catalogue, admitted, &gatherer};
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const auto cold = Judge(sources, question, clock.Now(), {}, deadline);
    const auto warm = JudgeFromMemory(sources, question, clock.Now(), {});
    REQUIRE(warm);
    for (const policy::Decision& decision : {cold, *warm}) {
      CHECK(decision.allowed() == fits);
      CHECK(WordsOf(decision) == (fits ? Words{} : Words{ReasonWord::kTooManyImages}));
    }
  }
}

TEST_CASE("an image without a digest is judged without scans", "[evidence]") {
  Catalogue catalogue;
  PutPolicy(catalogue, PolicyText("production"));
  catalogue.Put(ScanKey('a'), "test", Decode(ScanText('a')));
  CHECK(DecideOnDigest(catalogue, 'a').outcome == policy::Outcome::kPass);
  CHECK_FALSE(DecideOn(catalogue, "registry.example/app:1").allowed());
}

}  // namespace
}  // namespace hullwright::evidence
