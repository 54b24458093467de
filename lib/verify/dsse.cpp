#include "verify/dsse.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"
#include "verify/signature.h"

namespace hullwright::verify {
namespace {

// DSSE alone lets a writer choose the alphabet; a text of both is nobody's.
Checked<std::string> ReadBase64(const JsonFields& fields, std::string_view key) {
  const auto text = fields.Text(key);
  if (!text) return std::unexpected(text.error());
  std::string standard(*text);
  if (text->find_first_of("+/") == std::string_view::npos) {
    std::ranges::replace(standard, '-', '+');
    std::ranges::replace(standard, '_', '/');
  }
  auto bytes = DecodeBase64(standard);
  if (!bytes) return Reject(Step::kParse, fmt::format("\"{}\" of {}: {}", key, fields.where(), bytes.error().message));
  return std::move(*bytes);
}

Checked<DsseSignature> ReadSignature(JsonElement element) {
  const auto fields = JsonFields::Of(element, "a signature of the DSSE envelope");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"sig", "keyid"}); !known) return std::unexpected(known.error());
  auto signature = ReadBase64(*fields, "sig");
  if (!signature) return std::unexpected(signature.error());
  const auto key_id = fields->OptionalText("keyid");
  if (!key_id) return std::unexpected(key_id.error());
  return DsseSignature{std::move(*signature), std::string(*key_id)};
}

Checked<void> CheckType(const DsseEnvelope& envelope, const std::vector<std::string>& allowed) {
  if (std::ranges::find(allowed, envelope.payload_type) != allowed.end()) return {};
  return Reject(Step::kUnsupported, fmt::format("the DSSE envelope carries \"{}\", expected \"{}\"", Printable(envelope.payload_type),
                                                fmt::join(allowed, "\" or \"")));
}

}  // namespace

Checked<DsseEnvelope> DsseEnvelope::Parse(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  return Read(*root);
}

Checked<DsseEnvelope> DsseEnvelope::Read(simdjson::dom::element element) {
  const auto fields = JsonFields::Of(element, "the DSSE envelope");
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"payload", "payloadType", "signatures"}); !known) return std::unexpected(known.error());
  const auto type = fields->Text("payloadType");
  if (!type) return std::unexpected(type.error());
  auto payload = ReadBase64(*fields, "payload");
  if (!payload) return std::unexpected(payload.error());
  const auto entries = fields->List("signatures", limits::kSignaturesPerImage);
  if (!entries) return std::unexpected(entries.error());
  DsseEnvelope envelope{std::string(*type), std::move(*payload), {}};
  for (const JsonElement entry : *entries) {
    auto signature = ReadSignature(entry);
    if (!signature) return std::unexpected(signature.error());
    envelope.signatures.push_back(std::move(*signature));
  }
  return envelope;
}

std::string DsseEnvelope::SignedBytes() const {
  return PreAuthenticationEncoding(payload_type, payload);
}

std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

Checked<void> VerifyDsse(const DsseEnvelope& envelope, std::string_view payload_type, const PublicKey& key) {
  if (const auto type = CheckType(envelope, {std::string(payload_type)}); !type) return type;
  if (envelope.signatures.size() != 1) {
    return Reject(Step::kStructure,
                  fmt::format("the DSSE envelope has {} signatures, exactly one is expected", envelope.signatures.size()));
  }
  return VerifySignature(key, AcceptedAlgorithms(key), envelope.SignedBytes(), envelope.signatures.front().signature);
}

Checked<void> VerifyDsseThreshold(const DsseEnvelope& envelope, const std::vector<std::string>& payload_types,
                                  const std::vector<PublicKey>& keys, std::size_t threshold) {
  if (threshold == 0) return Reject(Step::kStructure, "a threshold of 0 signatures proves nothing");
  if (const auto type = CheckType(envelope, payload_types); !type) return type;
  const std::string signed_bytes = envelope.SignedBytes();
  std::vector<const PublicKey*> signers;  // distinct
  for (const DsseSignature& signature : envelope.signatures) {
    for (const PublicKey& key : keys) {
      const bool counted = std::ranges::any_of(signers, [&key](const PublicKey* signer) { return *signer == key; });
      if (!counted && VerifySignature(key, AcceptedAlgorithms(key), signed_bytes, signature.signature)) signers.push_back(&key);
    }
  }
  if (signers.size() >= threshold) return {};
  return Reject(Step::kSignature, fmt::format("{} of {} wanted keys signed the DSSE envelope", signers.size(), threshold));
}

}  // namespace hullwright::verify
