// The three paths about Pods together with signatures: what /v1/pin writes is what /v1/validate finds.
#include <catch2/catch.hpp>
#include <thread>

#include "evidence/trust_reader.h"
#include "support/cosign_signature.h"
#include "support/memory_registry.h"
#include "support/minted_notation.h"
#include "unit/evidence/memory_cluster.h"
#include "unit/webhook/fixtures.h"
#include "webhook/admission_handler.h"
#include "webhook/image_review_handler.h"
#include "webhook/metrics.h"
#include "webhook/pin_handler.h"

namespace hullwright::webhook {
namespace {

using testing::MintedKey;

const std::string kRepository = "registry.example/shop/app";

std::string Indented(const std::string& text) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = text.find('\n', start);
    out += "        " + text.substr(start, end - start) + "\n";
    start = end + 1;
  }
  return out;
}

std::string Objects(const std::string& pem, const std::string& rules, const std::string& enforcement) {
  return fmt::format(R"(apiVersion: v1
kind: Namespace
metadata: {{name: shop}}
---
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {{name: acme}}
spec:
  displayName: Acme
  repositories: ["registry.example/**"]
  verification: Signature
  authorities:
  - name: release
    type: Key
    key:
      transparencyLog: Ignore
      pem: |
{1}---
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: production}}
spec:
  enforcement: {{newImages: {0}, templates: {0}}}
  rules: {2}
)",
                     enforcement, Indented(pem), rules);
}

struct World {
  FixedClock clock;
  testing::MemoryRegistry registry;
  testing::MemoryCluster cluster;
  MintedKey key{MintedKey::kP256};
  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted;
  kube::Workloads workloads;
  evidence::Keyrings keyrings{cluster, clock};
  std::shared_ptr<const evidence::TrustMaterial> trust;
  evidence::Gatherer gatherer{{registry, nullptr, keyrings, [this] { return trust; }, clock}};
  evidence::Sources sources{catalogue, admitted, &gatherer};
  AdmissionHandler admission{catalogue, admitted, workloads, clock, {}, {&gatherer}};
  PinHandler pin{sources, workloads, clock, {}};
  ImageReviewHandler image_review{sources, clock, {}};
  Digest image = Push(registry, kRepository, {.layers = {{"application/x", "layer"}}}, "1");

  explicit World(const std::string& rules = R"({publishers: {refs: [{name: acme}]}})", const std::string& enforcement = "Deny") {
    PutYaml(catalogue, Objects(key.Pem(), rules, enforcement));
    catalogue.Publish();
    evidence::TrustReader reader(cluster, "hullwright-system");
    trust = reader.ReadTrust(*catalogue.Trust(), Soon().deadline);
    testing::Push(registry, kRepository, {.layers = {{"application/x", "layer"}}}, "latest");
  }

  void Sign() { SignByKeys(registry, kRepository, image, {&key}); }
  static Patience Soon() { return {true, std::chrono::steady_clock::now() + std::chrono::seconds(10)}; }
  Verdict Validate(const Json& review) {
    const ParsedReview parsed(review);
    return admission.Handle(*parsed, true, Soon()).value();
  }
  Verdict Pin(const Json& review) {
    const ParsedReview parsed(review);
    return pin.Pin(*parsed, Soon()).value();
  }
  std::string Pinned(const std::string& tag = "1") const { return kRepository + ":" + tag + "@" + image.text(); }
};

Json Applied(Json object, const Verdict& verdict) {
  return verdict.answer.json_patch.empty() ? object : object.patch(Json::parse(verdict.answer.json_patch));
}

TEST_CASE("a signed image is pinned, then admitted by its digest; a second pin changes nothing", "[webhook]") {
  World world;
  world.Sign();
  const Json pod = Pod(kRepository + ":1");
  const Verdict pin = world.Pin(Review(pod));
  CHECK(pin.answer.allowed);
  const Json pinned = Applied(pod, pin);
  CHECK(pinned["spec"]["containers"][0]["image"] == world.Pinned());
  CHECK(pin.answer.audit_annotations.at("pinned") == "1");
  CHECK(world.Pin(Review(pinned)).answer.json_patch.empty());
  const Verdict verdict = world.Validate(Review(pinned));
  INFO(verdict.answer.message);
  CHECK(verdict.answer.allowed);
}

