#include "evidence/gatherer.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include "support/cosign_signature.h"
#include "support/memory_registry.h"
#include "support/process.h"
#include "support/temporary_directory.h"
#include "unit/evidence/memory_cluster.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

using namespace std::chrono_literals;
using policy::ReasonWord;
using testing::MintedKey;

const std::string kRepository = "registry.example/app";

// A registry with one image, trusted keys, and a gatherer that can be started anew.
struct World {
  testing::TemporaryDirectory folder;
  testing::SetClock clock;
  testing::MemoryRegistry registry;
  testing::MemoryCluster cluster;
  MintedKey key{MintedKey::kP256};
  Digest image = Push(registry, kRepository, {.layers = {{"application/x", "layer"}}}, "1");
  std::shared_ptr<const TrustMaterial> trust = TrustIn({{"acme", {&key}}});
  std::unique_ptr<store::ByteCache> cache;
  std::unique_ptr<Keyrings> keyrings;
  std::unique_ptr<Gatherer> gatherer;

  explicit World(bool with_cache = true) {
    if (with_cache) cache = *store::ByteCache::Open({.path = (folder.path() / "cache.db").string()}, clock);
    Restart();
  }

  static std::shared_ptr<const TrustMaterial> TrustIn(const std::map<std::string, std::vector<const MintedKey*>>& publishers) {
    auto material = std::make_shared<TrustMaterial>();
    for (const auto& [name, keys] : publishers) material->publishers[name] = testing::TrustInKeys(name, keys);
    return material;
  }

  // Everything in memory is gone.
  void Restart() {
    gatherer.reset();
    if (cache) cache->Flush();
    keyrings = std::make_unique<Keyrings>(cluster, clock);
    gatherer = std::make_unique<Gatherer>(GathererSources{registry, cache.get(), *keyrings, [this] { return trust; }, clock});
  }

  void Sign() { SignByKeys(registry, kRepository, image, {&key}); }
  void Stop() { registry.Fail(registry::Problem{registry::Why::kUnavailable, "stopped"}); }

  ImageQuery ByTag() const { return Query(kRepository + ":1"); }
  ImageQuery ByDigest() const { return Query(kRepository + "@" + image.text()); }
  ImageQuery Query(const std::string& reference) const {
    ImageQuery query{*ImageReference::Parse(reference), {}, {"shop", "default", {}}};
    query.needs.resolution = !query.reference.digest;
    query.needs.publishers = {"acme"};
    return query;
  }

  Origin Get(const ImageQuery& query) { return gatherer->Gather(std::vector{query}, std::chrono::steady_clock::now() + 10s).at(0); }
  int Count(const std::string& what) {
    int count = 0;
    for (const auto& [call, times] : registry.Calls())
      if (call.starts_with(what)) count += times;
    return count;
  }
};

bool IsSigned(const Origin& origin) {
  return origin.trust != nullptr && !origin.trust->signatures.empty();
}

ReasonWord FirstFailure(const Origin& origin) {
  REQUIRE(origin.trust);
  REQUIRE_FALSE(origin.trust->failures.empty());
  return origin.trust->failures[0].doubt.word;
}

TEST_CASE("a tag is resolved and its signature verified; asked again, memory answers", "[evidence]") {
  World world;
  world.Sign();
  const Origin origin = world.Get(world.ByTag());
  REQUIRE(origin.resolution.has_value());
  REQUIRE(origin.resolution->has_value());
  CHECK((*origin.resolution)->digest == world.image);
  REQUIRE(IsSigned(origin));
  CHECK(origin.trust->signatures[0]->publisher == "acme");
  CHECK(origin.trust->signatures[0]->subject == world.image);
  CHECK(origin.trust->failures.empty());
  const int calls = world.registry.CallCount();
  CHECK(IsSigned(world.Get(world.ByTag())));
  CHECK(IsSigned(world.Get(world.ByDigest())));
  CHECK(world.registry.CallCount() == calls);
  CHECK(world.gatherer->Recall(world.ByTag()));
}

