// DSSE: an envelope that signs a payload together with its type. Source: research section 5, secure-systems-lab/dsse protocol.md.
//
// Pure and thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"
#include "verify/public_key.h"

namespace simdjson::dom {
class element;
}

namespace hullwright::verify {

inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

struct DsseSignature {
  std::string signature;  // raw bytes
  std::string key_id;     // a hint, never trust
};

struct DsseEnvelope {
  std::string payload_type;
  std::string payload;  // decoded
  std::vector<DsseSignature> signatures;

  // Members payload, payloadType and signatures, no others; base64 of either alphabet, padded canonically. No limit on the number of
  // signatures but limits::kSignaturesPerImage: whoever needs exactly one asks by VerifyDsse.
  static Checked<DsseEnvelope> Parse(std::string_view json);
  static Checked<DsseEnvelope> Read(simdjson::dom::element envelope);

  std::string SignedBytes() const;  // the PAE
};

// "DSSEv1" SP len(type) SP type SP len(payload) SP payload, lengths in bytes.
std::string PreAuthenticationEncoding(std::string_view payload_type, std::string_view payload);

// Exactly one signature, by this key, over a payload of this type. kStructure, kUnsupported (type), kSignature.
Checked<void> VerifyDsse(const DsseEnvelope& envelope, std::string_view payload_type, const PublicKey& key);

// At least threshold different keys signed (outside Sigstore, where one signature is the rule). kSignature tells how many did.
Checked<void> VerifyDsseThreshold(const DsseEnvelope& envelope, const std::vector<std::string>& payload_types,
                                  const std::vector<PublicKey>& keys, std::size_t threshold);

}  // namespace hullwright::verify
