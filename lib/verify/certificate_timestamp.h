// Signed certificate timestamps (SCT): the promise of a certificate transparency log that it holds a certificate. Source: research
// section 0.8, RFC 6962 section 3.2.
//
// Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verify/certificate.h"
#include "verify/precertificate.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

struct CertificateTimestamp {
  std::string log_id;          // SHA-256 of the log's SPKI, raw
  std::uint64_t milliseconds;  // since 1970, as signed
  std::string extensions;      // may be non-empty (static CT)
  std::uint8_t hash = 0;       // 4: SHA-256
  std::uint8_t scheme = 0;     // 1: RSA, 3: ECDSA
  std::string signature;

  Time time() const;
  // One SCT in TLS encoding and nothing behind it.
  static Checked<CertificateTimestamp> Parse(std::string_view bytes);
};

// The value of the certificate's extension: an OCTET STRING around a TLS vector of at least one SCT.
Checked<std::vector<CertificateTimestamp>> ParseCertificateTimestampList(std::string_view extension);
// The list inside the certificate; kCertificateLog when it has none, kParse when it is malformed.
Checked<std::vector<CertificateTimestamp>> EmbeddedCertificateTimestamps(const Certificate& leaf);

// What the log logged: the final certificate; or its to-be-signed part without SCT list and poison, bound to the issuer's key.
// Bytes, not a Certificate: a log also holds certificates whose keys nobody here would accept.
struct LoggedCertificate {
  enum Kind { kFinal, kPrecertificate } kind;
  std::string_view der;         // of the certificate; must outlive the call
  std::string issuer_key_hash;  // SHA-256 of the issuer's SPKI, raw (PublicKey::id()); read for a precertificate only
};

// RFC 6962 section 2.1: SHA-256 over 0x00 and the MerkleTreeLeaf; 32 raw bytes.
Checked<std::string> LogLeafHash(const CertificateTimestamp& timestamp, const LoggedCertificate& logged);

// Signed by this log over this entry, inside the window of the log's key; kCertificateLog otherwise.
Checked<void> VerifyCertificateTimestamp(const CertificateTimestamp& timestamp, const LoggedCertificate& logged,
                                         const TransparencyLog& log);

// At least threshold different logs promised the leaf in its embedded list. SCTs of unknown logs are skipped; threshold 0 asks nothing.
// issuer is the next certificate of the built chain.
Checked<void> RequireCertificateTimestamps(const Certificate& leaf, const Certificate& issuer, const std::vector<TransparencyLog>& logs,
                                           std::size_t threshold);

}  // namespace hullwright::verify