TEST_CASE("a signature vouches for no document that is not there", "[evidence]") {
  World world;
  const Digest absent = Digest::Parse("sha256:" + std::string(64, 'a')).value();
  SignByKeys(world.registry, kRepository, absent, {&world.key});
  const Origin origin = world.Get(world.Query(kRepository + "@" + absent.text()));
  CHECK_FALSE(IsSigned(origin));
  CHECK(FirstFailure(origin) == ReasonWord::kImageAbsent);
}

TEST_CASE("under an alias, the signed name is that of the publisher's own repository", "[evidence]") {
  World world;
  const std::string mirrored = "mirror.example/acme/app";
  const Digest image = Push(world.registry, mirrored, {.layers = {{"application/x", "layer"}}}, "1");
  const std::string signed_name = GENERATE(std::string("registry.example/app"), std::string("registry.example/other"));
  testing::ManifestParts signature;
  signature.layers.push_back(SignedLayer(world.key, testing::SimpleSigningPayload(image, signed_name)));
  Push(world.registry, mirrored, signature, fmt::format("sha256-{}.sig", image.hex()));
  auto acme = std::make_shared<PublisherTrust>(*testing::TrustInKeys("acme", {&world.key}));
  acme->repositories = {*ImagePattern::Parse("registry.example/app")};
  acme->aliases = {*ImagePattern::Parse("mirror.example/acme/**")};
  auto material = std::make_shared<TrustMaterial>();
  material->publishers["acme"] = acme;
  world.trust = material;
  const Origin origin = world.Get(world.Query(mirrored + ":1"));
  if (signed_name == "registry.example/app") {
    CHECK(IsSigned(origin));
  } else {
    CHECK_FALSE(IsSigned(origin));
    CHECK(FirstFailure(origin) == ReasonWord::kSubjectMismatch);
  }
}

TEST_CASE("what asks for nothing touches no registry and no pull secret", "[evidence]") {
  World world;
  ImageQuery query = world.ByTag();
  query.needs = {};
  const auto origin = world.gatherer->Recall(query);
  REQUIRE(origin);
  CHECK_FALSE(origin->resolution.has_value());
  CHECK(origin->trust == nullptr);
  CHECK(world.registry.CallCount() == 0);
  CHECK(world.cluster.calls == 0);
}

TEST_CASE("a hundred requests at once for one cold image are one resolution and one fetch of each thing", "[evidence]") {
  World world(GENERATE(true, false));
  world.Sign();
  std::latch ready(100);
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      ImageQuery query = world.ByTag();
      query.pull.service_account = fmt::format("account-{}", i % 3);
      ready.arrive_and_wait();
      if (IsSigned(world.Get(query))) ++good;
    });
  }
  threads.clear();
  CHECK(good == 100);
  for (const auto& [call, times] : world.registry.Calls()) {
    INFO(call);
    CHECK(times == 1);
  }
  CHECK(world.Count("resolve registry.example/app:1") == 1);
  CHECK(world.Count("blob") == 1);
}

TEST_CASE("fifteen keys and three signatures cost no more requests than one of each", "[evidence]") {
  const auto calls_with = [](int keys, int signatures) {
    World world;
    std::vector<std::unique_ptr<MintedKey>> minted;
    std::map<std::string, std::vector<const MintedKey*>> publishers;
    std::vector<const MintedKey*> signers;
    for (int i = 0; i < keys; ++i) {
      minted.push_back(std::make_unique<MintedKey>(MintedKey::kP256));
      publishers["acme"].push_back(minted.back().get());
      if (i < signatures) signers.push_back(minted.back().get());
    }
    world.trust = World::TrustIn(publishers);
    SignByKeys(world.registry, kRepository, world.image, signers);
    const Origin origin = world.Get(world.ByTag());
    REQUIRE(origin.trust);
    CHECK(origin.trust->signatures.size() == static_cast<std::size_t>(signatures));
    return world.registry.CallCount();
  };
  CHECK(calls_with(15, 1) == calls_with(1, 1));
  CHECK(calls_with(15, 3) == calls_with(1, 1));
}

