// Verifying one signature with one key. The algorithm comes from the key and the format's rules, never from the signed document.
// Source: research section 0.4.
//
// Pure and thread-safe. "Does not verify" is Step::kSignature; a key that cannot have made such a signature is Step::kKey; an unknown
// algorithm, or one that OpenSSL 3.0 cannot do (Ed25519ph), is Step::kAlgorithm; what nobody can (Ed25519 from a digest), kUnsupported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"
#include "verify/hash.h"
#include "verify/public_key.h"

namespace hullwright::verify {

enum class Scheme {
  kEcdsa,  // DER (r, s), exactly: no bytes behind it, shortest integers
  kRsaPkcs1v15,
  kRsaPss,          // MGF1 of the same hash, any salt length: Go's default signer takes the longest
  kRsaPssHashSalt,  // the same with a salt as long as the hash: JOSE and COSE
  kEd25519,         // pure
  kEd25519ph,       // of the SHA-512 digest
};

struct SignatureAlgorithm {
  Scheme scheme;
  HashAlgorithm hash;  // Ed25519 has its own: SHA-512 by convention here

  bool operator==(const SignatureAlgorithm&) const = default;
};

std::string ToString(const SignatureAlgorithm& algorithm);  // "ECDSA with sha256"

// What a Sigstore or legacy cosign signature of this key may be, best first: P-384 and P-521 with their own hash or SHA-256.
std::vector<SignatureAlgorithm> AcceptedAlgorithms(const PublicKey& key);

// "PKIX_ECDSA_P256_SHA_256" and its siblings of protobuf-specs' PublicKeyDetails, to the algorithm. Unknown, deprecated without a
// meaning, or not fitting the key: refused.
Checked<SignatureAlgorithm> AlgorithmOfKeyDetails(const PublicKey& key, std::string_view key_details);
// The keyDetails that clients write for this key when nothing else is said (Rekor v2 entries are rebuilt with it).
Checked<std::string_view> DefaultKeyDetails(const PublicKey& key);

Checked<void> VerifySignature(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view message,
                              std::string_view signature);
// Any of the algorithms; the failure of the first is told.
Checked<void> VerifySignature(const PublicKey& key, const std::vector<SignatureAlgorithm>& algorithms, std::string_view message,
                              std::string_view signature);
// Where only the digest of the message is known; digest is the raw bytes and its length must be that of the algorithm's hash.
Checked<void> VerifyDigestSignature(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view digest,
                                    std::string_view signature);

// r ‖ s of fixed width (JOSE, COSE) to DER; the width must be the curve's.
Checked<std::string> EcdsaSignatureFromRaw(const PublicKey& key, std::string_view raw);

}  // namespace hullwright::verify
