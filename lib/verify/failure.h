// Why a signature was not accepted: the step that failed, and in words what was seen and what was wanted. One kind per step, so that a
// team can be told what to mend and a test can say which check caught a forgery.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace hullwright::verify {

enum class Step {
  kParse,            // malformed bytes: JSON, base64, DER, CBOR, PEM
  kLimit,            // more bytes, entries or depth than allowed
  kUnsupported,      // media type, version or entry kind that we do not know
  kStructure,        // parses, but members that must or must not be there are not or are
  kKey,              // the key is not encoded as it must be, or not the one it must be
  kSignature,        // the signature does not verify with the key
  kChain,            // the certificate does not chain to a trusted authority
  kCertificateUse,   // key usage, extended key usage, basic constraints
  kIdentity,         // subject, issuer or extensions are not those wanted
  kTime,             // no verified time, or one outside a validity window
  kTimestamp,        // RFC 3161 token
  kTransparencyLog,  // signed entry timestamp, inclusion proof or checkpoint
  kLogEntry,         // a log entry of something else
  kCertificateLog,   // SCT
  kSubject,          // signed, but not about this digest, repository or type
  kPredicate,        // predicate type or content
  kRevoked,
  kRevocationUnknown,
  kExpired,            // past the expiry that the signer set
  kTrustRoot,          // trust material missing or malformed
  kAlgorithm,          // kind or size of key, hash or signature algorithm that we do not accept; kUnsupported is for formats
  kCriticalExtension,  // an extension that must be understood and is not
};

std::string_view ToString(Step step);

struct Failure {
  Step step;
  std::string message;  // without secrets; printable
};

template <class T>
using Checked = std::expected<T, Failure>;

inline std::unexpected<Failure> Reject(Step step, std::string message) {
  return std::unexpected(Failure{step, std::move(message)});
}

}  // namespace hullwright::verify