TEST_CASE("an unsigned image is asked about again after a short time, and a signature that came is seen", "[evidence]") {
  World world;
  const Origin before = world.Get(world.ByDigest());
  CHECK_FALSE(IsSigned(before));
  CHECK(before.trust->failures.empty());
  world.Sign();
  CHECK_FALSE(IsSigned(world.Get(world.ByDigest())));
  world.clock.MoveOn(31s);
  CHECK(IsSigned(world.Get(world.ByDigest())));
}

TEST_CASE("changed trust, changed policies and a moved tag drop what was known at once", "[evidence]") {
  World world;
  CHECK_FALSE(IsSigned(world.Get(world.ByTag())));
  MintedKey other(MintedKey::kP256);
  SignByKeys(world.registry, kRepository, world.image, {&other});
  world.trust = World::TrustIn({{"acme", {&world.key, &other}}, {"second", {&other}}});
  world.clock.MoveOn(31s);  // the store's own "there is no such tag"
  CHECK(IsSigned(world.Get(world.ByTag())));

  ImageQuery more = world.ByTag();
  more.needs.publishers.insert("second");
  CHECK(world.Get(more).trust->signatures.size() == 2);

  const Digest next = Push(world.registry, kRepository, {.layers = {{"application/x", "next"}}}, "1");
  world.clock.MoveOn(11s);
  const Origin moved = world.Get(world.ByTag());
  CHECK((*moved.resolution)->digest == next);
  CHECK_FALSE(IsSigned(moved));
}

TEST_CASE("after a restart the store answers, and the signature is verified again", "[evidence]") {
  World world;
  world.Sign();
  REQUIRE(IsSigned(world.Get(world.ByDigest())));
  world.Restart();
  const int calls = world.registry.CallCount();
  CHECK(IsSigned(world.Get(world.ByDigest())));
  CHECK(world.registry.CallCount() == calls);
  // Trust that is gone takes everything with it, whatever is stored.
  MintedKey other(MintedKey::kP256);
  world.trust = World::TrustIn({{"acme", {&other}}});
  world.Restart();
  const Origin origin = world.Get(world.ByDigest());
  CHECK_FALSE(IsSigned(origin));
  CHECK(FirstFailure(origin) == ReasonWord::kSignatureInvalid);
}

TEST_CASE("a registry that cannot be asked is told, and asked again by the next request", "[evidence]") {
  World world;
  world.Sign();
  world.Stop();
  const Origin by_tag = world.Get(world.ByTag());
  REQUIRE(by_tag.resolution.has_value());
  REQUIRE_FALSE(by_tag.resolution->has_value());
  CHECK(by_tag.resolution->error().word == ReasonWord::kRegistryUnreachable);
  const Origin by_digest = world.Get(world.ByDigest());
  CHECK(FirstFailure(by_digest) == ReasonWord::kRegistryUnreachable);
  world.registry.Fail(std::nullopt);
  CHECK(IsSigned(world.Get(world.ByTag())));
  CHECK(IsSigned(world.Get(world.ByDigest())));
}

TEST_CASE("warm images are answered as before while the registry is stopped", "[evidence]") {
  World world;
  world.Sign();
  REQUIRE(IsSigned(world.Get(world.ByDigest())));
  world.Stop();
  world.clock.MoveOn(10min);
  const int calls = world.registry.CallCount();
  for (int i = 0; i < 1000; ++i) {
    const auto origin = world.gatherer->Recall(world.ByDigest());
    REQUIRE(origin);
    CHECK(IsSigned(*origin));
    CHECK_FALSE(origin->trust->from_outage);
  }
  CHECK(world.registry.CallCount() == calls);
}

