#include "evidence/recorded_origin.h"

#include <catch2/catch.hpp>
#include <memory>

#include "evidence/recorded_facts.h"
#include "registry/manifest.h"
#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

policy::ImageConfiguration Largest() {
  policy::ImageConfiguration configuration;
  configuration.user = "65532:65532";
  configuration.size_bytes = static_cast<std::uint64_t>(registry::kMaxSize);
  configuration.layers = registry::kMaxLayers;
  configuration.diff_ids = std::vector(registry::kMaxLayers, *Digest::Parse(DigestText('c')));
  configuration.base_name = "registry.example/base:1";
  configuration.base_digest = *Digest::Parse(DigestText('d'));
  return configuration;
}

TEST_CASE("the largest image that is read is read again from the history as it was", "[evidence][history]") {
  const Digest digest = *Digest::Parse(DigestText('a'));
  policy::TrustFacts facts;
  facts.digest = digest;
  facts.platforms.push_back({digest, "linux/amd64", Largest()});
  const api::ImageUse use{api::ContainerType::kContainers, "app", "spec.containers[0].image", "registry.example/app@" + digest.text()};
  policy::ImageFacts image{use, ImageReference::Parse(use.reference), {}, {}, {}};
  image.trust = std::make_shared<const policy::TrustFacts>(std::move(facts));
  Basis basis;
  basis.images.push_back(std::move(image));

  const auto read = DecodeFacts(EncodeFacts(basis, {{}}));
  if (!read) FAIL(read.error().message);
  const auto& again = read->images.at(0).facts.trust;
  REQUIRE(again != nullptr);
  REQUIRE(again->platforms.size() == 1);
  CHECK(again->platforms[0].platform == "linux/amd64");
  REQUIRE(again->platforms[0].configuration.has_value());
  REQUIRE(again->platforms[0].configuration->has_value());
  const policy::ImageConfiguration& configuration = **again->platforms[0].configuration;
  const policy::ImageConfiguration wanted = Largest();
  CHECK(configuration.user == wanted.user);
  CHECK(configuration.size_bytes == 9'223'372'036'854'775'807u);
  CHECK(configuration.layers == wanted.layers);
  CHECK(configuration.diff_ids == wanted.diff_ids);
  CHECK(configuration.base_name == wanted.base_name);
  CHECK(configuration.base_digest == wanted.base_digest);
}

}  // namespace
}  // namespace hullwright::evidence
