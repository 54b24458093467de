// COSE tampering: no public suite has it.
#include <catch2/catch.hpp>
#include <set>

#include "support/minted_notation.h"
#include "verify/notation.h"

using namespace hullwright;
using namespace hullwright::verify;
using namespace hullwright::testing;
namespace cb = hullwright::testing::cbor;

namespace {

const std::string kScheme = cb::Text("io.cncf.notary.signingScheme");
const std::string kSigningTime = cb::Text("io.cncf.notary.signingTime");
const std::string kAuthenticTime = cb::Text("io.cncf.notary.authenticSigningTime");
const std::string kExpiry = cb::Text("io.cncf.notary.expiry");
const std::string kLater = cb::Tag(1, cb::Integer(1893456000));

const MintedChain& Chain() {
  static const MintedChain chain(MintedKey::kP256);
  return chain;
}

NotationPolicy Policy() {
  return {.stores = {.ca = {Certificate::FromDer(Chain().root).value()},
                     .signing_authority = {Certificate::FromDer(Chain().root).value()},
                     .tsa = {}},
          .identities = TrustedIdentities::Parse(std::vector<std::string>{"x509.subject:C=US,ST=WA,O=Acme"}).value(),
          .revocation = {}};
}

Checked<NotationVerdict> Verify(const std::string& envelope) {
  const NotationTarget target{.digest = std::string(kNotationDigest), .media_type = {}, .size = 528, .user_metadata = {}};
  return VerifyNotation(Policy(),
                        {.media_type = "application/cose", .envelope = envelope, .target = target, .revocation = {}, .now = kNotationNow});
}

CoseParts Parts(bool signing_authority = false) {
  return {Chain().leaf_key, Chain().chain(), signing_authority};
}

void CheckRefused(const std::string& envelope, std::set<Step> steps) {
  const auto verdict = Verify(envelope);
  REQUIRE_FALSE(verdict.has_value());
  INFO(ToString(verdict.error().step) << ": " << verdict.error().message);
  CHECK(steps.contains(verdict.error().step));
}

// The region of an encoded envelope that a byte string or map occupies.
struct Region {
  std::size_t begin, end;
};
Region Find(const std::string& envelope, const std::string& part) {
  const std::size_t at = envelope.rfind(part);
  REQUIRE(at != std::string::npos);
  return {at, at + part.size()};
}

}  // namespace

TEST_CASE("A COSE envelope of either scheme verifies", "[verify]") {
  const bool signing_authority = GENERATE(false, true);
  const auto verdict = Verify(Parts(signing_authority).Sign(Chain().leaf_key).Encode());
  REQUIRE(verdict.has_value());
  CHECK(verdict->authentic);
  CHECK(verdict->format == NotationFormat::kCose);
  CHECK(verdict->subject == "CN=signer,O=Acme,ST=WA,C=US");
  CHECK(verdict->identity == "x509.subject:C=US,ST=WA,O=Acme");
  CHECK(verdict->payload.annotations.at("build") == "7");
  CHECK(verdict->times.size() == (signing_authority ? 1 : 0));
  CHECK(verdict->logged.empty());
}

TEST_CASE("No byte of a COSE envelope can be changed", "[verify]") {
  const CoseParts::Signed good = Parts().Sign(Chain().leaf_key);
  const std::string envelope = good.Encode();
  const Region payload = Find(envelope, good.payload);
  const Region signature = Find(envelope, good.signature);
  const Region header = Find(envelope, good.protected_bytes);
  const int mask = GENERATE(0x01, 0x20, 0x80, 0xff);
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    INFO("byte " << i << " of " << envelope.size() << ", mask " << mask);
    std::string broken = envelope;
    broken[i] = static_cast<char>(broken[i] ^ mask);
    const bool is_content = (i >= payload.begin && i < payload.end) || (i >= signature.begin && i < signature.end);
    const bool is_header = i >= header.begin && i < header.end;
    if (is_content) {
      CheckRefused(broken, {Step::kSignature});
    } else if (is_header) {
      CheckRefused(broken, {Step::kParse, Step::kStructure, Step::kUnsupported, Step::kSignature, Step::kLimit, Step::kKey,
                            Step::kAlgorithm, Step::kCriticalExtension});
    } else {
      CheckRefused(broken, {Step::kParse, Step::kStructure, Step::kUnsupported, Step::kLimit, Step::kChain, Step::kCertificateUse,
                            Step::kKey, Step::kSignature, Step::kAlgorithm});
    }
  }
}