TEST_CASE("in an outage facts of before are given with their age, from memory as from the store", "[evidence]") {
  const bool restart = GENERATE(false, true);
  World world;
  world.Sign();
  REQUIRE(IsSigned(world.Get(world.ByTag())));
  const Time then = world.clock.Now();
  world.clock.MoveOn(5h);
  if (restart) world.Restart();
  world.Stop();
  const Origin origin = world.Get(world.ByTag());
  REQUIRE(origin.resolution->has_value());
  CHECK((*origin.resolution)->from_outage);
  CHECK((*origin.resolution)->resolved_at == then);
  REQUIRE(IsSigned(origin));
  CHECK(origin.trust->from_outage);
  CHECK(origin.trust->gathered_at == then);
  world.registry.Fail(std::nullopt);
  const Origin after = world.Get(world.ByTag());
  CHECK_FALSE((*after.resolution)->from_outage);
  CHECK_FALSE(after.trust->from_outage);
}

TEST_CASE("without a store memory alone bridges an outage", "[evidence]") {
  World world(false);
  world.Sign();
  REQUIRE(IsSigned(world.Get(world.ByTag())));
  world.clock.MoveOn(5h);
  world.Stop();
  const Origin origin = world.Get(world.ByTag());
  REQUIRE(origin.resolution->has_value());
  CHECK((*origin.resolution)->from_outage);
  REQUIRE(IsSigned(origin));
  CHECK(origin.trust->from_outage);
}

TEST_CASE("who waits too long is told so, and the gathering goes on for the next", "[evidence]") {
  World world;
  world.Sign();
  std::latch go(1);
  world.registry.OnCall([&](const std::string&) { go.wait(); });
  const Origin late = world.gatherer->Gather(std::vector{world.ByDigest()}, std::chrono::steady_clock::now() + 20ms).at(0);
  CHECK(FirstFailure(late) == ReasonWord::kRegistryUnreachable);
  go.count_down();
  REQUIRE(testing::WaitUntil([&] { return world.gatherer->Recall(world.ByDigest()).has_value(); }, 10s));
  CHECK(world.gatherer->Statistics().gathered == 1);
}

TEST_CASE("what a warm-up gathered is warm for the request", "[evidence]") {
  World world;
  world.Sign();
  world.gatherer->WarmUp({world.ByTag(), world.ByDigest()});
  REQUIRE(testing::WaitUntil([&] { return world.gatherer->Recall(world.ByTag()) && world.gatherer->Recall(world.ByDigest()); }, 10s));
  const int calls = world.registry.CallCount();
  CHECK(IsSigned(world.Get(world.ByTag())));
  CHECK(world.registry.CallCount() == calls);
}

TEST_CASE("old facts are gathered again behind the request that asked for them", "[evidence]") {
  World world;
  world.Sign();
  REQUIRE(IsSigned(world.Get(world.ByDigest())));
  world.clock.MoveOn(31min);
  const int calls = world.registry.CallCount();
  CHECK(IsSigned(*world.gatherer->Recall(world.ByDigest())));
  REQUIRE(testing::WaitUntil([&] { return world.registry.CallCount() > calls; }, 10s));
}

// Needs the VEX documents of acme, and nothing else.
ImageQuery AskingForVex(const World& world) {
  ImageQuery query = world.ByDigest();
  query.needs.publishers.clear();
  query.needs.vex_publishers = {"acme"};
  return query;
}

const std::string kFixedVex =
    R"({"author":"acme","timestamp":"2026-01-01T00:00:00Z","statements":[{"vulnerability":{"name":"CVE-1"},"status":"fixed"}]})";

TEST_CASE("VEX documents of a publisher that is asked for them are verified and read", "[evidence]") {
  World world;
  AttestByKey(world.registry, kRepository, world.image, world.key, "https://openvex.dev/ns", kFixedVex);
  const Origin origin = world.Get(AskingForVex(world));
  REQUIRE(origin.trust);
  CHECK(origin.trust->failures.empty());
  REQUIRE(origin.trust->attestations.size() == 1);
  CHECK(origin.trust->attestations[0]->publisher == "acme");
  REQUIRE(origin.trust->attestations[0]->vex);
  CHECK(origin.trust->attestations[0]->vex->statements().at(0).names.at(0) == "CVE-1");
}

