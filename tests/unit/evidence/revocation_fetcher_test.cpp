#include "evidence/revocation_fetcher.h"

#include <openssl/ocsp.h>

#include <catch2/catch.hpp>
#include <functional>

#include "evidence/claims.h"
#include "support/minted_notation.h"
#include "support/minted_revocation.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

using testing::kNotationNow;
using testing::MintedChain;
using testing::MintedKey;
using verify::Step;

constexpr auto kDay = std::chrono::hours(24);
constexpr std::string_view kOcspUrl = "http://ocsp.example/", kListUrl = "http://crl.example/1", kDeltaUrl = "http://crl.example/delta";

const std::pair<std::string, std::string> kOcsp = {"authorityInfoAccess", "OCSP;URI:http://ocsp.example/"};
const std::pair<std::string, std::string> kList = {"crlDistributionPoints", "URI:http://crl.example/1"};
const std::pair<std::string, std::string> kFreshest = {"freshestCRL", "URI:http://crl.example/delta"};

Deadline Soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

// Responders and lists by URL; what is not there cannot be reached.
struct Web final : TrustFetcher {
  std::map<std::string, std::string, std::less<>> answers;
  std::vector<FetchRequest> asked;
  Result<std::string> Fetch(const FetchRequest& request) override {
    asked.push_back(request);
    const auto found = answers.find(request.url);
    if (found == answers.end()) return Fail(ErrorCode::kUnavailable, "down");
    return found->second;
  }
  std::vector<std::string> Urls() const {
    std::vector<std::string> urls;
    for (const FetchRequest& request : asked) urls.push_back(request.url);
    return urls;
  }
};

using Urls = std::vector<std::string>;

struct World {
  MintedChain chain;
  testing::SetClock clock;
  Web web;
  RevocationFetcher fetcher{web, clock};

  // extensions: where the leaf says that its revocation is told.
  explicit World(const std::vector<std::pair<std::string, std::string>>& extensions) : chain(MintedKey::kP256, Leaf(extensions)) {
    clock.Set(kNotationNow);
  }
  static testing::CertificateShape Leaf(const std::vector<std::pair<std::string, std::string>>& extensions) {
    testing::CertificateShape shape = MintedChain::CodeSigningLeaf();
    shape.extensions.insert(shape.extensions.end(), extensions.begin(), extensions.end());
    return shape;
  }
  static World WithBoth() { return World({kOcsp, kList}); }
  static World WithList() { return World({kList}); }

  void Ocsp(int status) { OcspBy(chain, status); }
  void OcspBy(const MintedChain& responder, int status) {
    web.answers[std::string(kOcspUrl)] =
        testing::MintOcsp({.status = status, .this_update = clock.Now() - kDay, .next_update = clock.Now() + kDay}, chain.leaf,
                          responder.root, responder.root, responder.root_key);
  }
  testing::CrlShape Fresh() const {
    return {.this_update = clock.Now() - kDay, .next_update = clock.Now() + kDay, .base_number = {}, .revoked = {}, .extensions = {}};
  }
  void List(const testing::CrlShape& shape, std::string_view url = kListUrl) {
    web.answers[std::string(url)] = testing::MintCrl(shape, chain.root, chain.root_key);
  }

  // What a check of the chain says after the fetcher has answered what it asks.
  std::string Check(verify::RevocationMaterial material = {}) {
    web.asked.clear();
    const std::vector<verify::Certificate> certificates = {verify::Certificate::FromDer(chain.leaf).value(),
                                                           verify::Certificate::FromDer(chain.root).value()};
    fetcher.Answer(verify::UnansweredQueries(certificates, material, clock.Now()), material, Soon());
    const auto checked = verify::CheckRevocation(certificates, material, clock.Now());
    return checked ? "good" : std::string(verify::ToString(checked.error().step));
  }
};

const std::string kRevoked(verify::ToString(Step::kRevoked));
const std::string kUnknown(verify::ToString(Step::kRevocationUnknown));

TEST_CASE("a responder is asked about the certificate and decides", "[evidence]") {
  World world = World::WithBoth();
  world.Ocsp(0);
  CHECK(world.Check() == "good");
  REQUIRE(world.web.Urls() == Urls{std::string(kOcspUrl)});
  CHECK(world.web.asked[0].content_type == "application/ocsp-request");
  // The question is about this certificate of this issuer.
  const std::string& body = world.web.asked[0].body;
  const auto* at = reinterpret_cast<const unsigned char*>(body.data());
  OCSP_REQUEST* request = d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(body.size()));
  REQUIRE(request != nullptr);
  REQUIRE(OCSP_request_onereq_count(request) == 1);
  OCSP_CERTID* wanted = OCSP_cert_to_id(EVP_sha1(), verify::Certificate::FromDer(world.chain.leaf)->handle(),
                                        verify::Certificate::FromDer(world.chain.root)->handle());
  CHECK(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)), wanted) == 0);
  OCSP_CERTID_free(wanted);
  OCSP_REQUEST_free(request);
  World revoked = World::WithBoth();
  revoked.Ocsp(1);
  revoked.List(revoked.Fresh());
  CHECK(revoked.Check() == kRevoked);  // whatever the list says
}

