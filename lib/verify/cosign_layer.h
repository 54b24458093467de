// One layer of a ".sig" or ".att" manifest as cosign 1 and 2 write it: a payload, and its signature in annotations. Source: research
// section 1.
//
// Pure and thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/image_reference.h"
#include "verify/bundle_verification.h"
#include "verify/dsse.h"
#include "verify/failure.h"
#include "verify/signing_evidence.h"
#include "verify/simple_signing.h"
#include "verify/statement.h"

namespace hullwright::verify {

inline constexpr std::string_view kSimpleSigningMediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
inline constexpr std::string_view kDsseMediaType = "application/vnd.dsse.envelope.v1+json";

using Annotations = std::map<std::string, std::string, std::less<>>;

// Read from the annotations, nothing trusted yet. Each part is optional in the format; the policy says what must be there.
struct CosignLayer {
  std::string media_type;
  std::string bytes;      // as stored, their digest already compared with the descriptor's
  std::string signature;  // raw; of an envelope that inside it
  std::optional<Certificate> certificate;
  std::vector<Certificate> chain;        // helpers, never anchors
  std::optional<LogEntry> log_entry;     // with a promise and no proof
  std::vector<std::string> timestamps;   // RFC 3161 responses, at most one
  std::optional<DsseEnvelope> envelope;  // of kDsseMediaType

  // kUnsupported: another media type. kStructure: no signature. kParse: an annotation is malformed.
  static Checked<CosignLayer> Read(std::string_view media_type, std::string bytes, const Annotations& annotations);
};

// The annotation dev.sigstore.cosign/bundle: {"SignedEntryTimestamp":…,"Payload":{body,integratedTime,logIndex,logID}}, exactly.
Checked<LogEntry> ParseLogAnnotation(std::string_view json);

struct LayerPolicy {
  // One of these keys; empty: a certificate that chains to the root.
  std::vector<TrustedKey> keys;
  const TrustedRoot& root;
  // With logs = 0 an entry is not looked at; otherwise there must be one, with a promise.
  EvidenceThresholds thresholds;
  // Times that the caller itself proved, and for authorities with long-lived certificates the present: they count like verified ones.
  std::vector<Time> known_times = {};
  CertificateProfile profile = CertificateProfile::kSigstore;
};

// Everything holds but what the layer says and who signed: its bytes are signed, in time, by a key or certificate of the policy.
struct VerifiedLayer {
  std::optional<Certificate> certificate;
  std::optional<PublicKey> key;
  std::vector<Time> times;
};

Checked<VerifiedLayer> VerifyLayer(const CosignLayer& layer, const LayerPolicy& policy);

// What a signature layer that verified says: it is of this image, under a name that agrees with the reference.
Checked<SimpleSigningPayload> RequireSignatureClaims(const CosignLayer& layer, const Digest& image, const ImageReference& reference,
                                                     ReferenceMatch match, std::span<const ImagePattern> aliased = {});
// What an attestation layer that verified says, about this image.
Checked<Statement> RequireAttestationClaims(const CosignLayer& layer, const Digest& image);

}  // namespace hullwright::verify