TEST_CASE("a VEX document that is malformed, or signed by another key, is a failure and no document", "[evidence]") {
  World world;
  AttestByKey(world.registry, kRepository, world.image, world.key, "https://cyclonedx.org/vex", R"({"bomFormat":"SPDX"})");
  const Origin malformed = world.Get(AskingForVex(world));
  CHECK(malformed.trust->attestations.empty());
  CHECK(FirstFailure(malformed) == ReasonWord::kAttestationInvalid);
  World other;
  AttestByKey(other.registry, kRepository, other.image, MintedKey(MintedKey::kP256), "https://openvex.dev/ns", kFixedVex);
  CHECK(other.Get(AskingForVex(other)).trust->attestations.empty());
}

TEST_CASE("an image without VEX documents is remembered as one, and a document that comes is seen", "[evidence]") {
  World world;
  const ImageQuery query = AskingForVex(world);
  CHECK(world.Get(query).trust->attestations.empty());
  CHECK(world.gatherer->Statistics().negative == 0);
  AttestByKey(world.registry, kRepository, world.image, world.key, "https://openvex.dev/ns", kFixedVex);
  const int calls = world.registry.CallCount();
  world.clock.MoveOn(59s);
  CHECK(world.gatherer->Recall(query)->trust->attestations.empty());
  CHECK(world.registry.CallCount() == calls);
  world.clock.MoveOn(2s);  // from now on gathered again behind the request that asks
  CHECK(testing::WaitUntil([&] { return !world.gatherer->Recall(query)->trust->attestations.empty(); }, 10s));
}

TEST_CASE("a VEX document is not the attestation that a rule waits for", "[evidence]") {
  World world;
  AttestByKey(world.registry, kRepository, world.image, world.key, "https://openvex.dev/ns", kFixedVex);
  ImageQuery query = AskingForVex(world);
  query.needs.attesters = {"acme"};
  query.needs.predicate_types = {"https://slsa.dev/provenance/v1"};
  CHECK(world.Get(query).trust->attestations.size() == 1);
  CHECK(world.gatherer->Statistics().negative == 1);
}

TEST_CASE("facts of one set of credentials are not told to another", "[evidence]") {
  World world;
  world.Sign();
  world.cluster.secrets["shop/pull"] = {"kubernetes.io/dockerconfigjson",
                                        {{".dockerconfigjson", R"({"auths":{"registry.example":{"username":"u","password":"p"}}})"}}};
  ImageQuery holder = world.ByDigest();
  holder.pull.pull_secrets = {"pull"};
  REQUIRE(IsSigned(world.Get(holder)));
  world.registry.Fail(registry::Problem{registry::Why::kDenied, "no"});
  CHECK(IsSigned(world.Get(holder)));
  const Origin other = world.Get(world.ByDigest());
  CHECK_FALSE(IsSigned(other));
  CHECK(FirstFailure(other) == ReasonWord::kRegistryRefused);
}

TEST_CASE("pull secrets that cannot be read are no answer of the registry", "[evidence]") {
  World world;
  world.Sign();
  world.cluster.error = Error{ErrorCode::kUnavailable, "API server down"};
  const Origin origin = world.Get(world.ByDigest());
  CHECK(FirstFailure(origin) == ReasonWord::kRegistryUnreachable);
  CHECK(origin.trust->failures[0].doubt.message.find("API server down") != std::string::npos);
  CHECK(world.registry.CallCount() == 0);
}

TEST_CASE("a publisher whose keys are not read yet is could-not-tell, and not remembered", "[evidence]") {
  World world;
  world.Sign();
  world.trust = std::make_shared<TrustMaterial>();
  CHECK(FirstFailure(world.Get(world.ByDigest())) == ReasonWord::kTrustMaterialInvalid);
  world.trust = World::TrustIn({{"acme", {&world.key}}});
  CHECK(IsSigned(world.Get(world.ByDigest())));
}

