#include "evidence/trust_reader.h"

#include <catch2/catch.hpp>

#include "support/minted_certificate.h"
#include "unit/evidence/memory_cluster.h"
#include "unit/evidence/set_clock.h"
#include "unit/evidence/tuf_mirror.h"

namespace hullwright::evidence {
namespace {

const Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

Deadline Soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

struct World {
  testing::MemoryCluster cluster;
  testing::SetClock clock;
  testing::TufMirror mirror;
  TufRoots tuf{mirror, nullptr, clock};
  TrustReader reader{cluster, "hullwright-system", &tuf};
  TrustObjects objects;

  World() {
    clock.Set(kNow);
    mirror.Publish(5, 4, 3);
    cluster.config_maps["hullwright-system/tuf"]["root.json"] = mirror.repository.Root(1);
    api::TrustRoot& root = objects.roots["public"];
    root.metadata.name = "public";
    root.spec.type = api::TrustRootType::kTUF;
    root.spec.tuf = api::TUFRoot{std::string(testing::kMirrorUrl), {"", api::DataKeyRef{"tuf", "root.json"}, {}}, 1};
    api::TrustedPublisher& publisher = objects.publishers.emplace_back();
    publisher.metadata.name = "acme";
    publisher.spec.verification = api::PublisherVerification::kSignature;
    api::Authority& authority = publisher.spec.authorities.emplace_back();
    authority.name = "release";
    authority.key = api::KeyAuthority{testing::MintedKey(testing::MintedKey::kP256).Pem(), {}, {}, api::LogRequirement::kRequired, {}};
  }
  const PublisherTrust& Read() {
    material = reader.ReadTrust(objects, Soon());
    return *material->Find("acme");
  }
  std::shared_ptr<const TrustMaterial> material;
};

TEST_CASE("an authority that rests on a TUF repository is broken until it was fetched, and again when it has ended", "[evidence]") {
  World world;
  REQUIRE(world.Read().broken.size() == 1);
  CHECK(world.Read().broken[0].doubt.word == policy::ReasonWord::kTrustMaterialInvalid);
  CHECK_THAT(world.Read().broken[0].doubt.message, Catch::Contains("nothing has been fetched yet"));
  world.tuf.RefreshDue();
  CHECK(world.Read().broken.empty());
  REQUIRE(world.Read().authorities.size() == 1);
  const std::string fingerprint = world.Read().fingerprint;
  // Metadata that says the same again is no reason to gather facts anew, another document is.
  world.clock.MoveOn(std::chrono::hours(23));
  world.mirror.Publish(6, 5, 4);
  world.tuf.RefreshDue();
  CHECK(world.Read().fingerprint == fingerprint);
  world.clock.MoveOn(std::chrono::hours(2));
  CHECK(world.Read().authorities.empty());
  CHECK_THAT(world.Read().broken.at(0).doubt.message, Catch::Contains("ended at 2026-03-02T00:00:00Z"));
  CHECK(world.Read().fingerprint != fingerprint);
}

TEST_CASE("where nothing is fetched a TrustRoot of type TUF says so", "[evidence]") {
  World world;
  TrustReader offline(world.cluster, "hullwright-system");
  const auto material = offline.ReadTrust(world.objects, Soon());
  CHECK_THAT(material->Find("acme")->broken.at(0).doubt.message, Catch::Contains("fetches nothing"));
}

TEST_CASE("a certificate that moves from one trust store to another is other trust", "[evidence]") {
  World world;
  const auto fingerprint = [&](bool as_authority) {
    api::TrustRoot& root = world.objects.roots["ca"];
    root.spec.type = api::TrustRootType::kNotation;
    root.spec.notation.emplace();
    const testing::MintedChain chain(testing::MintedKey::kP256);
    static const std::string one = testing::ToPem(chain.root), two = testing::ToPem(testing::MintedChain(testing::MintedKey::kP256).root);
    root.spec.notation->certificates = api::PemSource{one, {}, {}};
    (as_authority ? root.spec.notation->signing_authorities : root.spec.notation->timestamp_certificates) = api::PemSource{two, {}, {}};
    api::Authority& authority = world.objects.publishers[0].spec.authorities[0];
    authority.key.reset();
    authority.type = api::AuthorityType::kNotation;
    authority.notation = api::NotationAuthority{{"ca"}, {"*"}, api::NotationLevel::kStrict};
    const PublisherTrust& trust = world.Read();
    CHECK(trust.broken.empty());
    return trust.fingerprint;
  };
  CHECK(fingerprint(true) != fingerprint(false));
  CHECK(fingerprint(true) == fingerprint(true));
}

TEST_CASE("settings of registries are given when they differ from those of before", "[evidence]") {
  World world;
  REQUIRE(world.reader.ReadHosts(world.objects, Soon()).value() != nullptr);  // the first time there is nothing to differ from
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() == nullptr);
  api::Registry& registry = world.objects.registries.emplace_back();
  registry.metadata.name = "local";
  registry.spec.host = "registry.example";
  registry.spec.pull_secret_ref = api::NameRef{"pull"};
  auto& secret = world.cluster.secrets["hullwright-system/pull"];
  secret = {"kubernetes.io/dockerconfigjson", {{".dockerconfigjson", R"({"auths":{}})"}}};
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() != nullptr);
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() == nullptr);
  secret.data[".dockerconfigjson"] = R"({"auths":{"registry.example":{"username":"a","password":"b"}}})";
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() != nullptr);
  secret.data[".dockerconfigjson"] = "{";
  CHECK_FALSE(world.reader.ReadHosts(world.objects, Soon()));
  secret.data[".dockerconfigjson"] = R"({"auths":{"registry.example":{"username":"a","password":"b"}}})";
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() == nullptr);  // those are in force still
  registry.spec.requests_per_second = 7;
  CHECK(world.reader.ReadHosts(world.objects, Soon()).value() != nullptr);
}

}  // namespace
}  // namespace hullwright::evidence
