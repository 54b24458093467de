#include "verify/revocation.h"

#include <catch2/catch.hpp>
#include <functional>

#include "support/minted_certificate.h"
#include "support/minted_revocation.h"
#include "verify/crl.h"

using namespace hullwright;
using namespace hullwright::verify;
using namespace hullwright::testing;

namespace {

const Time kNow{std::chrono::sys_days{std::chrono::June / 1 / 2026}};
constexpr auto kDay = std::chrono::hours(24);

// A leaf that names a list, OCSP, or both.
struct Pki : MintedChain {
  explicit Pki(std::vector<MintedExtension> more) : MintedChain(MintedKey::kP256, Leaf(std::move(more))) {}

  static CertificateShape Leaf(std::vector<MintedExtension> more) {
    CertificateShape shape = CodeSigningLeaf();
    shape.extensions.insert(shape.extensions.end(), more.begin(), more.end());
    return shape;
  }

  Checked<void> Check(const RevocationMaterial& material, std::optional<Time> signed_at = std::nullopt) const {
    const std::vector<Certificate> certificates = {Certificate::FromDer(leaf).value(), Certificate::FromDer(root).value()};
    return CheckRevocation(certificates, material, kNow, signed_at);
  }
  std::string Crl(CrlShape shape) const { return MintCrl(shape, root, root_key); }
  std::string Ocsp(int status) const {
    return MintOcsp({.status = status, .this_update = kNow - kDay, .next_update = kNow + kDay}, leaf, root, root, root_key);
  }
};

const MintedExtension kList = {"crlDistributionPoints", "URI:http://crl.example/1"};
const MintedExtension kOcsp = {"authorityInfoAccess", "OCSP;URI:http://ocsp.example"};
const MintedExtension kFreshest = {"freshestCRL", "URI:http://crl.example/delta"};

const Pki& WithList() {
  static const Pki pki({kList});
  return pki;
}

CrlShape Fresh() {
  return {.this_update = kNow - kDay, .next_update = kNow + kDay, .base_number = {}, .revoked = {}, .extensions = {}};
}

bool IsUnknown(const Checked<void>& checked) {
  return !checked && checked.error().step == Step::kRevocationUnknown;
}

bool IsRevoked(const Checked<void>& checked) {
  return !checked && checked.error().step == Step::kRevoked;
}

}  // namespace

TEST_CASE("A certificate that names neither list nor responder cannot be revoked", "[verify]") {
  const Pki pki({});
  CHECK(pki.Check({}));
  CHECK(pki.Check({.crls = {"nonsense"}, .ocsp_responses = {"nonsense"}}));
}

TEST_CASE("A current list of the issuer decides", "[verify]") {
  const Pki& pki = WithList();
  CHECK(pki.Check({.crls = {pki.Crl(Fresh())}, .ocsp_responses = {}}));
  CrlShape shape = Fresh();
  shape.revoked = {{pki.leaf, {}, {}}};
  CHECK(IsRevoked(pki.Check({.crls = {pki.Crl(shape)}, .ocsp_responses = {}})));
  // An older list that is still current does not hide it.
  CHECK(IsRevoked(pki.Check({.crls = {pki.Crl(Fresh()), pki.Crl(shape)}, .ocsp_responses = {}})));
  shape.revoked = {{pki.leaf, 6, {}}};  // certificateHold
  CHECK(IsRevoked(pki.Check({.crls = {pki.Crl(shape)}, .ocsp_responses = {}})));
  shape.revoked = {{pki.root, {}, {}}};
  CHECK(pki.Check({.crls = {pki.Crl(shape)}, .ocsp_responses = {}}));
}

TEST_CASE("Without a list that can be relied on revocation is unknown, never good", "[verify]") {
  const Pki& pki = WithList();
  const Pki other({kList});
  const auto with = [&](const std::string& list) { return IsUnknown(pki.Check({.crls = {list}, .ocsp_responses = {}})); };
  const auto shaped = [&](const std::function<void(CrlShape&)>& change) {
    CrlShape shape = Fresh();
    change(shape);
    return with(pki.Crl(shape));
  };
  CHECK(IsUnknown(pki.Check({})));
  CHECK(with("nonsense"));
  CHECK(with(pki.Crl(Fresh()) + "x"));
  CHECK(with(MintCrl(Fresh(), pki.root, other.root_key)));  // the issuer's name, another key
  CHECK(with(MintCrl(Fresh(), pki.leaf, pki.root_key)));    // another issuer
  CHECK(shaped([](CrlShape& shape) { shape.next_update = kNow - kDay / 2; }));
  CHECK(shaped([](CrlShape& shape) { shape.this_update = kNow + kDay / 2; }));
  CHECK(shaped([](CrlShape& shape) { shape.next_update.reset(); }));
  CHECK(shaped([](CrlShape& shape) { shape.hash = "SHA1"; }));
  CHECK(shaped([](CrlShape& shape) { shape.base_number = 1; }));  // a delta alone
  CHECK(shaped([](CrlShape& shape) { shape.extensions = {{"1.2.3.4", "critical,DER:0500"}}; }));
  for (const char* point : {"critical,onlyCA:TRUE", "critical,onlyAA:TRUE", "critical,indirectCRL:TRUE",
                            "critical,onlysomereasons:keyCompromise", "critical,fullname:URI:http://crl.example/2"})
    CHECK(shaped([&](CrlShape& shape) { shape.extensions = {{"issuingDistributionPoint", point}}; }));
  for (const char* point : {"critical,onlyuser:TRUE", "critical,fullname:URI:http://crl.example/1"})
    CHECK_FALSE(shaped([&](CrlShape& shape) { shape.extensions = {{"issuingDistributionPoint", point}}; }));
  std::string flipped = pki.Crl(Fresh());
  flipped[flipped.size() - 5] = static_cast<char>(flipped[flipped.size() - 5] ^ 1);
  CHECK(with(flipped));
}

