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

// The list inside the certificate; kCertificateLog when it has none, kParse when it is malformed.
Checked<std::vector<CertificateTimestamp>> EmbeddedCertificateTimestamps(const Certificate& leaf);

// What the log logged: the final certificate, or its to-be-signed part without SCT list and poison, bound to the issuer's key.
enum class LoggedEntry { kCertificate, kPrecertificate };

// The entry as TLS encodes it behind its type; issuer: of the built chain, read for a precertificate only.
Checked<std::string> EncodeLoggedEntry(LoggedEntry entry, const Certificate& leaf, const Certificate* issuer);
// RFC 6962 section 2.1: SHA-256 over 0x00 and the MerkleTreeLeaf; 32 raw bytes.
Checked<std::string> LogLeafHash(const CertificateTimestamp& timestamp, LoggedEntry entry, const Certificate& leaf,
                                 const Certificate* issuer);

// Signed by this log over this entry, inside the window of the log's key; kCertificateLog otherwise.
Checked<void> VerifyCertificateTimestamp(const CertificateTimestamp& timestamp, LoggedEntry entry, const Certificate& leaf,
                                         const Certificate* issuer, const TransparencyLog& log);

// At least threshold different logs promised the leaf in its embedded list. SCTs of unknown logs are skipped; threshold 0 asks nothing.
// issuer is the next certificate of the built chain.
Checked<void> RequireCertificateTimestamps(const Certificate& leaf, const Certificate& issuer, const std::vector<TransparencyLog>& logs,
                                           std::size_t threshold);

}  // namespace hullwright::verify