// Large images, of as many layers as one may have: what each has of configurations.
std::vector<ImageQuery> PushLargeImages(World& world, int count) {
  std::string diff_ids = "\"" + world.image.text() + "\"";
  for (std::size_t i = 1; i < registry::kMaxLayers; ++i) diff_ids += ",\"" + world.image.text() + "\"";
  std::vector<ImageQuery> queries;
  for (int i = 0; i < count; ++i) {
    const Digest image =
        Push(world.registry, kRepository,
             {.config = fmt::format(R"({{"os":"linux","architecture":"a{}","rootfs":{{"type":"layers","diff_ids":[{}]}}}})", i, diff_ids)});
    ImageQuery& query = queries.emplace_back(world.Query(kRepository + "@" + image.text()));
    query.needs.publishers.clear();
    query.needs.manifests = query.needs.configurations = true;
  }
  return queries;
}

std::unique_ptr<Gatherer> GathererWith(World& world, const GathererOptions& options) {
  const GathererSources sources{world.registry, nullptr, *world.keyrings, [&world] { return world.trust; }, world.clock};
  return std::make_unique<Gatherer>(sources, options);
}

Origin GatherOne(Gatherer& gatherer, const ImageQuery& query) {
  return gatherer.Gather(std::vector{query}, std::chrono::steady_clock::now() + 10s).at(0);
}

bool IsRead(const Origin& origin) {
  return origin.trust != nullptr && !origin.trust->manifest_doubt;
}

bool IsDoubtful(const Origin& origin, ReasonWord word) {
  return origin.trust != nullptr && origin.trust->manifest_doubt && origin.trust->manifest_doubt->word == word;
}

TEST_CASE("facts of large images stay within their bound of bytes, and the latest are remembered", "[evidence]") {
  World world(false);
  GathererOptions options;
  options.max_facts_bytes = 500'000;
  const auto gatherer = GathererWith(world, options);
  const std::vector<ImageQuery> queries = PushLargeImages(world, 20);
  for (const ImageQuery& query : queries) {
    CHECK(IsRead(GatherOne(*gatherer, query)));
    CHECK(gatherer->Recall(query));
    CHECK(gatherer->Statistics().facts_bytes <= options.max_facts_bytes);
  }
  CHECK(gatherer->Statistics().facts > 1);
  CHECK(gatherer->Statistics().facts <= 5);
  CHECK_FALSE(gatherer->Recall(queries.front()));
}

