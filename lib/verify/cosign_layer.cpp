#include "verify/cosign_layer.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "verify/json_fields.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::string_view kSignature = "dev.cosignproject.cosign/signature";
constexpr std::string_view kCertificate = "dev.sigstore.cosign/certificate";
constexpr std::string_view kChain = "dev.sigstore.cosign/chain";
constexpr std::string_view kLogEntry = "dev.sigstore.cosign/bundle";
constexpr std::string_view kTimestamp = "dev.sigstore.cosign/rfc3161timestamp";

// The value, or "" when the annotation is absent or empty: cosign writes some empty.
std::string_view Find(const Annotations& annotations, std::string_view key) {
  const auto annotation = annotations.find(key);
  return annotation == annotations.end() ? std::string_view() : annotation->second;
}

Checked<void> ReadSignature(const Annotations& annotations, CosignLayer& layer) {
  const std::string_view text = Find(annotations, kSignature);
  if (layer.media_type == kDsseMediaType) {
    if (!text.empty()) return Reject(Step::kStructure, "an attestation has a signature outside its envelope");
    auto envelope = DsseEnvelope::Parse(layer.bytes);
    if (!envelope) return std::unexpected(envelope.error());
    if (envelope->signatures.size() != 1) return Reject(Step::kStructure, "the envelope does not have exactly one signature");
    layer.signature = envelope->signatures.front().signature;
    layer.envelope = std::move(*envelope);
    return {};
  }
  if (text.empty()) return Reject(Step::kStructure, fmt::format("the layer has no annotation {}", kSignature));
  // Signatures made with openssl and attached by hand come in lines, and cosign's decoder skips line ends.
  std::string joined(text);
  std::erase_if(joined, [](char c) { return c == '\n' || c == '\r'; });
  auto signature = DecodeBase64(joined);
  if (!signature) return Reject(Step::kParse, fmt::format("the annotation {} is not base64", kSignature));
  layer.signature = std::move(*signature);
  return {};
}

Checked<void> ReadCertificates(const Annotations& annotations, CosignLayer& layer) {
  const std::string_view leaf = Find(annotations, kCertificate);
  const std::string_view chain = Find(annotations, kChain);
  if (!leaf.empty()) {
    auto certificate = Certificate::FromPem(leaf);
    if (!certificate) return std::unexpected(certificate.error());
    layer.certificate = std::move(*certificate);
  }
  if (chain.empty()) return {};
  auto certificates = Certificate::ListFromPem(chain, limits::kCertificatesPerChain);
  if (!certificates) return std::unexpected(certificates.error());
  layer.chain = std::move(*certificates);
  return {};
}

// What the log promised.
Checked<void> ReadPromised(const JsonFields& payload, LogEntry& entry) {
  if (const auto known = payload.RefuseOthers({"body", "integratedTime", "logIndex", "logID"}); !known) return known;
  if (const auto read = Store(payload.Bytes("body"), entry.body); !read) return read;
  if (const auto read = Store(payload.Integer("integratedTime"), entry.integrated_time); !read) return read;
  if (const auto read = Store(payload.Integer("logIndex"), entry.log_index); !read) return read;
  const auto id = payload.Text("logID");
  if (!id) return std::unexpected(id.error());
  return Store(FromHex(*id), entry.log_id);
}

Checked<void> ReadLogEntry(const Annotations& annotations, CosignLayer& layer) {
  const std::string_view text = Find(annotations, kLogEntry);
  if (text.empty()) return {};
  auto entry = ParseLogAnnotation(text);
  if (!entry) return std::unexpected(entry.error());
  layer.log_entry = std::move(*entry);
  return {};
}

Checked<void> ReadTimestamp(const Annotations& annotations, CosignLayer& layer) {
  const std::string_view text = Find(annotations, kTimestamp);
  if (text.empty()) return {};
  JsonReader reader;
  const auto root = ReadJson(reader, text, limits::kTimeStampTokenBytes * 2);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, fmt::format("the annotation {}", kTimestamp));
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"SignedRFC3161Timestamp"}); !known) return known;
  auto token = fields->Bytes("SignedRFC3161Timestamp");
  if (!token) return std::unexpected(token.error());
  layer.timestamps.push_back(std::move(*token));
  return {};
}

// cosign stamps the signature of a payload, and of an attestation the envelope as stored.
std::string_view StampedBytes(const CosignLayer& layer) {
  return layer.envelope ? std::string_view(layer.bytes) : std::string_view(layer.signature);
}

SignedMessage MessageOf(const CosignLayer& layer) {
  return SignedMessage::OfBytes(layer.envelope ? layer.envelope->SignedBytes() : layer.bytes);
}

Checked<void> RequireSigned(const CosignLayer& layer, const PublicKey& key) {
  if (layer.envelope) return VerifyDsse(*layer.envelope, kInTotoPayloadType, key);
  return MessageOf(layer).RequireSignature(key, layer.signature);
}

Checked<SigningEvidence> CollectEvidence(const CosignLayer& layer, const SignerKey& signer, const LayerPolicy& policy) {
  SigningEvidence evidence;
  // Without a time-stamp authority in the root the token says nothing to us, and cosign would not look at it either.
  if (!policy.root.timestamp_authorities.empty()) {
    const auto added = AddTimestamps(layer.timestamps, StampedBytes(layer), policy.root.timestamp_authorities, evidence);
    if (!added) return std::unexpected(added.error());
  }
  if (policy.thresholds.logs > 0 && layer.log_entry) {
    const SignedMessage message = MessageOf(layer);
    const LoggedSignature logged{layer.signature, signer, message, layer.envelope ? &*layer.envelope : nullptr,
                                 layer.envelope ? std::string_view(layer.bytes) : std::string_view()};
    const auto added = AddLogEntries({*layer.log_entry}, policy.root.logs, logged, evidence);
    if (!added) return std::unexpected(added.error());
  }
  if (const auto enough = RequireThresholds(evidence, policy.thresholds); !enough) return std::unexpected(enough.error());
  evidence.times.insert(evidence.times.end(), policy.known_times.begin(), policy.known_times.end());
  return evidence;
}