TEST_CASE("where no responder tells, the list does", "[evidence]") {
  const bool is_revoked = GENERATE(false, true);
  World world = World::WithBoth();
  testing::CrlShape list = world.Fresh();
  if (is_revoked) list.revoked = {{world.chain.leaf, {}, {}}};
  world.List(list);
  const std::string expected = is_revoked ? kRevoked : "good";
  SECTION("it is down") {}
  SECTION("it does not know the certificate") {
    world.Ocsp(2);
  }
  SECTION("it is not the issuer's") {
    world.OcspBy(MintedChain(MintedKey::kP256), 0);
  }
  SECTION("it answers nonsense") {
    world.web.answers[std::string(kOcspUrl)] = "nonsense";
  }
  CHECK(world.Check() == expected);
  CHECK(world.web.Urls() == Urls{std::string(kOcspUrl), std::string(kListUrl)});
}

TEST_CASE("what nobody tells is unknown, and a stranger's word is nobody's", "[evidence]") {
  World world = World::WithBoth();
  CHECK(world.Check() == kUnknown);
  World forged = World::WithBoth();
  const MintedChain stranger(MintedKey::kP256);
  forged.OcspBy(stranger, 0);
  forged.web.answers[std::string(kListUrl)] = testing::MintCrl(forged.Fresh(), stranger.root, stranger.root_key);
  CHECK(forged.Check() == kUnknown);
  World old = World::WithList();
  testing::CrlShape list = old.Fresh();
  list.next_update = old.clock.Now() - std::chrono::hours(1);
  old.List(list);
  CHECK(old.Check() == kUnknown);
}

TEST_CASE("changes to a list are fetched too, and without them the list is no answer", "[evidence]") {
  const bool in_certificate = GENERATE(true, false);
  World world(in_certificate ? std::vector{kList, kFreshest} : std::vector{kList});
  testing::CrlShape base = world.Fresh();
  if (!in_certificate) base.extensions = {kFreshest};
  world.List(base);
  SECTION("they are not there") {
    CHECK(world.Check() == kUnknown);
  }
  SECTION("they say nothing of it") {
    testing::CrlShape delta = world.Fresh();
    delta.number = 2;
    delta.base_number = 1;
    world.List(delta, kDeltaUrl);
    CHECK(world.Check() == "good");
  }
  SECTION("they revoke it") {
    testing::CrlShape delta = world.Fresh();
    delta.number = 2;
    delta.base_number = 1;
    delta.revoked = {{world.chain.leaf, {}, {}}};
    world.List(delta, kDeltaUrl);
    CHECK(world.Check() == kRevoked);
  }
  CHECK(world.web.Urls() == Urls{std::string(kListUrl), std::string(kDeltaUrl)});
}

TEST_CASE("only http is asked, and of each kind only the first places", "[evidence]") {
  World world({{"authorityInfoAccess", "OCSP;URI:https://ocsp.example/"},
               {"crlDistributionPoints",
                "URI:ldap://crl.example/1,URI:https://crl.example/1,URI:http://crl.example/1,"
                "URI:http://crl.example/2,URI:http://crl.example/3"}});
  CHECK(world.Check() == kUnknown);
  CHECK(world.web.Urls() == Urls{"http://crl.example/1", "http://crl.example/2"});
}

TEST_CASE("who names neither responder nor list, or whose lists were supplied, is asked nothing", "[evidence]") {
  World none({});
  CHECK(none.Check() == "good");
  CHECK(none.web.asked.empty());
  World supplied = World::WithBoth();
  const std::string list = testing::MintCrl(supplied.Fresh(), supplied.chain.root, supplied.chain.root_key);
  CHECK(supplied.Check({.crls = {list}, .ocsp_responses = {}}) == "good");
  CHECK(supplied.web.asked.empty());
}

TEST_CASE("an answer serves for an hour, a failure for a minute", "[evidence]") {
  World world = World::WithList();
  world.List(world.Fresh());
  CHECK(world.Check() == "good");
  world.clock.MoveOn(std::chrono::minutes(59));
  CHECK(world.Check() == "good");
  CHECK(world.web.asked.empty());
  world.clock.MoveOn(std::chrono::minutes(1));
  CHECK(world.Check() == "good");
  CHECK(world.web.asked.size() == 1);
  // What is remembered is judged again: here it has ended.
  World ends = World::WithList();
  testing::CrlShape list = ends.Fresh();
  list.next_update = ends.clock.Now() + std::chrono::minutes(10);
  ends.List(list);
  CHECK(ends.Check() == "good");
  ends.clock.MoveOn(std::chrono::minutes(11));
  CHECK(ends.Check() == kUnknown);
  World down = World::WithList();
  CHECK(down.Check() == kUnknown);
  down.List(down.Fresh());
  down.clock.MoveOn(std::chrono::seconds(59));
  CHECK(down.Check() == kUnknown);
  CHECK(down.web.asked.empty());
  down.clock.MoveOn(std::chrono::seconds(1));
  CHECK(down.Check() == "good");
  CHECK(down.fetcher.Statistics().failed == 1);
  CHECK(down.fetcher.Statistics().answered == 1);
}

