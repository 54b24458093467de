#include "verify/tuf_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/canonical_json.h"
#include "verify/hash.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxSignatures = 64;
constexpr std::int64_t kMaxThreshold = 64;

// SubjectPublicKeyInfo of a P-256 point and of an Ed25519 key, up to the key's own bytes (RFC 5480, RFC 8410).
constexpr std::string_view kP256Prefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", 26);
constexpr std::string_view kEd25519Prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);

// The first roots of Sigstore wrote ECDSA keys as a point in hex, later ones as PEM.
Checked<PublicKey> ReadPublicKey(std::string_view text, std::string_view prefix) {
  if (text.starts_with("-----BEGIN")) return PublicKey::FromPem(text);
  const auto bytes = FromHex(text);
  if (!bytes) return std::unexpected(bytes.error());
  return PublicKey::FromSpki(std::string(prefix) + *bytes);
}

struct KnownScheme {
  std::string_view name;
  KeyType key_type;
  SignatureAlgorithm algorithm;
  std::string_view spki_prefix;  // of a key in hex; "" where only PEM is written
};

const KnownScheme* FindScheme(std::string_view scheme) {
  static constexpr KnownScheme kSchemes[] = {
      {"ecdsa-sha2-nistp256", KeyType::kEcdsaP256, {Scheme::kEcdsa, HashAlgorithm::kSha256}, kP256Prefix},
      {"ecdsa-sha2-nistp384", KeyType::kEcdsaP384, {Scheme::kEcdsa, HashAlgorithm::kSha384}, ""},
      {"ed25519", KeyType::kEd25519, {Scheme::kEd25519, HashAlgorithm::kSha512}, kEd25519Prefix},
      {"rsassa-pss-sha256", KeyType::kRsa, {Scheme::kRsaPss, HashAlgorithm::kSha256}, ""},
  };
  const auto* const found = std::ranges::find(kSchemes, scheme, &KnownScheme::name);
  return found == std::end(kSchemes) ? nullptr : found;
}

// nullopt: of a scheme that we do not know.
Checked<std::optional<TufKey>> ReadKey(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a key of the root metadata");
  if (!fields) return std::unexpected(fields.error());
  const auto scheme_name = fields->Text("scheme");
  if (!scheme_name) return std::unexpected(scheme_name.error());
  const auto value = fields->Object("keyval");
  if (!value) return std::unexpected(value.error());
  const auto text = value->Text("public");
  if (!text) return std::unexpected(text.error());
  const KnownScheme* scheme = FindScheme(*scheme_name);
  if (scheme == nullptr) return std::optional<TufKey>();
  auto key = ReadPublicKey(*text, scheme->spki_prefix);
  if (!key) return std::unexpected(key.error());
  if (key->type() != scheme->key_type) return Reject(Step::kStructure, "a key of the root metadata does not fit its scheme");
  return TufKey{std::move(*key), scheme->algorithm};
}

Checked<std::vector<TufSignature>> ReadSignatures(const JsonFields& root) {
  std::vector<TufSignature> signatures;
  const auto entries = root.List("signatures", kMaxSignatures);
  if (!entries) return std::unexpected(entries.error());
  for (const JsonElement element : *entries) {
    const auto fields = JsonFields::Of(element, "a signature of the metadata");
    if (!fields) return std::unexpected(fields.error());
    const auto id = fields->Text("keyid");
    if (!id) return std::unexpected(id.error());
    const auto text = fields->Text("sig");
    if (!text) return std::unexpected(text.error());
    auto bytes = FromHex(*text);
    if (!bytes) return std::unexpected(bytes.error());
    signatures.push_back({std::string(*id), std::move(*bytes)});
  }
  return signatures;
}