TEST_CASE("An issuer whose certificate does not sign lists signs none", "[verify]") {
  CertificateShape root = MintedChain::Root();
  root.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  const MintedChain chain(MintedKey::kP256, Pki::Leaf({kList}), root);
  const std::vector<Certificate> certificates = {Certificate::FromDer(chain.leaf).value(), Certificate::FromDer(chain.root).value()};
  CHECK(IsUnknown(CheckRevocation(certificates, {.crls = {MintCrl(Fresh(), chain.root, chain.root_key)}, .ocsp_responses = {}}, kNow)));
}

TEST_CASE("A signature from before the day of compromise stays good when somebody vouches for its time", "[verify]") {
  const Pki& pki = WithList();
  CrlShape shape = Fresh();
  shape.revoked = {{pki.leaf, 1, kNow - 10 * kDay}};
  const RevocationMaterial material{.crls = {pki.Crl(shape)}, .ocsp_responses = {}};
  CHECK(pki.Check(material, kNow - 11 * kDay));
  CHECK(IsRevoked(pki.Check(material, kNow - 10 * kDay)));
  CHECK(IsRevoked(pki.Check(material)));
}

TEST_CASE("A delta changes its base, and is wanted where one is announced", "[verify]") {
  const Pki pki({kList, kFreshest});
  const auto delta = [&](long number, long base, std::vector<RevokedEntry> revoked) {
    CrlShape shape = Fresh();
    shape.number = number;
    shape.base_number = base;
    shape.revoked = std::move(revoked);
    return pki.Crl(shape);
  };
  const auto base = [&](std::vector<RevokedEntry> revoked) {
    CrlShape shape = Fresh();
    shape.number = 5;
    shape.revoked = std::move(revoked);
    return pki.Crl(shape);
  };
  const auto check = [&](std::vector<std::string> lists) { return pki.Check({.crls = std::move(lists), .ocsp_responses = {}}); };
  CHECK(IsUnknown(check({base({})})));
  CHECK(check({base({}), delta(6, 5, {})}));
  CHECK(check({base({}), delta(5, 4, {})}));
  CHECK(IsRevoked(check({base({}), delta(6, 5, {{pki.leaf, {}, {}}})})));
  CHECK(IsRevoked(check({base({{pki.leaf, {}, {}}}), delta(6, 5, {})})));
  CHECK(check({base({{pki.leaf, 6, {}}}), delta(6, 5, {{pki.leaf, 8, {}}})}));
  CHECK(IsUnknown(check({base({}), delta(7, 6, {})})));  // to a later base
  CHECK(IsUnknown(check({base({}), delta(4, 3, {})})));  // older than the base
  CHECK(IsUnknown(check({delta(6, 5, {})})));
}

TEST_CASE("An OCSP response of the issuer or its delegate decides before any list", "[verify]") {
  const Pki pki({kOcsp, kList});
  CrlShape revoking = Fresh();
  revoking.revoked = {{pki.leaf, {}, {}}};
  CHECK(pki.Check({.crls = {}, .ocsp_responses = {pki.Ocsp(0)}}));
  CHECK(pki.Check({.crls = {pki.Crl(revoking)}, .ocsp_responses = {pki.Ocsp(0)}}));
  CHECK(IsRevoked(pki.Check({.crls = {pki.Crl(Fresh())}, .ocsp_responses = {pki.Ocsp(1)}})));
  CHECK(IsRevoked(pki.Check({.crls = {}, .ocsp_responses = {pki.Ocsp(0), pki.Ocsp(1)}})));
  CHECK(IsUnknown(pki.Check({.crls = {}, .ocsp_responses = {pki.Ocsp(2)}})));
  CHECK(pki.Check({.crls = {pki.Crl(Fresh())}, .ocsp_responses = {pki.Ocsp(2)}}));
  CHECK(IsRevoked(pki.Check({.crls = {pki.Crl(revoking)}, .ocsp_responses = {}})));
  CHECK(IsUnknown(pki.Check({})));
}

