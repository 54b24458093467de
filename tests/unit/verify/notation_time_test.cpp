// Time-stamps over a signature of Notary Project.
#include <catch2/catch.hpp>

#include "base/base64.h"
#include "support/minted_notation.h"
#include "support/minted_sigstore.h"
#include "verify/notation.h"

using namespace hullwright;
using namespace hullwright::verify;
using namespace hullwright::testing;

namespace {

constexpr auto kDay = std::chrono::hours(24);

const MintedChain& Chain() {
  static const MintedChain chain(MintedKey::kP256);
  return chain;
}

const MintedTimeStampAuthority& Tsa() {
  static const MintedTimeStampAuthority tsa({.embed_certificates = true});
  return tsa;
}

std::string Jws(const MintedTimeStampAuthority& tsa, Time time, bool signing_authority = false) {
  const JwsParts parts(Chain().leaf_key, Chain().chain(), signing_authority);
  return parts.Sign(Chain().leaf_key, [&](nlohmann::json& envelope) {
    const std::string signature = DecodeBase64(envelope["signature"].get<std::string>(), Base64Form::kUrlUnpadded).value();
    envelope["header"]["io.cncf.notary.timestampSignature"] = EncodeBase64(tsa.Token(signature, time));
  });
}

std::string WithoutToken() {
  return JwsParts(Chain().leaf_key, Chain().chain()).Sign(Chain().leaf_key);
}

Checked<NotationVerdict> Verify(const std::string& envelope, Time now, VerifyTimestamp when = VerifyTimestamp::kAlways,
                                std::vector<Certificate> tsa = {Tsa().root()}, std::string_view media_type = "application/jose+json") {
  const NotationPolicy policy{.stores = {.ca = {Certificate::FromDer(Chain().root).value()},
                                         .signing_authority = {Certificate::FromDer(Chain().root).value()},
                                         .tsa = std::move(tsa)},
                              .identities = TrustedIdentities::Parse(std::vector<std::string>{"*"}).value(),
                              .revocation = {},
                              .verify_timestamp = when};
  const NotationTarget target{.digest = std::string(kNotationDigest), .media_type = {}, .size = {}, .user_metadata = {}};
  return VerifyNotation(policy, {.media_type = media_type, .envelope = envelope, .target = target, .revocation = {}, .now = now});
}

Step StepOf(const Checked<NotationVerdict>& verdict) {
  REQUIRE_FALSE(verdict.has_value());
  INFO(verdict.error().message);
  return verdict.error().step;
}

const Time kStamped = kMintedTime;  // inside every validity
const Time kAfterExpiry = kNotationNow + std::chrono::years(2);

}  // namespace

TEST_CASE("A time-stamp keeps a signature good after its certificates have expired", "[verify]") {
  const auto verdict = Verify(Jws(Tsa(), kStamped), kAfterExpiry);
  REQUIRE(verdict.has_value());
  CHECK(verdict->times == std::vector{kStamped});
  CHECK(StepOf(Verify(Jws(Tsa(), kStamped), kAfterExpiry, VerifyTimestamp::kAlways, {})) == Step::kTime);  // without the store
}

TEST_CASE("A COSE envelope carries its time-stamp as bytes", "[verify]") {
  CoseParts parts(Chain().leaf_key, Chain().chain());
  CoseParts::Signed envelope = parts.Sign(Chain().leaf_key);
  parts.unprotected_header.emplace_back(cbor::Text("io.cncf.notary.timestampSignature"),
                                        cbor::Bytes(Tsa().Token(envelope.signature, kStamped)));
  envelope.unprotected = cbor::Map(parts.unprotected_header);
  CHECK(Verify(envelope.Encode(), kAfterExpiry, VerifyTimestamp::kAlways, {Tsa().root()}, "application/cose").has_value());
}

