#include "evidence/remembering_registry.h"

#include <catch2/catch.hpp>

#include "registry/content_digest.h"
#include "support/memory_registry.h"
#include "support/temporary_directory.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

using namespace std::chrono_literals;
using registry::Outcome;
using registry::Why;
using testing::ManifestParts;

const std::string kRepository = "registry.example/app";
const registry::RepositoryName kName{"registry.example", "app"};

struct World {
  testing::TemporaryDirectory folder;
  testing::SetClock clock;
  testing::MemoryRegistry registry;
  std::unique_ptr<store::ByteCache> cache = *store::ByteCache::Open({.path = (folder.path() / "cache.db").string()}, clock);
  Digest image = Push(registry, kRepository, {.layers = {{"application/x", "layer"}}}, "1");

  // Of a process that has just started: nothing but the store is left.
  RememberingRegistry Fresh(Freshness freshness = {1h, 24h}) {
    cache->Flush();
    return {registry, cache.get(), clock, freshness};
  }
  registry::Call Call(std::shared_ptr<const registry::Keyring> keyring = {}) const {
    return {.deadline = std::chrono::steady_clock::now() + 10s, .keyring = std::move(keyring)};
  }
  void Stop() { registry.Fail(registry::Problem{Why::kUnavailable, "stopped"}); }
};

registry::Descriptor LayerOf(const registry::Document& document) {
  return document.manifest()->layers.at(0);
}

TEST_CASE("what was fetched by digest is not asked for again, also after a restart", "[evidence]") {
  World world;
  for (int round = 0; round < 2; ++round) {
    auto registry = world.Fresh();
    const auto manifest = registry.Manifest(kName, world.image, world.Call());
    REQUIRE(manifest);
    const auto layer = registry.Blob(kName, LayerOf(**manifest), world.Call(), 1000);
    REQUIRE(layer);
    CHECK(**layer == "layer");
    CHECK_FALSE(registry.oldest());
  }
  CHECK(world.registry.CallCount() == 2);
}

TEST_CASE("bytes of the store that are not those of the digest are fetched anew", "[evidence]") {
  World world;
  const std::string wrong = R"({"schemaVersion":2})";
  world.cache->Put({store::EntryKind::kManifest, "", kRepository, world.image.text()}, std::string(registry::kOciManifest), wrong, 1h);
  const Digest layer = registry::DigestOf("layer");
  world.cache->Put({store::EntryKind::kBlob, "", kRepository, layer.text()}, "application/x", "other", 1h);
  auto registry = world.Fresh();
  const auto manifest = registry.Manifest(kName, world.image, world.Call());
  REQUIRE(manifest);
  const auto blob = registry.Blob(kName, LayerOf(**manifest), world.Call(), 1000);
  REQUIRE(blob);
  CHECK(**blob == "layer");
}

TEST_CASE("what the store gives counts for the bytes of an image as what the registry sends", "[evidence]") {
  World world;
  std::size_t size = 0;
  {
    auto registry = world.Fresh();
    const auto manifest = registry.Manifest(kName, world.image, world.Call());
    REQUIRE(manifest);
    REQUIRE(registry.Blob(kName, LayerOf(**manifest), world.Call(), 1000));
    size = (*manifest)->bytes->size();
  }
  auto registry = world.Fresh();
  registry::Call call = world.Call();
  call.budget = std::make_shared<http::BodyBudget>(size + 4);
  const auto manifest = registry.Manifest(kName, world.image, call);
  REQUIRE(manifest);
  const auto layer = registry.Blob(kName, LayerOf(**manifest), call, 1000);
  REQUIRE_FALSE(layer);
  CHECK(layer.error().why == Why::kBudget);
  CHECK(world.registry.CallCount() == 2);
}

TEST_CASE("a tag is remembered for as long as asked, then asked again", "[evidence]") {
  World world;
  REQUIRE(world.Fresh().Resolve(kName, "1", world.Call()));
  world.clock.MoveOn(59min);
  auto young = world.Fresh();
  REQUIRE(young.Resolve(kName, "1", world.Call()));
  CHECK(young.oldest() == world.clock.Now() - 59min);
  CHECK(world.registry.CallCount() == 1);
  world.clock.MoveOn(1min);
  auto old = world.Fresh();
  REQUIRE(old.Resolve(kName, "1", world.Call()));
  CHECK_FALSE(old.oldest());
  CHECK(world.registry.CallCount() == 2);
  REQUIRE(world.Fresh({0ms, 0ms}).Resolve(kName, "1", world.Call()));
  CHECK(world.registry.CallCount() == 3);
}

