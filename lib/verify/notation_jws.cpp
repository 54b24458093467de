// JWS (RFC 7515) in the flattened JSON form, as signature-envelope-jws.md narrows it.
#include <fmt/format.h>

#include <array>

#include "base/base64.h"
#include "base/json.h"
#include "base/rfc3339.h"
#include "verify/json_fields.h"
#include "verify/limits.h"
#include "verify/notation_envelope.h"

namespace hullwright::verify {
namespace {

std::unexpected<Failure> Malformed(std::string_view what, const Error& error) {
  return Reject(Step::kParse, fmt::format("JWS {}: {}", what, error.message));
}

Checked<JsonFields> ReadObject(JsonReader& reader, std::string_view text, std::string_view what) {
  const auto root = ReadJson(reader, text, limits::kEnvelopeBytes);
  if (!root) return Reject(root.error().step, fmt::format("{}: {}", what, root.error().message));
  return JsonFields::Of(*root, what);
}

Checked<std::string> UrlBytes(std::string_view name, std::string_view text) {
  auto bytes = DecodeBase64(text, Base64Form::kUrlUnpadded);
  if (!bytes) return Malformed(name, bytes.error());
  return *std::move(bytes);
}

// --- the protected header

Checked<Time> ReadTime(std::string_view name, JsonElement value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Reject(Step::kStructure, fmt::format("{} is no string", name));
  const auto time = ParseRfc3339(text);
  if (!time) return Malformed(name, time.error());
  return *time;
}

Checked<void> ReadCritical(JsonElement value, std::vector<std::string>& out) {
  constexpr std::size_t kMaxNames = 32;
  JsonArray names;
  if (value.get(names) != simdjson::SUCCESS || names.size() == 0) return Reject(Step::kStructure, "crit is no list of names");
  if (names.size() > kMaxNames) return Reject(Step::kLimit, fmt::format("crit lists {} names", names.size()));
  for (const JsonElement name : names) {
    std::string_view text;
    if (name.get(text) != simdjson::SUCCESS) return Reject(Step::kStructure, "crit lists something that is no name");
    out.emplace_back(text);
  }
  return {};
}

Checked<void> ReadText(std::string_view name, JsonElement value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return Reject(Step::kStructure, fmt::format("{} is no string", name));
  out = text;
  return {};
}

Checked<void> ReadAttribute(std::string_view name, JsonElement value, NotationAttributes& out) {
  if (name == "alg") return ReadText(name, value, out.algorithm);
  if (name == "cty") return ReadText(name, value, out.content_type);
  if (name == kSchemeName) return ReadText(name, value, out.scheme);
  if (name == "crit") return ReadCritical(value, out.critical);
  if (std::optional<Time>* place = out.TimeNamed(name)) {
    const auto time = ReadTime(name, value);
    if (!time) return std::unexpected(time.error());
    *place = *time;
    return {};
  }
  // "b64": false (RFC 7797) would change what is signed; it must be critical, and is refused there like every unknown name.
  out.others.emplace_back(name);
  return {};
}

Checked<NotationAttributes> ReadProtected(std::string_view text) {
  JsonReader reader;
  const auto root = ReadObject(reader, text, "the protected header of the JWS");
  if (!root) return std::unexpected(root.error());
  NotationAttributes attributes;
  for (const auto& [name, value] : JsonObject(root->element()))
    if (auto read = ReadAttribute(name, value, attributes); !read) return std::unexpected(read.error());
  return attributes;
}

// --- the unprotected header

Checked<void> ReadChain(const JsonFields& header, NotationEnvelope& out) {
  const auto chain = header.List("x5c", limits::kCertificatesPerChain);  // an absent one is judged as an empty chain
  if (!chain) return std::unexpected(chain.error());
  for (const JsonElement entry : *chain) {
    std::string_view text;
    if (entry.get(text) != simdjson::SUCCESS) return Reject(Step::kStructure, "x5c has an entry that is no string");
    auto der = DecodeBase64(text);
    if (!der) return Malformed("x5c", der.error());
    out.certificates.push_back(*std::move(der));
  }
  return {};
}

// Members that we do not know mean nothing to us: nobody signed them.
Checked<void> ReadHeader(const JsonFields& header, NotationEnvelope& out) {
  if (auto chain = ReadChain(header, out); !chain) return chain;
  const auto agent = header.OptionalText(kAgentName);
  if (!agent) return std::unexpected(agent.error());
  out.signing_agent = *agent;
  if (!header.Has(kTimestampName)) return {};
  auto token = header.Bytes(kTimestampName);
  if (!token) return std::unexpected(token.error());
  if (token->size() > limits::kTimeStampTokenBytes)
    return Reject(Step::kLimit, fmt::format("a time-stamp token of {} bytes", token->size()));
  out.timestamp_token = *std::move(token);
  return {};
}

// The three members that are signed or are the signature.
Checked<void> ReadSigned(const JsonFields& root, NotationEnvelope& out) {
  const std::array<std::pair<std::string_view, std::string*>, 3> members = {
      {{"protected", &out.protected_bytes}, {"payload", &out.payload}, {"signature", &out.signature}}};
  for (const auto& [name, place] : members) {
    const auto text = root.Text(name);
    if (!text) return std::unexpected(text.error());
    auto bytes = UrlBytes(name, *text);
    if (!bytes) return std::unexpected(bytes.error());
    *place = *std::move(bytes);
    // RFC 7515 section 5.1: what is signed is "protected.payload", as carried.
    if (name != "signature") out.signed_bytes += (out.signed_bytes.empty() ? "" : ".") + std::string(*text);
  }
  return {};
}

}  // namespace

Checked<NotationEnvelope> DecodeNotationJws(std::string_view text) {
  JsonReader reader;
  const auto root = ReadObject(reader, text, "the JWS");
  if (!root) return std::unexpected(root.error());
  if (root->Has("signatures")) return Reject(Step::kStructure, "a JWS in the general form: only the flattened one is allowed");
  if (auto sound = root->RefuseOthers({"payload", "protected", "header", "signature"}); !sound) return std::unexpected(sound.error());
  NotationEnvelope envelope;
  envelope.format = NotationFormat::kJws;
  if (auto read = ReadSigned(*root, envelope); !read) return std::unexpected(read.error());
  const auto header = root->Object("header");
  if (!header) return std::unexpected(header.error());
  if (auto read = ReadHeader(*header, envelope); !read) return std::unexpected(read.error());
  auto attributes = ReadProtected(envelope.protected_bytes);
  if (!attributes) return std::unexpected(attributes.error());
  envelope.attributes = *std::move(attributes);
  return envelope;
}

}  // namespace hullwright::verify