TEST_CASE("an unsigned image is pinned too, and refused for its signature alone", "[webhook]") {
  World world;
  const Json pod = Pod(kRepository + ":1");
  const Json pinned = Applied(pod, world.Pin(Review(pod)));
  const Verdict verdict = world.Validate(Review(pinned));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.reasons == std::vector<std::string_view>{"SignatureMissing"});
}

TEST_CASE("a tag that nobody pinned is refused where a digest is wanted, however well it is signed", "[webhook]") {
  World world;
  world.Sign();
  const Verdict verdict = world.Validate(Review(Pod(kRepository + ":1")));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.reasons == std::vector<std::string_view>{"DigestNotPinned"});
}

// A Notary Project signature that expired yesterday, and the level by which the publisher's is judged.
struct ExpiredWorld {
  World world;
  testing::MintedChain chain{MintedKey::kP256};

  explicit ExpiredWorld(api::NotationLevel level) {
    evidence::TrustObjects objects = *world.catalogue.Trust();
    api::Authority& authority = objects.publishers.at(0).spec.authorities.at(0);
    authority.type = api::AuthorityType::kNotation;
    authority.key.reset();
    authority.notation = api::NotationAuthority{{"ca"}, {"x509.subject: C=US, ST=WA, O=Acme"}, level};
    api::TrustRoot& root = objects.roots["ca"];
    root.spec.type = api::TrustRootType::kNotation;
    root.spec.notation.emplace().certificates = api::PemSource{testing::ToPem(chain.root), {}, {}};
    evidence::TrustReader reader(world.cluster, "hullwright-system");
    world.trust = reader.ReadTrust(objects, World::Soon().deadline);
    Sign();
  }

  void Sign() {
    const auto document = world.registry.Manifest({"registry.example", "shop/app"}, world.image, {}).value();
    testing::JwsParts parts(chain.leaf_key, chain.chain());
    parts.payload =
        Json{{"targetArtifact", {{"mediaType", document->media_type}, {"digest", world.image.text()}, {"size", document->bytes->size()}}}}
            .dump();
    parts.protected_header["crit"].push_back("io.cncf.notary.expiry");
    parts.protected_header["io.cncf.notary.signingTime"] = "2026-01-01T12:00:00Z";
    parts.protected_header["io.cncf.notary.expiry"] = "2026-01-02T00:00:00Z";
    testing::Push(world.registry, kRepository,
                  {.artifact_type = "application/vnd.cncf.notary.signature",
                   .config_media_type = "application/vnd.oci.empty.v1+json",
                   .layers = {{"application/jose+json", parts.Sign(chain.leaf_key)}},
                   .subject = std::pair(world.image, document->bytes->size())});
  }
};

TEST_CASE("what level Permissive lets pass is told in warning, audit annotation and metric; level Strict refuses it", "[webhook]") {
  ExpiredWorld permissive(api::NotationLevel::kPermissive), strict(api::NotationLevel::kStrict);
  const Json review = Review(Pod(kRepository + "@" + permissive.world.image.text()));
  const Verdict verdict = permissive.world.Validate(review);
  INFO(verdict.answer.message);
  REQUIRE(verdict.answer.allowed);
  REQUIRE(verdict.answer.warnings.size() == 1);
  CHECK(verdict.answer.warnings[0].size() <= 120);
  CHECK_THAT(verdict.answer.warnings[0], Catch::Contains("SignatureTolerated: acme: SignatureExpired"));
  CHECK_THAT(verdict.answer.audit_annotations.at("signature-tolerated"), Catch::Contains("expired at 2026-01-02T00:00:00Z"));
  Metrics metrics;
  const ParsedReview parsed(review);
  metrics.CountDecision("validate", *parsed, verdict, 0.001);
  const Verdict refused = strict.world.Validate(Review(Pod(kRepository + "@" + strict.world.image.text())));
  CHECK_FALSE(refused.answer.allowed);
  CHECK(refused.reasons == std::vector<std::string_view>{"SignatureExpired"});
  CHECK_FALSE(refused.answer.audit_annotations.contains("signature-tolerated"));
  metrics.CountDecision("validate", *parsed, refused, 0.001);
  const std::string text =
      metrics.Serialize({permissive.world.catalogue, [] { return http::ServerStatistics{}; }, [] { return std::optional<Time>(); },
                         [] { return std::vector<WatchState>(); }, [] { return true; }});
  CHECK_THAT(text, Catch::Contains("hullwright_tolerated_decisions_total 1"));
}