TEST_CASE("A COSE envelope cut off anywhere, or with a byte more, is none", "[verify]") {
  const std::string envelope = Parts().Sign(Chain().leaf_key).Encode();
  for (std::size_t size = 0; size < envelope.size(); ++size) CheckRefused(envelope.substr(0, size), {Step::kParse});
  CheckRefused(envelope + '\0', {Step::kParse});
  CheckRefused(envelope + envelope, {Step::kParse});
}

TEST_CASE("Each protected field of COSE is looked at, though its signature holds", "[verify]") {
  struct Case {
    const char* what;
    std::string label, value;  // an empty value removes the field
    Step step;
  };
  const std::string scheme_only = cb::Array({kScheme});
  const Case one = GENERATE_COPY(
      Case{"no algorithm", cb::Integer(1), "", Step::kAlgorithm},
      Case{"the algorithm of another key", cb::Integer(1), cb::Integer(-35), Step::kKey},
      Case{"an RSA algorithm", cb::Integer(1), cb::Integer(-37), Step::kKey},
      Case{"EdDSA", cb::Integer(1), cb::Integer(-8), Step::kAlgorithm},
      Case{"PKCS#1 v1.5", cb::Integer(1), cb::Integer(-257), Step::kAlgorithm},
      Case{"an HMAC", cb::Integer(1), cb::Integer(5), Step::kAlgorithm},
      Case{"an algorithm as text", cb::Integer(1), cb::Text("ES256"), Step::kAlgorithm},
      Case{"no crit", cb::Integer(2), "", Step::kStructure}, Case{"an empty crit", cb::Integer(2), cb::Array({}), Step::kStructure},
      Case{"crit that is no list", cb::Integer(2), kScheme, Step::kStructure},
      Case{"crit with a list inside", cb::Integer(2), cb::Array({kScheme, cb::Array({})}), Step::kStructure},
      Case{"crit without the scheme", cb::Integer(2), cb::Array({kSigningTime}), Step::kStructure},
      Case{"crit with an unknown name", cb::Integer(2), cb::Array({kScheme, cb::Text("x")}), Step::kCriticalExtension},
      Case{"crit with an unknown number", cb::Integer(2), cb::Array({kScheme, cb::Integer(99)}), Step::kCriticalExtension},
      Case{"crit with alg", cb::Integer(2), cb::Array({kScheme, cb::Integer(1)}), Step::kCriticalExtension},
      Case{"crit with a name twice", cb::Integer(2), cb::Array({kScheme, kScheme}), Step::kStructure},
      Case{"crit with an absent name", cb::Integer(2), cb::Array({kScheme, kExpiry}), Step::kStructure},
      Case{"no content type", cb::Integer(3), "", Step::kUnsupported},
      Case{"another content type", cb::Integer(3), cb::Text("application/json"), Step::kUnsupported},
      Case{"a content type as number", cb::Integer(3), cb::Integer(50), Step::kStructure}, Case{"no scheme", kScheme, "", Step::kStructure},
      Case{"an unknown scheme", kScheme, cb::Text("notary.pgp"), Step::kUnsupported},
      Case{"a scheme as bytes", kScheme, cb::Bytes("notary.x509"), Step::kStructure},
      Case{"the other scheme", kScheme, cb::Text("notary.x509.signingAuthority"), Step::kStructure},
      Case{"no time", kSigningTime, "", Step::kStructure}, Case{"a time without its tag", kSigningTime, cb::Integer(1), Step::kStructure},
      Case{"a time with another tag", kSigningTime, cb::Tag(0, cb::Text("2026-05-01T00:00:00Z")), Step::kStructure},
      Case{"a time with a text", kSigningTime, cb::Tag(1, cb::Text("now")), Step::kStructure},
      Case{"a time before 1970", kSigningTime, cb::Tag(1, cb::Integer(-1)), Step::kStructure},
      Case{"a time beyond the calendar", kSigningTime, cb::Tag(1, cb::Integer(1LL << 61)), Step::kStructure},
      Case{"a time with a float", kSigningTime, cb::Tag(1, "\xfa" + std::string(4, '\x3f')), Step::kParse},
      Case{"both times", kAuthenticTime, kLater, Step::kStructure},
      Case{"an expiry that is not critical", kExpiry, kLater, Step::kStructure},
      Case{"a plugin", cb::Text("io.cncf.notary.verificationPlugin"), cb::Text("p"), Step::kCriticalExtension},
      Case{"a plugin's version", cb::Text("io.cncf.notary.verificationPluginMinVersion"), cb::Text("1"), Step::kCriticalExtension},
      Case{"a label that is bytes", cb::Bytes("x"), cb::Integer(0), Step::kStructure});
  INFO(one.what);
  CoseParts parts = Parts();
  CoseParts::Set(parts.protected_header, one.label, one.value);
  CheckRefused(parts.Sign(Chain().leaf_key).Encode(), {one.step});
}