TEST_CASE("a request holds no more of facts than it may, gathered now or from memory", "[evidence]") {
  World world(false);
  const std::vector<ImageQuery> queries = PushLargeImages(world, 8);
  const std::size_t one = world.Get(queries[0]).trust_bytes;
  REQUIRE(one > 50'000);
  GathererOptions options;
  options.max_request_bytes = 3 * one + one / 2;
  const bool is_kept = GENERATE(true, false);  // in memory
  if (!is_kept) options.max_facts_bytes = one / 2;
  const auto gatherer = GathererWith(world, options);
  const auto is_beyond = [](const Origin& origin) { return IsDoubtful(origin, ReasonWord::kTooManyImages); };
  const std::vector<Origin> cold = gatherer->Gather(queries, std::chrono::steady_clock::now() + 10s);
  CHECK(std::ranges::count_if(cold, IsRead) == 3);
  CHECK(std::ranges::count_if(cold, is_beyond) == 5);
  const auto warm = gatherer->RecallAll(queries);
  REQUIRE(warm.has_value() == is_kept);
  if (!is_kept) return;
  CHECK(std::ranges::count_if(*warm, IsRead) == 3);
  CHECK(std::ranges::count_if(*warm, is_beyond) == 5);
  // One image counts once, however many containers run it; and another request has room of its own.
  const std::vector<ImageQuery> same(8, queries[7]);
  const std::vector<Origin> origins = gatherer->Gather(same, std::chrono::steady_clock::now() + 10s);
  CHECK(std::ranges::count_if(origins, IsRead) == 8);
}

TEST_CASE("all requests together hold no more of facts than they may, and what one lets go is room for the next", "[evidence]") {
  World world(false);
  const std::vector<ImageQuery> queries = PushLargeImages(world, 6);
  const std::size_t one = world.Get(queries[0]).trust_bytes;
  GathererOptions options;
  options.max_facts_bytes = 2 * one + one / 2;
  options.max_bytes_under_way = 2 * one;
  const auto gatherer = GathererWith(world, options);
  std::vector<Origin> held;
  for (std::size_t i = 0; i < 4; ++i) held.push_back(GatherOne(*gatherer, queries[i]));
  CHECK(std::ranges::all_of(held, IsRead));
  CHECK(IsDoubtful(GatherOne(*gatherer, queries[4]), ReasonWord::kRegistryUnreachable));
  CHECK(gatherer->Statistics().refused_by_load == 1);
  CHECK_FALSE(gatherer->Recall(queries[4]));
  held.clear();
  CHECK(IsRead(GatherOne(*gatherer, queries[4])));
}

TEST_CASE("what is gathered in the background leaves room for admission", "[evidence]") {
  World world(false);
  const std::vector<ImageQuery> queries = PushLargeImages(world, 3);
  const std::size_t one = world.Get(queries[0]).trust_bytes;
  GathererOptions options;
  options.max_facts_bytes = 0;
  options.max_bytes_under_way = 3 * one - 1;
  const auto gatherer = GathererWith(world, options);
  const Origin held = GatherOne(*gatherer, queries[0]);
  REQUIRE(IsRead(held));
  gatherer->WarmUp({queries[1]});
  REQUIRE(testing::WaitUntil([&] { return gatherer->Statistics().refused_by_load == 1; }, 10s));
  CHECK(IsRead(GatherOne(*gatherer, queries[2])));
}

TEST_CASE("bytes that others take leave an image in doubt and accuse it of nothing", "[evidence]") {
  World world(false);
  const std::vector<ImageQuery> queries = PushLargeImages(world, 2);
  GathererOptions options;
  options.max_fetched_bytes = 1000;
  const auto small = GathererWith(world, options);
  CHECK(IsDoubtful(GatherOne(*small, queries[0]), ReasonWord::kRegistryUnreachable));
  CHECK_FALSE(small->Recall(queries[0]));
  options.max_fetched_bytes = 100'000;  // one at a time
  const auto large = GathererWith(world, options);
  for (const ImageQuery& query : queries) CHECK(IsRead(GatherOne(*large, query)));
}

TEST_CASE("attestations count for the bytes of their predicates", "[evidence]") {
  World world;
  const std::string comment(50'000, 'c');
  const std::string commented = kFixedVex.substr(0, kFixedVex.size() - 1) + R"(,"comment":")" + comment + "\"}";
  AttestByKey(world.registry, kRepository, world.image, world.key, "https://openvex.dev/ns", commented);
  REQUIRE(world.Get(AskingForVex(world)).trust->attestations.size() == 1);
  CHECK(world.gatherer->Statistics().facts_bytes > comment.size());
}

TEST_CASE("too much waiting work is told at once", "[evidence]") {
  World world;
  std::latch go(1);
  world.registry.OnCall([&](const std::string&) { go.wait(); });
  GathererOptions options;
  options.pool = {.threads = 1, .background_threads = 1, .max_waiting = 1};
  Gatherer gatherer({world.registry, nullptr, *world.keyrings, [&] { return world.trust; }, world.clock}, options);
  std::vector<ImageQuery> queries;
  for (int i = 0; i < 5; ++i) queries.push_back(world.Query(fmt::format("registry.example/app:{}", i)));
  const auto origins = gatherer.Gather(queries, std::chrono::steady_clock::now() + 50ms);
  CHECK(std::ranges::all_of(origins, [](const Origin& origin) {
    return origin.resolution && !*origin.resolution && origin.resolution->error().word == ReasonWord::kRegistryUnreachable;
  }));
  CHECK(gatherer.Statistics().refused_by_load >= 3);
  go.count_down();
}

}  // namespace
}  // namespace hullwright::evidence
