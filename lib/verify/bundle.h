// Sigstore bundles, versions 0.1 to 0.3: a signature with everything needed to verify it offline. Source: research sections 2.1 and 0.3,
// protobuf-specs sigstore_bundle.proto.
//
// Values; reading trusts nothing. Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "verify/certificate.h"
#include "verify/dsse.h"
#include "verify/failure.h"
#include "verify/hash.h"
#include "verify/log_entry.h"

namespace hullwright::verify {

enum class BundleVersion { k01, k02, k03 };

// Media types of bundles: "application/vnd.dev.sigstore.bundle.v0.3+json" and "application/vnd.dev.sigstore.bundle+json;version=0.3".
Checked<BundleVersion> ParseBundleMediaType(std::string_view media_type);

// A signature of a blob. The digest is a hint that must not lie.
struct MessageSignature {
  struct ClaimedDigest {
    HashAlgorithm algorithm;
    std::string digest;  // raw
  };
  std::optional<ClaimedDigest> digest;
  std::string signature;
};

// "Some public key signed": which one, the verifier must know; the hint in the bundle is no trust and is not kept.
struct BundledKey {};
// The leaf, and what else the bundle carries as helpers towards a root (before v0.3).
struct BundledCertificates {
  Certificate leaf;
  std::vector<Certificate> helpers;
};

struct SigstoreBundle {
  BundleVersion version = BundleVersion::k03;
  std::variant<BundledKey, BundledCertificates> signer;
  std::vector<LogEntry> log_entries;
  std::vector<std::string> timestamps;  // RFC 3161 responses, DER
  std::variant<MessageSignature, DsseEnvelope> content;

  // Strict: unknown members, two signers or contents, a root certificate among the certificates, an entry without what its version demands
  // (v0.1 a promise, later an inclusion proof with a checkpoint) and more entries than the limits allow are refused.
  static Checked<SigstoreBundle> Parse(std::string_view json);
};

}  // namespace hullwright::verify