TEST_CASE("A protected field twice is refused, one that nobody knows is carried", "[verify]") {
  CoseParts parts = Parts();
  parts.protected_header.emplace_back(cb::Text("acme.build"), cb::Integer(7));
  CHECK(Verify(parts.Sign(Chain().leaf_key).Encode()).has_value());
  parts.protected_header.emplace_back(cb::Text("acme.build"), cb::Integer(7));
  CheckRefused(parts.Sign(Chain().leaf_key).Encode(), {Step::kParse});
}

TEST_CASE("An expiry is enforced, critical and after the signing", "[verify]") {
  const auto with = [](std::int64_t seconds) {
    CoseParts parts = Parts();
    CoseParts::Set(parts.protected_header, cb::Integer(2), cb::Array({kScheme, kExpiry}));
    CoseParts::Set(parts.protected_header, kExpiry, cb::Tag(1, cb::Integer(seconds)));
    return parts.Sign(Chain().leaf_key).Encode();
  };
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(kNotationNow.time_since_epoch()).count();
  CHECK(Verify(with(now + 1)).has_value());
  CheckRefused(with(now), {Step::kExpired});
  CheckRefused(with(now - 1), {Step::kExpired});
  CheckRefused(with(1777593600), {Step::kStructure});  // the moment of signing
}

TEST_CASE("The unprotected header of COSE carries a chain and nothing that should be signed", "[verify]") {
  struct Case {
    const char* what;
    std::string label, value;
    Step step;
  };
  const std::string leaf = cb::Bytes(Chain().leaf);
  const std::string root = cb::Bytes(Chain().root);
  const Case one = GENERATE_COPY(
      Case{"no chain", cb::Integer(33), "", Step::kChain}, Case{"an empty chain", cb::Integer(33), cb::Array({}), Step::kChain},
      Case{"a chain as one string", cb::Integer(33), leaf, Step::kStructure},
      Case{"the leaf alone", cb::Integer(33), cb::Array({leaf}), Step::kChain},
      Case{"the root alone", cb::Integer(33), cb::Array({root}), Step::kCertificateUse},
      Case{"root first", cb::Integer(33), cb::Array({root, leaf}), Step::kChain},
      Case{"the leaf twice", cb::Integer(33), cb::Array({leaf, leaf, root}), Step::kChain},
      Case{"the root twice", cb::Integer(33), cb::Array({leaf, root, root}), Step::kChain},
      Case{"text in the chain", cb::Integer(33), cb::Array({leaf, cb::Text("root")}), Step::kStructure},
      Case{"bytes behind a certificate", cb::Integer(33), cb::Array({cb::Bytes(Chain().leaf + "x"), root}), Step::kParse},
      Case{"eleven certificates", cb::Integer(33), cb::Array(std::vector(11, leaf)), Step::kLimit},
      Case{"alg in both headers", cb::Integer(1), cb::Integer(-7), Step::kStructure},
      Case{"the scheme in both headers", kScheme, cb::Text("notary.x509"), Step::kStructure},
      Case{"a time-stamp that is no bytes", cb::Text("io.cncf.notary.timestampSignature"), cb::Text("x"), Step::kStructure},
      Case{"a huge time-stamp", cb::Text("io.cncf.notary.timestampSignature"), cb::Bytes(std::string(300u << 10, 'x')), Step::kLimit},
      Case{"an agent that is no text", cb::Text("io.cncf.notary.signingAgent"), cb::Bytes("x"), Step::kStructure},
      Case{"a label that is a list", cb::Array({}), cb::Integer(0), Step::kStructure});
  INFO(one.what);
  CoseParts parts = Parts();
  CoseParts::Set(parts.unprotected_header, one.label, one.value);
  CheckRefused(parts.Sign(Chain().leaf_key).Encode(), {one.step});
}

