#include "evidence/facts_size.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

TEST_CASE("whatever facts hold from outside counts for what they take", "[evidence]") {
  const std::string text(10'000, 'x');
  const policy::Doubt doubt{policy::ReasonWord::kImageMalformed, text};
  const Digest digest = *Digest::Parse(DigestText('a'));
  const auto platform = [&](policy::ImageConfiguration configuration) {
    return policy::PlatformManifest{digest, "linux/amd64", std::move(configuration)};
  };
  policy::ImageConfiguration of_user, of_layers, of_base;
  of_user.user = text;
  of_layers.diff_ids = std::vector(100, digest);  // more than 7,100 bytes of text, and 32 for each of them
  of_base.base_name = text;
  const std::pair<const char*, std::function<void(policy::TrustFacts&)>> members[] = {
      {"platform", [&](auto& facts) { facts.platforms.push_back({digest, text}); }},
      {"configuration.user", [&](auto& facts) { facts.platforms.push_back(platform(of_user)); }},
      {"configuration.diff_ids", [&](auto& facts) { facts.platforms.push_back(platform(of_layers)); }},
      {"configuration.base_name", [&](auto& facts) { facts.platforms.push_back(platform(of_base)); }},
      {"configuration doubt", [&](auto& facts) { facts.platforms.push_back({digest, "", std::unexpected(doubt)}); }},
      {"manifest_doubt", [&](auto& facts) { facts.manifest_doubt = doubt; }},
      {"failure", [&](auto& facts) { facts.failures.push_back({"", policy::Claim::kAny, std::nullopt, "", doubt}); }},
      {"failure.predicate_type", [&](auto& facts) { facts.failures.push_back({"", policy::Claim::kAny, std::nullopt, text, {}}); }},
      {"base_images.name", [&](auto& facts) { facts.base_images.push_back({text, digest, {}}); }},
      {"base_images.diff_ids", [&](auto& facts) { facts.base_images.push_back({"base", digest, of_layers.diff_ids}); }},
      {"base_doubt", [&](auto& facts) { facts.base_doubt = doubt; }},
  };
  const std::size_t empty = SizeInMemory({});
  CHECK(empty >= sizeof(policy::TrustFacts));
  for (const auto& [name, add] : members) {
    INFO(name);
    policy::TrustFacts facts;
    add(facts);
    CHECK(SizeInMemory(facts) > empty + 10'000);
    CHECK(SizeInMemory(facts) < empty + 20'000);
  }
}

TEST_CASE("a doubt about a tag counts by its text", "[evidence]") {
  CHECK(SizeOutside(std::unexpected(policy::Doubt{policy::ReasonWord::kImageAbsent, std::string(1000, 'x')})) >= 1000);
  CHECK(SizeOutside(policy::Resolution{*Digest::Parse(DigestText('a'))}) >= 71);
}

}  // namespace
}  // namespace hullwright::evidence