TEST_CASE("bytes that answer nothing serve no longer than a failure", "[evidence]") {
  World world = World::WithBoth();
  world.web.answers[std::string(kOcspUrl)] = "nonsense";
  world.web.answers[std::string(kListUrl)] = "nonsense";
  CHECK(world.Check() == kUnknown);
  SECTION("the responder comes back") {
    world.Ocsp(0);
  }
  SECTION("the list comes back") {
    world.List(world.Fresh());
  }
  world.clock.MoveOn(std::chrono::seconds(59));
  CHECK(world.Check() == kUnknown);
  CHECK(world.web.asked.empty());
  world.clock.MoveOn(std::chrono::seconds(1));
  CHECK(world.Check() == "good");
}

// --- a signature beside an image

struct SignedWorld : World {
  PublisherTrust publisher;

  explicit SignedWorld(bool is_trusted = true) : World({kOcsp, kList}) {
    verify::NotationAuthority& authority = publisher.notation.emplace_back();
    authority.publisher = publisher.name = "acme";
    authority.name = "release";
    const std::string root = is_trusted ? chain.root : MintedChain(MintedKey::kP256).root;
    authority.policy.stores.ca = {verify::Certificate::FromDer(root).value()};
    authority.policy.identities = verify::TrustedIdentities::Parse(std::vector<std::string>{"*"}).value();
  }
  verify::NotationPolicy& policy() { return publisher.notation[0].policy; }

  policy::TrustFacts Judge(RevocationFetcher* asks) {
    const auto envelope = std::make_shared<const std::string>(testing::JwsParts(chain.leaf_key, chain.chain()).Sign(chain.leaf_key));
    const FoundClaim claim{ClaimFormat::kNotationJws, "registry.example/app@sha256:x", "application/jose+json", envelope, {}};
    const Digest digest = Digest::Parse(testing::kNotationDigest).value();
    const ClaimSubject subject{digest, ImageReference::Parse("registry.example/app").value(), "application/vnd.oci.image.manifest.v1+json",
                               528};
    policy::TrustFacts facts{.digest = digest,
                             .platforms = {},
                             .manifest_doubt = {},
                             .signatures = {},
                             .attestations = {},
                             .failures = {},
                             .base_images = {},
                             .base_doubt = {}};
    JudgeClaims({claim}, publisher, {true, {}}, subject, clock.Now(), facts, {nullptr, asks, Soon()});
    return facts;
  }
  // The word of the failure when no signature counts.
  std::string Refused(RevocationFetcher* asks) {
    const policy::TrustFacts facts = Judge(asks);
    CHECK(facts.signatures.empty());
    REQUIRE(facts.failures.size() == 1);
    return std::string(policy::ToString(facts.failures[0].doubt.word));
  }
};

TEST_CASE("a signature counts when somebody tells that its certificate is not revoked", "[evidence]") {
  SignedWorld world;
  CHECK(world.Refused(nullptr) == "RevocationUnknown");
  CHECK(world.web.asked.empty());
  CHECK(world.Refused(&world.fetcher) == "RevocationUnknown");
  CHECK(world.web.Urls() == Urls{std::string(kOcspUrl), std::string(kListUrl)});
  world.clock.MoveOn(std::chrono::minutes(1));
  world.List(world.Fresh());
  const policy::TrustFacts facts = world.Judge(&world.fetcher);
  REQUIRE(facts.signatures.size() == 1);
  CHECK(facts.signatures[0]->tolerated.empty());
  SignedWorld revoked;
  revoked.Ocsp(1);
  CHECK(revoked.Refused(&revoked.fetcher) == "SignatureRevoked");
}

TEST_CASE("where a stranger's certificate says to ask is not asked", "[evidence]") {
  SignedWorld world(false);
  CHECK(world.Refused(&world.fetcher) == "CertificateUntrusted");
  CHECK(world.web.asked.empty());
}

TEST_CASE("nobody is asked where revocation is ignored; where it is only told, what was told is", "[evidence]") {
  SignedWorld ignores;
  ignores.policy().revocation = verify::NotationAction::kSkip;
  CHECK(ignores.Judge(&ignores.fetcher).signatures.size() == 1);
  CHECK(ignores.web.asked.empty());
  SignedWorld permissive;
  permissive.policy().level = verify::NotationLevel::kPermissive;
  permissive.Ocsp(1);
  const policy::TrustFacts facts = permissive.Judge(&permissive.fetcher);
  REQUIRE(facts.signatures.size() == 1);
  REQUIRE(facts.signatures[0]->tolerated.size() == 1);
  CHECK(facts.signatures[0]->tolerated[0].word == policy::ReasonWord::kSignatureRevoked);
}

}  // namespace
}  // namespace hullwright::evidence