TEST_CASE("A header moved out of protection is not read there", "[verify]") {
  CoseParts parts = Parts();
  CoseParts::Set(parts.protected_header, kScheme, "");
  CoseParts::Set(parts.unprotected_header, kScheme, cb::Text("notary.x509"));
  CheckRefused(parts.Sign(Chain().leaf_key).Encode(), {Step::kStructure});
}

TEST_CASE("What is not a COSE_Sign1 with its payload inside is refused", "[verify]") {
  const CoseParts::Signed good = Parts().Sign(Chain().leaf_key);
  const std::string header = cb::Bytes(good.protected_bytes);
  const std::string payload = cb::Bytes(good.payload);
  const std::string signature = cb::Bytes(good.signature);
  const auto refused = [](const std::string& envelope, Step step) { CheckRefused(envelope, {step}); };
  refused(cb::Array({header, good.unprotected, payload, signature}), Step::kStructure);               // without tag
  refused(cb::Tag(98, cb::Array({header, good.unprotected, payload, signature})), Step::kStructure);  // COSE_Sign
  refused(cb::Tag(17, cb::Array({header, good.unprotected, payload, signature})), Step::kStructure);  // COSE_Mac0
  refused(cb::Tag(18, cb::Tag(18, cb::Array({header, good.unprotected, payload, signature}))), Step::kStructure);
  refused(cb::Tag(18, cb::Array({header, good.unprotected, payload})), Step::kStructure);
  refused(cb::Tag(18, cb::Array({header, good.unprotected, payload, signature, signature})), Step::kStructure);
  refused(cb::Tag(18, cb::Array({header, good.unprotected, "\xf6", signature})), Step::kParse);  // detached: null
  refused(cb::Tag(18, cb::Array({good.protected_bytes, good.unprotected, payload, signature})), Step::kStructure);
  refused(cb::Tag(18, cb::Array({cb::Bytes(""), good.unprotected, payload, signature})), Step::kParse);
  refused(cb::Tag(18, cb::Array({cb::Bytes(good.protected_bytes + '\0'), good.unprotected, payload, signature})), Step::kParse);
  refused(cb::Tag(18, cb::Array({header, cb::Array({}), payload, signature})), Step::kStructure);
  refused(cb::Tag(18, cb::Array({header, good.unprotected, payload, cb::Bytes("")})), Step::kSignature);
  refused(cb::Tag(18, cb::Array({header, good.unprotected, payload, cb::Bytes(good.signature + '\0')})), Step::kSignature);
  refused("", Step::kParse);
}

TEST_CASE("A signature over other bytes than the Sig_structure does not hold", "[verify]") {
  CoseParts::Signed parts = Parts().Sign(Chain().leaf_key);
  for (const std::string& message :
       {parts.payload, cb::Array({cb::Text("Signature"), cb::Bytes(parts.protected_bytes), cb::Bytes(""), cb::Bytes(parts.payload)}),
        cb::Array({cb::Text("Signature1"), cb::Bytes(parts.protected_bytes), cb::Bytes("x"), cb::Bytes(parts.payload)}),
        cb::Array({cb::Text("Signature1"), cb::Bytes(""), cb::Bytes(""), cb::Bytes(parts.payload)})}) {
    parts.signature = SignForNotation(Chain().leaf_key, message);
    CheckRefused(parts.Encode(), {Step::kSignature});
  }
  parts.signature = Chain().leaf_key.Sign({Scheme::kEcdsa, HashAlgorithm::kSha256}, "DER instead of r and s");
  CheckRefused(parts.Encode(), {Step::kSignature});
  CheckRefused(Parts().Sign(Chain().root_key).Encode(), {Step::kSignature});
}
