#include "verify/dsse.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/base64.h"
#include "support/minted_key.h"
#include "verify/signature.h"

namespace hullwright::verify {
using testing::MintedKey;

namespace {

const std::string kType(kInTotoPayloadType);
const std::string kPayload = "{\"_type\":\"https://in-toto.io/Statement/v1\"}";

PublicKey Public(const MintedKey& key) {
  return PublicKey::FromSpki(key.Spki()).value();
}

std::string Sign(const MintedKey& key, std::string_view type = kType, std::string_view payload = kPayload) {
  return key.Sign(AcceptedAlgorithms(Public(key)).front(), PreAuthenticationEncoding(type, payload));
}

std::string Envelope(const std::vector<std::string>& signatures, std::string_view type = kType, std::string_view payload = kPayload) {
  std::string list;
  for (const std::string& signature : signatures)
    list += fmt::format("{}{{\"sig\":\"{}\",\"keyid\":\"\"}}", list.empty() ? "" : ",", EncodeBase64(signature));
  return fmt::format("{{\"payload\":\"{}\",\"payloadType\":\"{}\",\"signatures\":[{}]}}", EncodeBase64(payload), type, list);
}

Checked<void> Verify(const std::string& envelope, const PublicKey& key) {
  const auto parsed = DsseEnvelope::Parse(envelope);
  if (!parsed) return std::unexpected(parsed.error());
  return VerifyDsse(*parsed, kType, key);
}

}  // namespace

TEST_CASE("The encoding that is signed counts bytes", "[verify]") {
  CHECK(PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(PreAuthenticationEncoding("ä", "") == "DSSEv1 2 ä 0 ");
}

TEST_CASE("An envelope verifies with its key and with no other, whatever the key's kind", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kP384, MintedKey::kP521, MintedKey::kRsa2048, MintedKey::kEd25519}) {
    const MintedKey key(type);
    const std::string envelope = Envelope({Sign(key)});
    CHECK(Verify(envelope, Public(key)).has_value());
    CHECK(Verify(envelope, Public(MintedKey(type))).error().step == Step::kSignature);
  }
}

TEST_CASE("An envelope has exactly one signature", "[verify]") {
  const MintedKey key(MintedKey::kP256);
  CHECK(Verify(Envelope({}), Public(key)).error().step == Step::kStructure);
  CHECK(Verify(Envelope({Sign(key), Sign(key)}), Public(key)).error().step == Step::kStructure);
  CHECK(DsseEnvelope::Parse(Envelope(std::vector<std::string>(65, "x"))).error().step == Step::kLimit);
}

TEST_CASE("Type and payload are both signed, and the type is held before the payload is looked at", "[verify]") {
  const MintedKey key(MintedKey::kP256);
  CHECK(Verify(Envelope({Sign(key)}, kType, kPayload + " "), Public(key)).error().step == Step::kSignature);
  CHECK(Verify(Envelope({Sign(key, "text/plain")}, "text/plain"), Public(key)).error().step == Step::kUnsupported);
  CHECK(Verify(Envelope({Sign(key, "text/plain")}), Public(key)).error().step == Step::kSignature);
  CHECK(Verify(Envelope({key.Sign(AcceptedAlgorithms(Public(key)).front(), kPayload)}), Public(key)).error().step == Step::kSignature);
}

TEST_CASE("Malformed envelopes are refused", "[verify]") {
  for (const std::string envelope :
       {"", "[]", "{}", R"({"payload":"","payloadType":"x","signatures":[],"extra":1})",
        R"({"payload":"e30","payloadType":"x","signatures":[]})", R"({"payload":"e3 0=","payloadType":"x","signatures":[]})",
        R"({"payload":1,"payloadType":"x","signatures":[]})", R"({"payload":"","payload":"","payloadType":"x","signatures":[]})",
        R"({"payload":"","payloadType":"x","signatures":{}})", R"({"payload":"-+==","payloadType":"x","signatures":[]})",
        R"({"payload":"","payloadType":"x","signatures":[{"sig":1}]})",
        R"({"payload":"","payloadType":"x","signatures":[{"sig":"","cert":""}]})"}) {
    INFO(envelope);
    CHECK_FALSE(DsseEnvelope::Parse(envelope).has_value());
  }
  CHECK(DsseEnvelope::Parse(R"({"payload":"-_8=","payloadType":"x","signatures":[]})")->payload == "\xfb\xff");
}

TEST_CASE("A threshold counts different keys, never signatures", "[verify]") {
  const MintedKey first(MintedKey::kP256);
  const MintedKey second(MintedKey::kEd25519);
  const std::vector keys = {Public(first), Public(second)};
  const auto met = [&](const std::vector<std::string>& signatures, const std::vector<PublicKey>& trusted, std::size_t threshold) {
    return VerifyDsseThreshold(DsseEnvelope::Parse(Envelope(signatures)).value(), {kType}, trusted, threshold).has_value();
  };
  CHECK(met({Sign(first), Sign(second)}, keys, 2));
  CHECK(met({Sign(second), "junk"}, keys, 1));
  CHECK_FALSE(met({Sign(first), Sign(first)}, keys, 2));
  CHECK_FALSE(met({Sign(first), Sign(first)}, {keys[0], keys[0]}, 2));
  CHECK_FALSE(met({}, keys, 0));
  CHECK_FALSE(met({Sign(first)}, {}, 1));
}

}  // namespace hullwright::verify