TEST_CASE("An OCSP response that is not about this certificate, not current or not the issuer's tells nothing", "[verify]") {
  const Pki pki({kOcsp});
  const Pki other({kOcsp});
  const OcspShape good{.this_update = kNow - kDay, .next_update = kNow + kDay};
  const auto unknown = [&](const std::string& response) { return IsUnknown(pki.Check({.crls = {}, .ocsp_responses = {response}})); };
  const auto shaped = [&](const OcspShape& shape) { return unknown(MintOcsp(shape, pki.leaf, pki.root, pki.root, pki.root_key)); };
  CHECK_FALSE(shaped(good));
  CHECK(shaped({.this_update = kNow - kDay, .next_update = kNow - kDay / 2}));
  CHECK(shaped({.this_update = kNow + kDay / 2, .next_update = kNow + kDay}));
  CHECK(shaped({.this_update = kNow - kDay, .next_update = {}}));
  CHECK(shaped({.this_update = kNow - kDay, .next_update = kNow + kDay, .hash = "SHA1"}));
  CHECK(unknown("nonsense"));
  CHECK(unknown(pki.Ocsp(0) + "x"));
  CHECK(unknown(MintOcsp(good, other.leaf, pki.root, pki.root, pki.root_key)));
  CHECK(unknown(MintOcsp(good, pki.leaf, other.root, pki.root, pki.root_key)));
  CHECK(unknown(MintOcsp(good, pki.leaf, pki.root, other.root, other.root_key)));
  // No byte of "revoked" can be changed to something better.
  const std::string revoked = pki.Ocsp(1);
  for (std::size_t i = 0; i < revoked.size(); ++i) {
    std::string broken = revoked;
    broken[i] = static_cast<char>(broken[i] ^ 0x41);
    CHECK_FALSE(pki.Check({.crls = {}, .ocsp_responses = {broken}}).has_value());
  }
}

TEST_CASE("A responder counts when the issuer made it one and freed it from being checked", "[verify]") {
  const Pki pki({kOcsp});
  const MintedKey key(MintedKey::kP256);
  const OcspShape good{.this_update = kNow - kDay, .next_update = kNow + kDay};
  const auto by = [&](std::vector<MintedExtension> extensions, const MintedKey& issuer_key, std::string_view issuer) {
    CertificateShape shape;
    shape.subject = {{"CN", "responder"}};
    shape.extensions = std::move(extensions);
    const std::string responder = MintCertificate(shape, key, issuer_key, issuer);
    return pki.Check({.crls = {}, .ocsp_responses = {MintOcsp(good, pki.leaf, pki.root, responder, key)}});
  };
  const MintedExtension usage = {"keyUsage", "critical,digitalSignature"};
  const MintedExtension purpose = {"extendedKeyUsage", "OCSPSigning"};
  const MintedExtension nocheck = {"noCheck", "ignored"};
  CHECK(by({usage, purpose, nocheck}, pki.root_key, pki.root));
  CHECK(IsUnknown(by({usage, purpose}, pki.root_key, pki.root)));
  CHECK(IsUnknown(by({usage, nocheck}, pki.root_key, pki.root)));
  CHECK(IsUnknown(by({usage, {"extendedKeyUsage", "codeSigning"}, nocheck}, pki.root_key, pki.root)));
  CHECK(IsUnknown(by({{"keyUsage", "critical,keyEncipherment"}, purpose, nocheck}, pki.root_key, pki.root)));
  const Pki other({});
  CHECK(IsUnknown(by({usage, purpose, nocheck}, other.root_key, other.root)));
  CHECK(IsUnknown(by({usage, purpose, nocheck}, pki.leaf_key, pki.leaf)));
}

TEST_CASE("The URLs of lists are read from the structure alone", "[verify]") {
  const auto read = [](std::string_view bytes) { return ReadDistributionPoints(bytes); };
  using namespace std::string_view_literals;
  CHECK(read("\x30\x06\x30\x04\xa0\x02\xa0\x00"sv).value().empty());
  CHECK(read("\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x01x"sv).value() == std::vector<std::string>{"x"});
  CHECK(read("\x30\x09\x30\x07\xa0\x05\xa0\x03\x85\x01\xff"sv).value().empty());
  CHECK(read("\x30\x00"sv).value().empty());
  for (const auto bytes : {""sv, "\x30\x04\x30\x02\xa0\x00"sv, "\x30\x01"sv, "\x30\x00\x00"sv, "\x31\x00"sv, "\x30\x02\x04\x00"sv,
                           "\x30\x80\x00\x00"sv, "\x30\x09\x30\x07\xa0\x05\xa0\x03\x86\x02x"sv})
    CHECK_FALSE(read(bytes).has_value());
}
