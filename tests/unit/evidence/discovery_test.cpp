#include "evidence/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "registry/content_digest.h"
#include "support/meeting.h"
#include "support/memory_registry.h"

namespace hullwright::evidence {
namespace {

using namespace std::chrono_literals;
using policy::ReasonWord;
using testing::ManifestParts;

const std::string kRepository = "registry.example/app";
const registry::RepositoryName kName{"registry.example", "app"};
constexpr Formats kAll{.cosign = true, .attestations = true, .notation = true};
const std::string kBundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
const std::string kNotationType = "application/vnd.cncf.notary.signature";
const std::string kSimple = "application/vnd.dev.cosign.simplesigning.v1+json";

struct World {
  testing::MemoryRegistry registry;
  WorkPool pool;
  Digest image = Push(registry, kRepository, {.layers = {{"application/x", "layer"}}}, "1");

  Digest Refer(ManifestParts parts) {
    parts.subject = {{image, 100}};
    return Push(registry, kRepository, parts);
  }
  std::string TagOf(const std::string& suffix) const { return fmt::format("sha256-{}{}", image.hex(), suffix); }
  Discovery Find(const Formats& formats = kAll) {
    return Discover(registry, kName, image, formats, {.deadline = std::chrono::steady_clock::now() + 10s}, pool);
  }
};

std::vector<std::pair<ClaimFormat, std::string>> Claims(const Discovery& found) {
  std::vector<std::pair<ClaimFormat, std::string>> claims;
  for (const FoundClaim& claim : found.claims) claims.emplace_back(claim.format, *claim.bytes);
  std::ranges::sort(claims);
  return claims;
}

TEST_CASE("claims of every layout are found, with their annotations", "[evidence]") {
  World world;
  world.Refer({.artifact_type = kBundle, .config_media_type = "application/vnd.oci.empty.v1+json", .layers = {{kBundle, "bundle"}}});
  world.Refer({.artifact_type = kNotationType, .layers = {{"application/jose+json", "jws"}}});
  world.Refer({.config_media_type = kNotationType, .layers = {{"application/cose", "cose"}}});
  Push(world.registry, kRepository, {.layers = {{kSimple, "one", {{"dev.cosignproject.cosign/signature", "c2ln"}}}, {kSimple, "two"}}},
       world.TagOf(".sig"));
  Push(world.registry, kRepository, {.layers = {{"application/vnd.dsse.envelope.v1+json", "att"}}}, world.TagOf(".att"));
  const Discovery found = world.Find();
  CHECK(found.doubts.empty());
  CHECK(Claims(found) == std::vector<std::pair<ClaimFormat, std::string>>{{ClaimFormat::kCosignSignature, "one"},
                                                                          {ClaimFormat::kCosignSignature, "two"},
                                                                          {ClaimFormat::kCosignAttestation, "att"},
                                                                          {ClaimFormat::kSigstoreBundle, "bundle"},
                                                                          {ClaimFormat::kNotationJws, "jws"},
                                                                          {ClaimFormat::kNotationCose, "cose"}});
  const auto one = std::ranges::find_if(found.claims, [](const FoundClaim& claim) { return *claim.bytes == "one"; });
  REQUIRE(registry::FindAnnotation(one->annotations, "dev.cosignproject.cosign/signature") != nullptr);
}

TEST_CASE("what needs no answer of the other is asked at the same time", "[evidence]") {
  World world;
  for (const char* bytes : {"one", "two"}) world.Refer({.artifact_type = kBundle, .layers = {{kBundle, bytes}}});
  testing::Meeting listings(3), manifests(2), blobs(2);  // referrers and both tags; then what was listed; then what that holds
  world.registry.OnCall([&](const std::string& what) {
    testing::Meeting& meeting = what.starts_with("manifest") ? manifests : what.starts_with("blob") ? blobs : listings;
    meeting.Attend();
  });
  CHECK(world.Find().claims.size() == 2);
  CHECK(listings.took_place());
  CHECK(manifests.took_place());
  CHECK(blobs.took_place());
}

TEST_CASE("a payload that several signatures share is fetched once", "[evidence]") {
  World world;
  Push(world.registry, kRepository, {.layers = {{kSimple, "same", {{"number", "1"}}}, {kSimple, "same", {{"number", "2"}}}}},
       world.TagOf(".sig"));
  const Discovery found = world.Find({.cosign = true});
  REQUIRE(found.claims.size() == 2);
  CHECK(found.claims[0].annotations != found.claims[1].annotations);
  CHECK(world.registry.Calls().at("blob " + registry::DigestOf("same").text()) == 1);
}

TEST_CASE("an image without anything beside it has no claims and no doubts", "[evidence]") {
  World world;
  const Discovery found = world.Find();
  CHECK(found.claims.empty());
  CHECK(found.doubts.empty());
  CHECK_FALSE(found.unreachable);
}

TEST_CASE("only what the authorities can judge is asked for", "[evidence]") {
  World world;
  world.Refer({.artifact_type = kBundle, .layers = {{kBundle, "bundle"}}});
  world.Refer({.artifact_type = kNotationType, .layers = {{"application/jose+json", "jws"}}});
  CHECK(world.Find({}).claims.empty());
  CHECK(world.registry.CallCount() == 0);
  CHECK(world.Find({.notation = true}).claims.size() == 1);
  CHECK(world.registry.CallCount() == 3);  // listing, manifest, blob
  CHECK(world.Find({.cosign = true}).claims.size() == 1);
  CHECK(world.registry.Calls().count("resolve registry.example/app:" + world.TagOf(".att")) == 0);
}

TEST_CASE("what refers to something else, or is something else, is no claim", "[evidence]") {
  World world;
  const Digest other = Push(world.registry, kRepository, {.layers = {{"application/x", "other"}}});
  Push(world.registry, kRepository, {.artifact_type = kBundle, .layers = {{kBundle, "bundle"}}, .subject = {{other, 100}}});
  world.Refer({.artifact_type = "application/spdx+json", .layers = {{kBundle, "hidden"}}});
  world.Refer({.artifact_type = kNotationType, .layers = {{kBundle, "neither"}}});
  world.Refer({.artifact_type = kBundle, .layers = {{"application/jose+json", "neither"}}});
  const Discovery found = world.Find();
  CHECK(found.claims.empty());
  CHECK(found.doubts.empty());
}

TEST_CASE("what cannot be looked at is a doubt, and one that may pass is marked", "[evidence]") {
  World world;
  world.registry.Fail(registry::Problem{registry::Why::kUnavailable, "stopped"});
  Discovery found = world.Find();
  REQUIRE(found.doubts.size() == 1);
  CHECK(found.doubts[0].word == ReasonWord::kRegistryUnreachable);
  CHECK(found.unreachable);
  world.registry.Fail(registry::Problem{registry::Why::kDenied, "no"});
  found = world.Find();
  CHECK(found.doubts.at(0).word == ReasonWord::kRegistryRefused);
  CHECK_FALSE(found.unreachable);
  // Whoever may push could fill a repository until the bytes run out: no outage, and no doubt that a policy might let pass.
  world.registry.Fail(registry::Problem{registry::Why::kBudget, "used up"});
  found = world.Find();
  CHECK(found.doubts.at(0).word == ReasonWord::kSignatureTooLarge);
  CHECK_FALSE(found.unreachable);
}

TEST_CASE("a flood of signatures is cut, and the cut is told", "[evidence]") {
  World world;
  ManifestParts flood;
  for (int i = 0; i < 100; ++i) flood.layers.push_back({kSimple, fmt::format("{}", i)});
  Push(world.registry, kRepository, flood, world.TagOf(".sig"));
  const Discovery by_tag = world.Find();
  CHECK(by_tag.claims.size() == kMaxClaims);
  CHECK(by_tag.doubts.at(0).word == ReasonWord::kTooManySignatures);
  World other;
  for (int i = 0; i < 100; ++i) other.Refer({.artifact_type = kBundle, .layers = {{kBundle, fmt::format("{}", i)}}});
  const Discovery by_referrers = other.Find();
  CHECK(by_referrers.claims.size() == kMaxClaims);
  CHECK(by_referrers.doubts.at(0).word == ReasonWord::kTooManySignatures);
  CHECK(other.registry.CallCount() < 200);
}

}  // namespace
}  // namespace hullwright::evidence