TEST_CASE("templates are judged and never changed", "[webhook]") {
  World world;
  const Json deployment = Deployment(kRepository + ":1");
  CHECK(world.Pin(Review(deployment)).answer.json_patch.empty());
  CHECK_FALSE(world.Validate(Review(deployment)).answer.allowed);
  World signed_world;
  signed_world.Sign();
  CHECK(signed_world.Validate(Review(deployment)).answer.allowed);
  // Its Pod finds everything in memory.
  const ParsedReview pod(Review(Pod(kRepository + "@" + signed_world.image.text())));
  const auto warm = signed_world.admission.Handle(*pod, true, {});
  REQUIRE(warm);
  CHECK(warm->answer.allowed);
}

TEST_CASE("a cold image asks to be called again where it may wait, a warm one is answered at once", "[webhook]") {
  World world;
  world.Sign();
  const ParsedReview review(Review(Pod(kRepository + "@" + world.image.text())));
  CHECK_FALSE(world.admission.Handle(*review, true, {}));
  CHECK(world.registry.CallCount() == 0);
  REQUIRE(world.admission.Handle(*review, true, World::Soon()));
  const int calls = world.registry.CallCount();
  REQUIRE(world.admission.Handle(*review, true, {}));
  CHECK(world.registry.CallCount() == calls);
}

TEST_CASE("a Pod that names digests alone waits for no registry to be pinned", "[webhook]") {
  World world;
  const ParsedReview pinned(Review(Pod(kRepository + ":1@" + world.image.text())));
  const auto verdict = world.pin.Pin(*pinned, {});
  REQUIRE(verdict);
  CHECK(verdict->answer.json_patch.empty());
  CHECK(world.registry.CallCount() == 0);
  const ParsedReview by_tag(Review(Pod(kRepository + ":1")));
  CHECK_FALSE(world.pin.Pin(*by_tag, {}));
}

TEST_CASE("only new ephemeral containers of a running Pod are pinned", "[webhook]") {
  World world;
  const Json before = Pod(kRepository + ":1");
  Json after = before;
  after["spec"]["ephemeralContainers"] = {{{"name", "debug"}, {"image", kRepository + ":1"}}};
  CHECK(world.Pin(Review(after, before)).answer.json_patch.empty());
  Json review = Review(after, before);
  review["request"]["subResource"] = "ephemeralcontainers";
  const Json pinned = Applied(after, world.Pin(review));
  CHECK(pinned["spec"]["ephemeralContainers"][0]["image"] == world.Pinned());
  CHECK(pinned["spec"]["containers"] == after["spec"]["containers"]);
}

TEST_CASE("a forbidden tag is not hidden behind a digest", "[webhook]") {
  World world(R"({reference: {digest: Pinned, forbiddenTags: [latest]}})");
  const Json pod = Pod(kRepository);
  CHECK(world.Pin(Review(pod)).answer.json_patch.empty());
  const Verdict verdict = world.Validate(Review(pod));
  CHECK(std::ranges::find(verdict.reasons, "TagForbidden") != verdict.reasons.end());
}

