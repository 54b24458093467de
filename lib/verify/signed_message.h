// What a signature covers, as bytes or, where nobody has the bytes, as their digest alone.
//
// A value; pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "verify/failure.h"
#include "verify/hash.h"
#include "verify/signature.h"

namespace hullwright::verify {

class SignedMessage {
 public:
  static SignedMessage OfBytes(std::string bytes) { return SignedMessage(std::move(bytes)); }
  static Checked<SignedMessage> OfDigest(const Digest& digest);

  // The raw digest; kUnsupported when only the digest of another algorithm is known.
  Checked<std::string> DigestBy(HashAlgorithm algorithm) const;
  // Any of the algorithms that the key may sign a message with (AcceptedAlgorithms).
  Checked<void> RequireSignature(const PublicKey& key, std::string_view signature) const;

 private:
  explicit SignedMessage(std::string bytes) : bytes_(std::move(bytes)) {}
  SignedMessage(HashAlgorithm algorithm, std::string digest) : algorithm_(algorithm), digest_(std::move(digest)) {}
  Checked<void> RequireByDigest(const PublicKey& key, std::string_view signature) const;

  std::optional<std::string> bytes_;
  HashAlgorithm algorithm_ = HashAlgorithm::kSha256;  // of digest_, where there are no bytes
  std::string digest_;
};

}  // namespace hullwright::verify
