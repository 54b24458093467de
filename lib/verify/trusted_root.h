// trusted_root.json: the logs, certificate authorities and time-stamp authorities that a keyless signature may rest on, each with the
// time it could be used. Source: research section 0.12, protobuf-specs sigstore_trustroot.proto.
//
// Values; nothing is fetched. Immutable once read, so safe to share between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/authority_path.h"
#include "verify/public_key.h"
#include "verify/signature.h"
#include "verify/validity_window.h"

namespace hullwright::verify {

// A Rekor log or a certificate transparency log.
struct TransparencyLog {
  std::string base_url;
  PublicKey key;
  SignatureAlgorithm algorithm;  // of its signatures, by keyDetails
  ValidityWindow window;         // of the key
  std::string id;                // logId.keyId, raw bytes: SHA-256 of the SPKI, or the untruncated note key id of an Ed25519 v2 log
  std::optional<std::string> checkpoint_id;  // checkpointKeyId.keyId, raw bytes
  std::string operator_name;

  // Of base_url, without port: "log2025-1.rekor.sigstore.dev". The origin of a v2 log's checkpoints, as sigstore-go reads it.
  std::string Host() const;
};

// A Fulcio or a time-stamp authority.
struct CertificateAuthority {
  std::string organization, common_name;  // as the document says; hints
  std::string uri;
  AuthorityPath path;  // as listed, lowest to root
  ValidityWindow window;

  // One authority in protobuf JSON by itself.
  static Checked<CertificateAuthority> Parse(std::string_view json);
};

struct TrustedRoot {
  std::vector<TransparencyLog> logs;              // tlogs: Rekor
  std::vector<TransparencyLog> certificate_logs;  // ctlogs
  std::vector<CertificateAuthority> certificate_authorities;
  std::vector<CertificateAuthority> timestamp_authorities;

  // Strict: unknown members, unknown media types, a key that is not as its keyDetails say and a window without start are refused.
  static Checked<TrustedRoot> Parse(std::string_view json);
};

}  // namespace hullwright::verify