TEST_CASE("where a missing digest only warns, the digest is written and the warning is not lost", "[webhook]") {
  World world(R"({reference: {digest: FromAuthor}, publishers: {refs: [{name: acme}]}})", "Warn");
  const Json pod = Pod(kRepository + ":1");
  const Verdict pin = world.Pin(Review(pod));
  CHECK(Applied(pod, pin)["spec"]["containers"][0]["image"] == world.Pinned());
  REQUIRE(pin.answer.warnings.size() == 1);
  CHECK(pin.answer.warnings[0].find("DigestRequired") != std::string::npos);
}

TEST_CASE("what no policy wants a digest of is left alone, and no registry is asked", "[webhook]") {
  World world(R"({reference: {digest: NotRequired, forbiddenTags: [old]}})");
  CHECK(world.Pin(Review(Pod(kRepository + ":1"))).answer.json_patch.empty());
  CHECK(world.Validate(Review(Pod(kRepository + ":1"))).answer.allowed);
  CHECK(world.registry.CallCount() == 0);
  CHECK(world.cluster.calls == 0);
}

TEST_CASE("an update of what runs is never held up by a registry", "[webhook]") {
  World world;
  world.registry.Fail(registry::Problem{registry::Why::kUnavailable, "stopped"});
  const Json pod = Pod(kRepository + "@" + world.image.text());
  const ParsedReview update(Review(pod, pod));
  const auto verdict = world.admission.Handle(*update, true, {});
  REQUIRE(verdict);
  CHECK(verdict->answer.allowed);
}

TEST_CASE("a registry that cannot be asked denies with its word", "[webhook]") {
  World world;
  world.registry.Fail(registry::Problem{registry::Why::kUnavailable, "stopped"});
  const Verdict verdict = world.Validate(Review(Pod(kRepository + "@" + world.image.text())));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.outcome == policy::Outcome::kCouldNotTell);
  CHECK(verdict.reasons == std::vector<std::string_view>{"RegistryUnreachable"});
}

TEST_CASE("an ImageReview is the same decision", "[webhook]") {
  World world;
  const auto ask = [&](const std::string& image) { return world.image_review.Handle({"shop", {image}}, World::Soon()).value(); };
  CHECK_FALSE(ask(kRepository + "@" + world.image.text()).answer.allowed);
  World signed_world;
  signed_world.Sign();
  CHECK(signed_world.image_review.Handle({"shop", {kRepository + "@" + signed_world.image.text()}}, World::Soon())->answer.allowed);
  CHECK_FALSE(signed_world.image_review.Handle({"shop", {kRepository + ":1"}}, World::Soon())->answer.allowed);
  CHECK(signed_world.image_review.Handle({"shop", {}}, {})->answer.allowed);
}

TEST_CASE("keys from a Secret are read from the release namespace, and a missing one is told", "[webhook]") {
  World world;
  evidence::TrustObjects objects = *world.catalogue.Trust();
  api::KeyAuthority& key = *objects.publishers.at(0).spec.authorities.at(0).key;
  key.pem.clear();
  key.secret_key_ref = api::DataKeyRef{"keys", "cosign.pub"};
  evidence::TrustReader reader(world.cluster, "hullwright-system");
  const auto broken = reader.ReadTrust(objects, World::Soon().deadline);
  REQUIRE(broken->Find("acme")->broken.size() == 1);
  CHECK(broken->Find("acme")->broken[0].doubt.message.find("hullwright-system/keys") != std::string::npos);
  world.cluster.secrets["hullwright-system/keys"] = {"Opaque", {{"cosign.pub", world.key.Pem()}}};
  const auto good = reader.ReadTrust(objects, World::Soon().deadline);
  CHECK(good->Find("acme")->authorities.size() == 1);
  CHECK(good->Find("acme")->fingerprint != broken->Find("acme")->fingerprint);
  // The API server is out: what was read stays.
  world.cluster.error = Error{ErrorCode::kUnavailable, "down"};
  CHECK(reader.ReadTrust(objects, World::Soon().deadline)->Find("acme")->fingerprint == good->Find("acme")->fingerprint);
}

}  // namespace
}  // namespace hullwright::webhook