Checked<void> ReadCommon(const JsonFields& part, std::string_view type, TufMetadata& metadata) {
  const auto found = part.Text("_type");
  if (!found) return std::unexpected(found.error());
  if (*found != type)
    return Reject(Step::kStructure, fmt::format("the metadata is of type \"{}\" instead of {}", Printable(*found, 32), type));
  const auto specification = part.Text("spec_version");
  if (!specification) return std::unexpected(specification.error());
  if (*specification != "1" && !specification->starts_with("1.")) {
    return Reject(Step::kUnsupported, fmt::format("version {} of TUF is not supported", Printable(*specification, 16)));
  }
  metadata.type = type;
  if (const auto read = Store(part.Integer("version"), metadata.version); !read) return read;
  if (metadata.version < 1) return Reject(Step::kStructure, "the version of the metadata is not positive");
  return Store(part.Timestamp("expires"), metadata.expires);
}

}  // namespace

Checked<TufDocument> ReadTufDocument(JsonReader& reader, std::string_view json, std::string_view type) {
  const auto root = ReadJson(reader, json, limits::kTrustRootBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, fmt::format("the {} metadata", type));
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"signed", "signatures"}); !known) return std::unexpected(known.error());
  auto part = fields->Object("signed");
  if (!part) return std::unexpected(part.error());
  TufDocument document{{}, std::move(*part)};
  TufMetadata& metadata = document.metadata;
  if (const auto read = ReadCommon(document.signed_part, type, metadata); !read) return std::unexpected(read.error());
  if (const auto read = Store(OlpcCanonicalJson(document.signed_part.element()), metadata.canonical); !read)
    return std::unexpected(read.error());
  if (const auto read = Store(ReadSignatures(*fields), metadata.signatures); !read) return std::unexpected(read.error());
  return document;
}

Checked<TufKeys> ReadTufKeys(const JsonFields& signed_part) {
  const auto entries = signed_part.Object("keys");
  if (!entries) return std::unexpected(entries.error());
  TufKeys keys;
  for (const auto member : JsonObject(entries->element())) {
    if (keys.size() == kMaxKeys) return Reject(Step::kLimit, fmt::format("the root metadata has more than {} keys", kMaxKeys));
    auto key = ReadKey(member.value);
    if (!key) return std::unexpected(key.error());
    if (*key) keys.emplace(member.key, std::move(**key));
  }
  return keys;
}

Checked<TufRole> ReadTufRole(const JsonFields& roles, std::string_view name, const TufKeys& keys) {
  const auto fields = roles.Object(name);
  if (!fields) return std::unexpected(fields.error());
  const auto threshold = fields->Integer("threshold");
  if (!threshold) return std::unexpected(threshold.error());
  if (*threshold < 1 || *threshold > kMaxThreshold) {
    return Reject(Step::kStructure, fmt::format("the threshold of the role {} is {}", name, *threshold));
  }
  TufRole role{{}, static_cast<std::size_t>(*threshold)};
  const auto ids = fields->List("keyids", kMaxKeys);
  if (!ids) return std::unexpected(ids.error());
  for (const JsonElement element : *ids) {
    std::string_view id;
    if (element.get(id) != simdjson::SUCCESS) return Reject(Step::kStructure, fmt::format("a key id of the role {} is no string", name));
    const auto key = keys.find(id);
    if (key != keys.end()) role.keys.insert(*key);
  }
  return role;
}

Checked<void> RequireRole(const TufMetadata& metadata, const TufRole& role) {
  std::set<std::string_view> signers;
  for (const TufSignature& signature : metadata.signatures) {
    const auto found = role.keys.find(signature.key_id);
    if (found == role.keys.end()) continue;
    const auto& [key, algorithm] = found->second;
    if (signers.contains(key.spki())) continue;
    if (VerifySignature(key, algorithm, metadata.canonical, signature.signature)) signers.insert(key.spki());
  }
  if (signers.size() >= role.threshold) return {};
  return Reject(Step::kTrustRoot, fmt::format("version {} of the {} metadata is signed by {} of the keys of its role, {} wanted",
                                              metadata.version, metadata.type, signers.size(), role.threshold));
}

Checked<void> RequireFresh(const TufMetadata& metadata, Time now) {
  if (now < metadata.expires) return {};
  return Reject(Step::kTrustRoot, fmt::format("version {} of the {} metadata expired at {}", metadata.version, metadata.type,
                                              FormatRfc3339(metadata.expires)));
}

}  // namespace hullwright::verify
