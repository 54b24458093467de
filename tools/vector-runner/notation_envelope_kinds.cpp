#include <fmt/format.h>

#include "base/base64.h"
#include "base/clock.h"
#include "tools/vector-runner/notation_kinds.h"
#include "verify/cbor.h"
#include "verify/hash.h"
#include "verify/notation.h"

namespace hullwright::vectors {
namespace {

using verify::Checked;
using verify::Reject;
using verify::Step;

// The suites judge at the time of the run; what they expect to be valid ends in 2033 at the earliest.
Time Now() {
  return SystemClock().Now();
}

Checked<verify::NotationTrustStores> ReadStores(const Vector& vector) {
  verify::NotationTrustStores stores;
  for (const std::string& path : vector.Texts("trust_stores")) {
    const auto store = ReadStoreFolder(vector, path);
    if (!store) return std::unexpected(store.error());
    const std::string type = std::filesystem::path(path).parent_path().filename().string();
    auto& place = type == "ca" ? stores.ca : type == "tsa" ? stores.tsa : stores.signing_authority;
    place.insert(place.end(), store->begin(), store->end());
  }
  return stores;
}

Checked<verify::NotationLevel> ReadLevel(const std::string& level) {
  using enum verify::NotationLevel;
  if (level.empty() || level == "strict") return kStrict;
  if (level == "permissive") return kPermissive;
  if (level == "audit") return kAudit;
  if (level == "skip") return kSkip;
  return Reject(Step::kUnsupported, fmt::format("level \"{}\"", level));
}

Checked<verify::NotationPolicy> ReadPolicy(const Vector& vector) {
  auto stores = ReadStores(vector);
  if (!stores) return std::unexpected(stores.error());
  auto texts = vector.Texts("identity");
  if (!Member(vector.entry(), "identity")) texts = {"*"};  // the suite applies no identity policy
  auto identities = verify::TrustedIdentities::Parse(texts);
  if (!identities) return std::unexpected(identities.error());
  const auto level = ReadLevel(vector.Text("level"));
  if (!level) return std::unexpected(level.error());
  return verify::NotationPolicy{.stores = *std::move(stores), .identities = *std::move(identities), .level = *level, .revocation = {}};
}

verify::NotationTarget ReadTarget(const Vector& vector) {
  verify::NotationTarget target{.digest = vector.Text("artifact_digest"), .media_type = {}, .size = {}, .user_metadata = {}};
  if (const auto media_type = vector.Option("artifact_media_type")) target.media_type = std::string(media_type->get_string().value());
  if (const auto size = vector.Option("artifact_size")) target.size = size->get_uint64().value();
  if (const auto metadata = vector.Option("user_metadata")) {
    for (const auto field : JsonObject(*metadata)) target.user_metadata.emplace(field.key, field.value.get_string().value());
  }
  return target;
}

Checked<verify::VerifyTimestamp> ReadVerifyTimestamp(const std::string& text) {
  if (text.empty() || text == "always") return verify::VerifyTimestamp::kAlways;
  if (text == "afterCertExpiry") return verify::VerifyTimestamp::kAfterCertExpiry;
  return Reject(Step::kUnsupported, fmt::format("verify_timestamp \"{}\"", text));
}

Checked<std::vector<verify::Certificate>> ReadTsaStore(const Vector& vector) {
  const std::string path = vector.Text("tsa_store");
  if (path.empty()) return std::vector<verify::Certificate>{};
  return ReadStoreFolder(vector, path);
}

Checked<void> Expect(bool holds, std::string_view what) {
  if (holds) return {};
  return Reject(Step::kStructure, fmt::format("{} is not as the suite says", what));
}

Checked<void> CheckJwsEncoding(JsonElement document, std::string_view text) {
  const auto envelope = verify::DecodeNotationJws(text);
  if (!envelope) return std::unexpected(envelope.error());
  const auto encoded = [](const std::string& bytes) { return EncodeBase64(bytes, Base64Form::kUrlUnpadded); };
  if (encoded(envelope->payload) != TextMember(document, "payload")) return Expect(false, "payload");
  if (encoded(envelope->protected_bytes) != TextMember(document, "protected")) return Expect(false, "protected header");
  if (encoded(envelope->signature) != TextMember(document, "signature")) return Expect(false, "signature");
  if (envelope->attributes.content_type.empty() || envelope->attributes.algorithm.empty()) return Expect(false, "signed attributes");
  const auto header = Member(document, "header");
  return Expect(header && envelope->signing_agent == TextMember(*header, verify::kAgentName), "signing agent");
}

std::string Hex(JsonElement parent, std::string_view object, std::string_view key) {
  const auto member = object.empty() ? std::optional(parent) : Member(parent, object);
  std::string hex(member ? TextMember(*member, key) : std::string_view());
  for (char& c : hex)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return verify::FromHex(hex).value();
}

bool IsTime(const std::optional<Time>& time, JsonElement document, std::string_view key) {
  const auto seconds = Member(document, key);
  return time && seconds && *time == Time{std::chrono::seconds{seconds->get_int64().value()}};
}

Checked<void> CheckCoseEncoding(JsonElement document) {
  const std::string bytes = Hex(document, "expectedOutput", "cborHex");
  const auto envelope = verify::DecodeNotationCose(bytes);
  if (!envelope) return std::unexpected(envelope.error());
  if (envelope->protected_bytes != Hex(document, "protectedHeaders", "cborHex")) return Expect(false, "protected header");
  if (envelope->payload != Hex(document, "", "payload")) return Expect(false, "payload");
  if (!bytes.ends_with(envelope->signature)) return Expect(false, "signature");
  const std::string unprotected = Hex(document, "unprotectedHeaders", "cborHex");
  const auto map = verify::ReadCbor(unprotected);
  if (!map) return std::unexpected(map.error());
  const verify::CborValue* agent = map->Find(verify::kAgentName);
  if (agent == nullptr || agent->bytes != envelope->signing_agent) return Expect(false, "signing agent");
  return Expect(
      IsTime(envelope->attributes.signing_time, document, "signingTime") && IsTime(envelope->attributes.expiry, document, "expiry"),
      "times");
}

}  // namespace

Checked<void> RunNotationEnvelope(const Vector& vector) {
  const auto policy = ReadPolicy(vector);
  if (!policy) return std::unexpected(policy.error());
  const verify::NotationTarget target = ReadTarget(vector);
  const std::string envelope = vector.ReadFileOf("file");
  const std::string media_type = vector.Text("media_type");
  const auto verdict =
      verify::VerifyNotation(*policy, {.media_type = media_type, .envelope = envelope, .target = target, .revocation = {}, .now = Now()});
  return verdict ? Checked<void>{} : std::unexpected(verdict.error());
}

Checked<void> RunNotationAuthenticTimestamp(const Vector& vector) {
  const auto tsa = ReadTsaStore(vector);
  if (!tsa) return std::unexpected(tsa.error());
  const auto when = ReadVerifyTimestamp(vector.Text("verify_timestamp"));
  if (!when) return std::unexpected(when.error());
  const auto signature = verify::VerifyNotationIntegrity(vector.Text("media_type"), vector.ReadFileOf("file"));
  if (!signature) return std::unexpected(signature.error());
  const auto stamp = verify::VerifyNotationTime(*signature, *tsa, *when, Now());
  return stamp ? Checked<void>{} : std::unexpected(stamp.error());
}

Checked<void> RunNotationCountersignature(const Vector& vector) {
  const auto tsa = ReadTsaStore(vector);
  if (!tsa) return std::unexpected(tsa.error());
  const std::string token = vector.ReadFileOf("file");
  const auto options = Member(vector.entry(), "options");
  const auto message = vector.Option("message");
  if (options && !message) {  // null: only the structure
    const auto read = verify::TimeStampToken::FromToken(token);
    return read ? Checked<void>{} : std::unexpected(read.error());
  }
  // Without the option the suite's tokens are over this text.
  const std::string_view bytes = message ? message->get_string().value() : std::string_view("notation");
  const auto stamp = verify::VerifyNotationCountersignature(token, bytes, *tsa);
  return stamp ? Checked<void>{} : std::unexpected(stamp.error());
}

Checked<void> RunNotationEncoding(const Vector& vector) {
  const std::string text = vector.ReadFileOf("file");
  JsonReader reader;
  const auto document = reader.Read(text);
  if (!document) return Reject(Step::kParse, document.error().message);
  return Member(*document, "expectedOutput") ? CheckCoseEncoding(*document) : CheckJwsEncoding(*document, text);
}

}  // namespace hullwright::vectors