TEST_CASE("When a time-stamp is due follows the policy", "[verify]") {
  CHECK(StepOf(Verify(WithoutToken(), kNotationNow)) == Step::kTimestamp);
  CHECK(Verify(WithoutToken(), kNotationNow, VerifyTimestamp::kAfterCertExpiry).has_value());
  CHECK(StepOf(Verify(WithoutToken(), kAfterExpiry, VerifyTimestamp::kAfterCertExpiry)) == Step::kTimestamp);
  CHECK(Verify(Jws(Tsa(), kStamped), kAfterExpiry, VerifyTimestamp::kAfterCertExpiry).has_value());
  CHECK(Verify(WithoutToken(), kNotationNow, VerifyTimestamp::kAlways, {}).has_value());
  CHECK(Verify(JwsParts(Chain().leaf_key, Chain().chain(), true).Sign(Chain().leaf_key), kAfterExpiry).has_value());  // signing authority
}

TEST_CASE("The time-stamp and its accuracy lie inside the validity of every certificate", "[verify]") {
  const Time begin{std::chrono::sys_days{std::chrono::January / 1 / 2026}};
  const Time end{std::chrono::sys_days{std::chrono::January / 1 / 2027}};
  const std::chrono::seconds accuracy(1);  // what the minted authority says
  CHECK(Verify(Jws(Tsa(), begin + accuracy), kNotationNow).has_value());
  CHECK(Verify(Jws(Tsa(), end - accuracy), kNotationNow).has_value());
  CHECK(StepOf(Verify(Jws(Tsa(), begin), kNotationNow)) == Step::kTime);
  CHECK(StepOf(Verify(Jws(Tsa(), end), kNotationNow)) == Step::kTime);
  CHECK(StepOf(Verify(Jws(Tsa(), begin - kDay), kNotationNow)) == Step::kTime);
  CHECK(StepOf(Verify(Jws(Tsa(), end + kDay), kNotationNow)) == Step::kTime);
}

TEST_CASE("A time-stamp of somebody else, of other bytes or without its certificate is none", "[verify]") {
  const MintedTimeStampAuthority other({.embed_certificates = true});
  const MintedTimeStampAuthority silent({.embed_certificates = false});
  CHECK(StepOf(Verify(Jws(other, kStamped), kNotationNow)) == Step::kChain);
  CHECK(StepOf(Verify(Jws(silent, kStamped), kNotationNow, VerifyTimestamp::kAlways, {silent.root()})) == Step::kTimestamp);
  const std::string moved = JwsParts(Chain().leaf_key, Chain().chain()).Sign(Chain().leaf_key, [](nlohmann::json& envelope) {
    envelope["header"]["io.cncf.notary.timestampSignature"] = EncodeBase64(Tsa().Token("another signature", kStamped));
  });
  CHECK(StepOf(Verify(moved, kNotationNow)) == Step::kTimestamp);
  const std::string response = JwsParts(Chain().leaf_key, Chain().chain()).Sign(Chain().leaf_key, [](nlohmann::json& envelope) {
    const std::string signature = DecodeBase64(envelope["signature"].get<std::string>(), Base64Form::kUrlUnpadded).value();
    envelope["header"]["io.cncf.notary.timestampSignature"] = EncodeBase64(Tsa().Response(signature, kStamped));
  });
  CHECK(StepOf(Verify(response, kNotationNow)) == Step::kParse);  // a bare token is wanted
}

TEST_CASE("The time-stamp authority's certificate too must be known not to be revoked", "[verify]") {
  const MintedTimeStampAuthority listed({.embed_certificates = true, .leaf_list = "URI:http://crl.example/tsa"});
  CHECK(StepOf(Verify(Jws(listed, kStamped), kNotationNow, VerifyTimestamp::kAlways, {listed.root()})) == Step::kRevocationUnknown);
  CHECK(Verify(Jws(Tsa(), kStamped), kNotationNow).has_value());  // one that names no list cannot be revoked
}

TEST_CASE("No byte of a time-stamp can be changed to tell another time", "[verify]") {
  const std::string message = "a signature";
  const std::string token = Tsa().Token(message, kStamped);
  REQUIRE(VerifyNotationCountersignature(token, message, {Tsa().root()}).has_value());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string broken = token;
    broken[i] = static_cast<char>(broken[i] ^ 0x01);
    const auto stamp = VerifyNotationCountersignature(broken, message, {Tsa().root()});
    // CMS leaves a few bytes unsigned (the set of hash names, a version); they change nothing that is said.
    if (stamp) CHECK(stamp->time == kStamped);
    refused += stamp ? 0 : 1;
  }
  CHECK(refused > token.size() * 95 / 100);
}
