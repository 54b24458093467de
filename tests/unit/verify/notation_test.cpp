// Levels, stores and the fact that comes out.
#include "verify/notation.h"

#include <catch2/catch.hpp>

#include "support/minted_notation.h"
#include "verify/notation_signature.h"

using namespace hullwright;
using namespace hullwright::verify;
using namespace hullwright::testing;

namespace {

constexpr auto kLevels = {NotationLevel::kStrict, NotationLevel::kPermissive, NotationLevel::kAudit};

std::vector<Certificate> Store(const std::string& der) {
  return {Certificate::FromDer(der).value()};
}

struct Setup {
  explicit Setup(CertificateShape leaf = MintedChain::CodeSigningLeaf()) : chain(MintedKey::kP256, std::move(leaf)) {
    policy.stores = {.ca = Store(chain.root), .signing_authority = Store(chain.root), .tsa = {}};
    policy.identities = TrustedIdentities::Parse(std::vector<std::string>{"x509.subject:C=US,ST=WA,O=Acme"}).value();
  }

  std::string Envelope(bool signing_authority = false) const {
    return JwsParts(chain.leaf_key, chain.chain(), signing_authority).Sign(chain.leaf_key);
  }
  Checked<NotationVerdict> Verify(const std::string& envelope) const {
    return VerifyNotation(
        policy, {.media_type = "application/jose+json", .envelope = envelope, .target = target, .revocation = material, .now = now});
  }
  Checked<NotationVerdict> At(NotationLevel level, const std::string& envelope) {
    policy.level = level;
    return Verify(envelope);
  }

  MintedChain chain;
  NotationPolicy policy;
  NotationTarget target{.digest = std::string(kNotationDigest), .media_type = {}, .size = {}, .user_metadata = {}};
  RevocationMaterial material;
  Time now = kNotationNow;
};

Step StepOf(const Checked<NotationVerdict>& verdict) {
  REQUIRE_FALSE(verdict.has_value());
  INFO(verdict.error().message);
  return verdict.error().step;
}

bool Logged(const Checked<NotationVerdict>& verdict, Step step) {
  return verdict && verdict->logged.size() == 1 && verdict->logged.front().step == step;
}

}  // namespace

TEST_CASE("No level lets a broken signature or another artifact pass", "[verify]") {
  Setup setup;
  for (const NotationLevel level : kLevels) {
    const std::string forged = JwsParts(setup.chain.leaf_key, setup.chain.chain()).Sign(setup.chain.root_key);
    CHECK(StepOf(setup.At(level, forged)) == Step::kSignature);
    CHECK(StepOf(setup.At(level, "{}")) == Step::kStructure);
    Setup other;
    other.target.digest = "sha256:" + std::string(64, '0');
    CHECK(StepOf(other.At(level, other.Envelope())) == Step::kSubject);
  }
}

TEST_CASE("A signer that is not trusted is refused, and at level audit told", "[verify]") {
  Setup setup;
  const bool by_identity = GENERATE(false, true);
  const bool signing_authority = GENERATE(false, true);
  if (by_identity) {
    setup.policy.identities = TrustedIdentities::Parse(std::vector<std::string>{"x509.subject:C=US,ST=WA,O=Other"}).value();
  } else {
    const MintedChain other(MintedKey::kP256);  // the same names, other keys
    setup.policy.stores = {.ca = Store(other.root), .signing_authority = Store(other.root), .tsa = {}};
  }
  const Step step = by_identity ? Step::kIdentity : Step::kChain;
  CHECK(StepOf(setup.At(NotationLevel::kStrict, setup.Envelope(signing_authority))) == step);
  CHECK(StepOf(setup.At(NotationLevel::kPermissive, setup.Envelope(signing_authority))) == step);
  const auto audit = setup.At(NotationLevel::kAudit, setup.Envelope(signing_authority));
  CHECK(Logged(audit, step));
  CHECK_FALSE(audit->authentic);
  CHECK(audit->identity.empty());
  CHECK(audit->times.empty());  // nobody trusted vouches for the time
}