Checked<VerifiedLayer> VerifyByCertificate(const CosignLayer& layer, const LayerPolicy& policy) {
  if (!layer.certificate) return Reject(Step::kKey, "the layer has no certificate, but one is wanted");
  const SignerKey signer(*layer.certificate);
  auto evidence = CollectEvidence(layer, signer, policy);
  if (!evidence) return std::unexpected(evidence.error());
  const auto trusted = RequireSigningCertificate(*layer.certificate, layer.chain, evidence->times, policy.root,
                                                 policy.thresholds.certificate_timestamps, policy.profile);
  if (!trusted) return std::unexpected(trusted.error());
  if (const auto holds = RequireSigned(layer, signer.key); !holds) return std::unexpected(holds.error());
  return VerifiedLayer{layer.certificate, std::nullopt, std::move(evidence->times)};
}

Checked<VerifiedLayer> VerifyByKey(const CosignLayer& layer, const TrustedKey& trusted, const LayerPolicy& policy) {
  // A certificate beside a key must at least be of that key; it proves nothing more.
  if (layer.certificate && layer.certificate->public_key() != trusted.key) {
    return Reject(Step::kKey, "the layer has a certificate of another key");
  }
  if (const auto holds = RequireSigned(layer, trusted.key); !holds) return std::unexpected(holds.error());
  const SignerKey signer = layer.certificate ? SignerKey(*layer.certificate) : SignerKey(trusted.key);
  auto evidence = CollectEvidence(layer, signer, policy);
  if (!evidence) return std::unexpected(evidence.error());
  if (const auto inside = RequireKeyWindow(trusted.window, evidence->times); !inside) return std::unexpected(inside.error());
  return VerifiedLayer{std::nullopt, trusted.key, std::move(evidence->times)};
}

}  // namespace

Checked<CosignLayer> CosignLayer::Read(std::string_view media_type, std::string bytes, const Annotations& annotations) {
  if (media_type != kSimpleSigningMediaType && media_type != kDsseMediaType) {
    return Reject(Step::kUnsupported, fmt::format("layers of media type {} are not signatures", Printable(media_type, 96)));
  }
  if (bytes.size() > limits::kEnvelopeBytes) return Reject(Step::kLimit, "the layer is too large");
  CosignLayer layer;
  layer.media_type = media_type;
  layer.bytes = std::move(bytes);
  for (const auto read : {ReadSignature, ReadCertificates, ReadLogEntry, ReadTimestamp}) {
    if (const auto done = read(annotations, layer); !done) return std::unexpected(done.error());
  }
  return layer;
}

Checked<LogEntry> ParseLogAnnotation(std::string_view json) {
  JsonReader reader;
  const auto root = ReadJson(reader, json, limits::kEnvelopeBytes);
  if (!root) return std::unexpected(root.error());
  const auto fields = JsonFields::Of(*root, fmt::format("the annotation {}", kLogEntry));
  if (!fields) return std::unexpected(fields.error());
  if (const auto known = fields->RefuseOthers({"SignedEntryTimestamp", "Payload"}); !known) return std::unexpected(known.error());
  const auto payload = fields->Object("Payload");
  if (!payload) return std::unexpected(payload.error());
  LogEntry entry;
  if (const auto read = Store(fields->Bytes("SignedEntryTimestamp"), entry.signed_entry_timestamp); !read)
    return std::unexpected(read.error());
  if (const auto read = ReadPromised(*payload, entry); !read) return std::unexpected(read.error());
  return entry;
}

Checked<VerifiedLayer> VerifyLayer(const CosignLayer& layer, const LayerPolicy& policy) {
  if (policy.keys.empty()) return VerifyByCertificate(layer, policy);
  std::optional<Failure> failure;
  for (const TrustedKey& key : policy.keys) {
    auto verified = VerifyByKey(layer, key, policy);
    if (verified) return verified;
    // "Signed with this key, but" says more than "not signed with that one".
    if (!failure || failure->step == Step::kSignature) failure = std::move(verified.error());
  }
  return std::unexpected(std::move(*failure));
}

Checked<SimpleSigningPayload> RequireSignatureClaims(const CosignLayer& layer, const Digest& image, const ImageReference& reference,
                                                     ReferenceMatch match, std::span<const ImagePattern> aliased) {
  if (layer.envelope) return Reject(Step::kSubject, "an attestation is no signature");
  auto payload = SimpleSigningPayload::Parse(layer.bytes);
  if (!payload) return payload;
  if (const auto same = RequireDigest(*payload, image); !same) return std::unexpected(same.error());
  if (const auto same = RequireReference(*payload, reference, match, aliased); !same) return std::unexpected(same.error());
  return payload;
}

Checked<Statement> RequireAttestationClaims(const CosignLayer& layer, const Digest& image) {
  if (!layer.envelope) return Reject(Step::kSubject, "a signature is no attestation");
  auto statement = Statement::Parse(layer.envelope->payload);
  if (!statement) return statement;
  if (const auto about = RequireSubject(*statement, image); !about) return std::unexpected(about.error());
  return statement;
}

}  // namespace hullwright::verify
