#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "tools/vector-runner/kinds.h"
#include "verify/dsse.h"
#include "verify/signature.h"
#include "verify/simple_signing.h"

namespace hullwright::vectors {
namespace {

using verify::PublicKey;
using verify::Reject;
using verify::Step;

std::optional<JsonElement> FindById(JsonElement list, std::string_view id) {
  for (const JsonElement element : JsonArray(list)) {
    if (TextMember(element, "id") == id) return element;
  }
  return std::nullopt;
}

std::vector<std::string> TextsOf(JsonElement object, std::string_view key) {
  std::vector<std::string> texts;
  const auto list = Member(object, key);
  if (!list) return texts;
  for (const JsonElement element : JsonArray(*list)) texts.emplace_back(std::string_view(element));
  return texts;
}

// The suite writes Ed25519 keys as 32 bytes in hex; before them goes the SPKI header of that type.
Checked<PublicKey> Ed25519Key(std::string_view hex) {
  const auto bytes = verify::FromHex(hex);
  if (!bytes) return std::unexpected(bytes.error());
  constexpr std::string_view kHeader("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  return PublicKey::FromSpki(std::string(kHeader) + *bytes);
}

Checked<std::vector<PublicKey>> TrustedKeys(JsonElement suite, JsonElement one) {
  std::vector<PublicKey> keys;
  const auto all = Member(suite, "keys");
  for (const std::string& name : TextsOf(one, "trustedKeys")) {
    const auto entry = all ? Member(*all, name) : std::nullopt;
    if (!entry || TextMember(*entry, "algorithm") != "ed25519") return Reject(Step::kUnsupported, "the suite has a key of another type");
    auto key = Ed25519Key(TextMember(*entry, "public"));
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  return keys;
}

Checked<void> MatchClaims(const Vector& vector, const verify::SimpleSigningPayload& payload) {
  if (const std::string text = vector.Text("artifact_digest"); !text.empty()) {
    const auto digest = Digest::Parse(text);
    if (!digest) return Reject(Step::kParse, digest.error().message);
    if (const auto same = verify::RequireDigest(payload, *digest); !same) return same;
  }
  const std::string text = vector.Text("reference");
  if (text.empty()) return {};
  const auto reference = ImageReference::Parse(text);
  if (!reference) return Reject(Step::kParse, reference.error().message);
  return verify::RequireReference(payload, *reference, verify::ReferenceMatch::kRepository);
}

Checked<void> VerifyByAnyKey(const Vector& vector, std::string_view message, std::string_view signature) {
  Checked<void> last = Reject(Step::kKey, "the case names no key");
  for (const std::string& file : vector.Texts("key")) {
    const auto key = PublicKey::FromPem(vector.Read(file));
    if (!key) return std::unexpected(key.error());
    last = verify::VerifySignature(*key, verify::AcceptedAlgorithms(*key), message, signature);
    if (last) return last;
  }
  return last;
}

}  // namespace

Checked<void> RunDsse(const Vector& vector) {
  const std::string text = vector.ReadFileOf("file");
  JsonReader reader;
  const auto suite = reader.Read(text);
  if (!suite) return Reject(Step::kParse, suite.error().message);
  const auto id = vector.Option("vector");
  const auto all = Member(*suite, "vectors");
  const auto one = id && all ? FindById(*all, std::string_view(*id)) : std::nullopt;
  const auto envelope_element = one ? Member(*one, "envelope") : std::nullopt;
  if (!envelope_element) return Reject(Step::kParse, "the suite has no such case");
  const auto envelope = verify::DsseEnvelope::Read(*envelope_element);
  if (!envelope) return std::unexpected(envelope.error());
  const auto keys = TrustedKeys(*suite, *one);
  if (!keys) return std::unexpected(keys.error());
  const auto threshold = vector.Option("threshold");
  return verify::VerifyDsseThreshold(*envelope, TextsOf(*one, "supportedPayloadTypes"), *keys, threshold ? std::uint64_t(*threshold) : 1);
}

Checked<void> RunSimpleSigningPayload(const Vector& vector) {
  const auto payload = verify::SimpleSigningPayload::Parse(vector.ReadFileOf("file"));
  if (!payload) return std::unexpected(payload.error());
  return {};
}

Checked<void> RunDetachedSignature(const Vector& vector) {
  const auto signature = DecodeBase64(vector.Text("signature_b64"));
  if (!signature) return Reject(Step::kParse, signature.error().message);
  const std::string message = vector.ReadFileOf("file");
  if (const auto verified = VerifyByAnyKey(vector, message, *signature); !verified) return verified;
  const auto payload = verify::SimpleSigningPayload::Parse(message);
  if (!payload) return std::unexpected(payload.error());
  return MatchClaims(vector, *payload);
}

}  // namespace hullwright::vectors