TEST_CASE("an answer stored in the future is not used: nobody knows how old it is", "[evidence]") {
  World world;
  REQUIRE(world.Fresh().Resolve(kName, "1", world.Call()));
  world.clock.MoveOn(-1s);
  REQUIRE(world.Fresh().Resolve(kName, "1", world.Call()));
  CHECK(world.registry.CallCount() == 2);
}

TEST_CASE("in an outage what is remembered counts for as long as allowed, and says so", "[evidence]") {
  World world;
  Push(world.registry, kRepository, {.artifact_type = "a/b", .subject = {{world.image, 100}}});
  auto before = world.Fresh();
  REQUIRE(before.Resolve(kName, "1", world.Call()));
  REQUIRE(before.Referrers(kName, world.image, "", world.Call()));
  world.Stop();
  world.clock.MoveOn(23h);
  auto within = world.Fresh();
  REQUIRE(within.Resolve(kName, "1", world.Call()));
  const auto listing = within.Referrers(kName, world.image, "", world.Call());
  REQUIRE(listing);
  CHECK(listing->entries.size() == 1);
  CHECK(within.in_outage());
  CHECK(within.oldest() == world.clock.Now() - 23h);
  world.clock.MoveOn(1h);
  auto beyond = world.Fresh();
  CHECK_FALSE(beyond.Resolve(kName, "1", world.Call()));
  CHECK_FALSE(beyond.Referrers(kName, world.image, "", world.Call()));
  CHECK_FALSE(beyond.in_outage());
}

TEST_CASE("a registry that says no is believed, whatever is remembered", "[evidence]") {
  World world;
  REQUIRE(world.Fresh().Resolve(kName, "1", world.Call()));
  world.clock.MoveOn(2h);
  world.registry.Fail(registry::Problem{Why::kDenied, "no"});
  const auto denied = world.Fresh().Resolve(kName, "1", world.Call());
  REQUIRE_FALSE(denied);
  CHECK(denied.error().outcome() == Outcome::kRefused);
  world.registry.Fail(registry::Problem{Why::kAbsent, "gone"});
  CHECK_FALSE(world.Fresh().Resolve(kName, "1", world.Call()));
  world.Stop();
  CHECK_FALSE(world.Fresh().Resolve(kName, "1", world.Call()));  // what is gone is forgotten
}

TEST_CASE("that there is none is kept for a short time only", "[evidence]") {
  World world;
  for (int round = 0; round < 2; ++round) {
    auto registry = world.Fresh();
    const auto absent = registry.Resolve(kName, "none", world.Call());
    REQUIRE_FALSE(absent);
    CHECK(absent.error().why == Why::kAbsent);
    const auto listing = registry.Referrers(kName, world.image, "", world.Call());
    REQUIRE(listing);
    CHECK(listing->entries.empty());
  }
  CHECK(world.registry.CallCount() == 2);
  world.clock.MoveOn(31s);
  auto later = world.Fresh();
  CHECK_FALSE(later.Resolve(kName, "none", world.Call()));
  REQUIRE(later.Referrers(kName, world.image, "", world.Call()));
  CHECK(world.registry.CallCount() == 4);
}

TEST_CASE("errors are never kept", "[evidence]") {
  World world;
  world.Stop();
  CHECK_FALSE(world.Fresh().Resolve(kName, "1", world.Call()));
  CHECK_FALSE(world.Fresh().Referrers(kName, world.image, "", world.Call()));
  world.registry.Fail(std::nullopt);
  CHECK(world.Fresh().Resolve(kName, "1", world.Call()));
  CHECK(world.Fresh().Referrers(kName, world.image, "", world.Call()));
}

TEST_CASE("what one set of credentials fetched is not told to holders of another", "[evidence]") {
  World world;
  auto keyring = std::make_shared<registry::Keyring>();
  keyring->Add(*registry::CredentialScope::Parse("registry.example"), {"user", "password", ""});
  auto registry = world.Fresh();
  REQUIRE(registry.Manifest(kName, world.image, world.Call(keyring)));
  world.registry.Fail(registry::Problem{Why::kDenied, "no"});
  CHECK(world.Fresh().Manifest(kName, world.image, world.Call(keyring)));
  CHECK_FALSE(world.Fresh().Manifest(kName, world.image, world.Call()));
}

TEST_CASE("without a store every question goes to the registry", "[evidence]") {
  World world;
  RememberingRegistry registry(world.registry, nullptr, world.clock, {1h, 24h});
  REQUIRE(registry.Resolve(kName, "1", world.Call()));
  REQUIRE(registry.Resolve(kName, "1", world.Call()));
  CHECK(world.registry.CallCount() == 2);
  world.Stop();
  CHECK_FALSE(registry.Resolve(kName, "1", world.Call()));
}

}  // namespace
}  // namespace hullwright::evidence