TEST_CASE("Expiry, validity and unknown revocation are enforced at level strict and told below", "[verify]") {
  CertificateShape with_list = MintedChain::CodeSigningLeaf();
  with_list.extensions.emplace_back("crlDistributionPoints", "URI:http://crl.example/1");
  Setup setup(with_list);
  setup.policy.revocation = NotationAction::kSkip;
  Step step{};
  std::string envelope = setup.Envelope();
  SECTION("the signature has expired") {
    JwsParts parts(setup.chain.leaf_key, setup.chain.chain());
    parts.protected_header["crit"].push_back("io.cncf.notary.expiry");
    parts.protected_header["io.cncf.notary.expiry"] = "2026-05-20T00:00:00Z";
    envelope = parts.Sign(setup.chain.leaf_key);
    step = Step::kExpired;
  }
  SECTION("the chain has") {
    setup.now = kNotationNow + std::chrono::years(1);
    step = Step::kTime;
  }
  SECTION("the chain is not valid yet") {
    setup.now = kNotationNow - std::chrono::years(1);
    step = Step::kTime;
  }
  SECTION("no list was supplied") {
    setup.policy.revocation.reset();
    step = Step::kRevocationUnknown;
  }
  CHECK(StepOf(setup.At(NotationLevel::kStrict, envelope)) == step);
  for (const NotationLevel level : {NotationLevel::kPermissive, NotationLevel::kAudit}) {
    const auto verdict = setup.At(level, envelope);
    CHECK(Logged(verdict, step));
    CHECK(verdict->authentic);
  }
}

TEST_CASE("The fact that comes out says in reason words what did not hold", "[verify]") {
  CertificateShape with_list = MintedChain::CodeSigningLeaf();
  with_list.extensions.emplace_back("crlDistributionPoints", "URI:http://crl.example/1");
  for (const bool listed : {true, false}) {
    Setup setup(listed ? with_list : MintedChain::CodeSigningLeaf());
    setup.policy.level = NotationLevel::kPermissive;
    const NotationAuthority authority{"acme", "release", setup.policy, {}};
    const auto digest = Digest::Parse(kNotationDigest).value();
    const auto fact = VerifyNotationSignature("application/jose+json", setup.Envelope(), authority, digest, setup.target, setup.now);
    REQUIRE(fact.has_value());
    REQUIRE((*fact)->tolerated.size() == (listed ? 1 : 0));
    if (!listed) continue;
    CHECK((*fact)->tolerated[0].word == policy::ReasonWord::kRevocationUnknown);
    CHECK_THAT((*fact)->tolerated[0].message, Catch::Contains("no revocation list"));
  }
}

TEST_CASE("Only a policy that says so does without revocation", "[verify]") {
  CertificateShape with_list = MintedChain::CodeSigningLeaf();
  with_list.extensions.emplace_back("crlDistributionPoints", "URI:http://crl.example/1");
  Setup setup(with_list);
  const std::string envelope = setup.Envelope();
  CHECK(StepOf(setup.Verify(envelope)) == Step::kRevocationUnknown);
  setup.policy.revocation = NotationAction::kLog;
  CHECK(Logged(setup.Verify(envelope), Step::kRevocationUnknown));
  setup.policy.revocation = NotationAction::kSkip;
  CHECK(setup.Verify(envelope)->logged.empty());
  setup.policy.revocation = NotationAction::kEnforce;
  CHECK(StepOf(setup.At(NotationLevel::kPermissive, envelope)) == Step::kRevocationUnknown);
}

TEST_CASE("Each scheme has its own store", "[verify]") {
  Setup setup;
  setup.policy.stores.ca.clear();
  CHECK(StepOf(setup.Verify(setup.Envelope(false))) == Step::kChain);
  CHECK(setup.Verify(setup.Envelope(true)).has_value());
  std::swap(setup.policy.stores.ca, setup.policy.stores.signing_authority);
  CHECK(setup.Verify(setup.Envelope(false)).has_value());
  CHECK(StepOf(setup.Verify(setup.Envelope(true))) == Step::kChain);
}

