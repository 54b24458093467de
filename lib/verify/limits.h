// How much of anything a verifier looks at. Applied before the memory is taken; above them is Step::kLimit, never "not signed".
// Source: research section 0.2 (the peers' own limits and the CVEs that taught them).
#pragma once

#include <cstddef>

namespace hullwright::verify::limits {

inline constexpr std::size_t kEnvelopeBytes = 8u << 20;           // one signature or attestation blob
inline constexpr std::size_t kTrustRootBytes = 4u << 20;          // trusted_root.json, a file of certificates
inline constexpr std::size_t kSignaturesPerImage = 64;            // tried, good or bad
inline constexpr std::size_t kLogEntriesPerBundle = 32;           // sigstore-go
inline constexpr std::size_t kTimestampsPerBundle = 32;           // sigstore-go
inline constexpr std::size_t kSubjectsPerStatement = 1024;        // sigstore-go
inline constexpr std::size_t kDigestsPerSubject = 32;             // sigstore-go
inline constexpr std::size_t kCertificatesPerChain = 10;          // leaf and anchor included
inline constexpr std::size_t kCertificatesPerFile = 256;          // a bundle of anchors
inline constexpr std::size_t kCertificateBytes = 64u << 10;       // one certificate, DER
inline constexpr std::size_t kExtensionsPerCertificate = 64;      // Fulcio writes about 25
inline constexpr std::size_t kCertificateTimestampsPerList = 32;  // SCTs embedded in one certificate
inline constexpr std::size_t kTimeStampTokenBytes = 256u << 10;   // one RFC 3161 response
inline constexpr std::size_t kAuthoritiesPerRoot = 64;            // logs or authorities of one kind in a trusted root
inline constexpr std::size_t kVexStatements = 16'384;             // of one VEX document
inline constexpr std::size_t kVexProducts = 65'536;               // of one VEX document, with packages and names of vulnerabilities
inline constexpr std::size_t kVexNames = 64;                      // of one vulnerability
inline constexpr std::size_t kVexNameBytes = 1024;                // an id, a package URL
inline constexpr std::size_t kVexTextBytes = 512;                 // what people wrote: cut to this
inline constexpr std::size_t kJsonDepth = 64;
inline constexpr std::size_t kMerkleProofHashes = 64;
inline constexpr std::size_t kKeyBytes = 16u << 10;  // a public key, PEM or DER
inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;  // more costs a verifier time and nobody issues it

}  // namespace hullwright::verify::limits