TEST_CASE("Any certificate of the chain may be the trusted one, and it is compared byte by byte", "[verify]") {
  Setup setup;
  setup.policy.stores.ca = Store(setup.chain.leaf);
  CHECK(setup.Verify(setup.Envelope()).has_value());
  setup.policy.stores.ca =
      Store(MintCertificate(MintedChain::Root(), setup.chain.root_key, setup.chain.root_key));  // another serial number
  CHECK(StepOf(setup.Verify(setup.Envelope())) == Step::kChain);
}

TEST_CASE("A signing authority's time must lie inside the validity of its chain, not of today", "[verify]") {
  Setup setup;
  setup.now = kNotationNow + std::chrono::years(5);
  CHECK(setup.Verify(setup.Envelope(true)).value().times.size() == 1);
  JwsParts parts(setup.chain.leaf_key, setup.chain.chain(), true);
  for (const char* time : {"2025-12-31T23:59:59Z", "2027-01-01T00:00:01Z"}) {
    parts.protected_header["io.cncf.notary.authenticSigningTime"] = time;
    CHECK(StepOf(setup.Verify(parts.Sign(setup.chain.leaf_key))) == Step::kTime);
  }
}

TEST_CASE("User metadata, size and type are compared when they are known", "[verify]") {
  Setup setup;
  setup.target.user_metadata = {{"build", "7"}};
  setup.target.media_type = "application/vnd.oci.image.manifest.v1+json";
  setup.target.size = 528;
  CHECK(setup.Verify(setup.Envelope()).has_value());
  setup.target.user_metadata = {{"build", "8"}};
  CHECK(StepOf(setup.Verify(setup.Envelope())) == Step::kSubject);
  setup.target.user_metadata = {{"build", "7"}, {"branch", "main"}};
  CHECK(StepOf(setup.Verify(setup.Envelope())) == Step::kSubject);
  setup.target.user_metadata.clear();
  setup.target.media_type = "application/vnd.oci.image.index.v1+json";
  CHECK(StepOf(setup.Verify(setup.Envelope())) == Step::kSubject);
  setup.target.media_type.reset();
  setup.target.size = 529;
  CHECK(StepOf(setup.Verify(setup.Envelope())) == Step::kSubject);
}

TEST_CASE("An artifact reference has its own host and a digest", "[verify]") {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  CHECK(CheckNotationReference("registry.example/team/app" + digest));
  CHECK(CheckNotationReference("localhost:5000/app" + digest));
  for (const std::string& reference :
       {std::string(), "app" + digest, "team/app" + digest, std::string("registry.example/app"), std::string("registry.example/app:1"),
        "registry.example/app" + digest + "0", std::string("registry.example/app@sha256:"), std::string("registry.example/app@"),
        "registry.example" + digest})
    CHECK_FALSE(CheckNotationReference(reference));
}

TEST_CASE("Only an authentic signature becomes a fact", "[verify]") {
  Setup setup;
  NotationAuthority authority{"acme", "release", setup.policy, {}};
  const auto digest = Digest::Parse(kNotationDigest).value();
  const auto verify = [&] {
    return VerifyNotationSignature("application/jose+json", setup.Envelope(), authority, digest, setup.target, setup.now);
  };
  const auto fact = verify();
  REQUIRE(fact.has_value());
  CHECK((*fact)->publisher == "acme");
  CHECK((*fact)->signer.authority == "release");
  CHECK((*fact)->signer.identity == "x509.subject: CN=signer,O=Acme,ST=WA,C=US");
  CHECK((*fact)->format == "notation-jws");
  CHECK((*fact)->subject == digest);
  authority.policy.level = NotationLevel::kSkip;
  CHECK(verify().error().step == Step::kIdentity);
  authority.policy.level = NotationLevel::kAudit;
  authority.policy.stores.ca = Store(MintedChain(MintedKey::kP256).root);
  CHECK(verify().error().step == Step::kIdentity);
}

TEST_CASE("Level skip looks at nothing and proves nothing", "[verify]") {
  Setup setup;
  const auto verdict = setup.At(NotationLevel::kSkip, "nonsense");
  REQUIRE(verdict.has_value());
  CHECK(verdict->skipped);
  CHECK_FALSE(verdict->authentic);
}
