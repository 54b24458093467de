#include "verify/signed_message.h"

#include <fmt/format.h>

#include <utility>

namespace hullwright::verify {

Checked<SignedMessage> SignedMessage::OfDigest(const Digest& digest) {
  const auto algorithm = ParseHashAlgorithm(digest.algorithm());
  if (!algorithm) return std::unexpected(algorithm.error());
  auto raw = FromHex(digest.hex());
  if (!raw) return std::unexpected(raw.error());
  return SignedMessage(*algorithm, std::move(*raw));
}

Checked<std::string> SignedMessage::DigestBy(HashAlgorithm algorithm) const {
  if (bytes_) return Hash(algorithm, *bytes_);
  if (algorithm == algorithm_) return digest_;
  return Reject(Step::kUnsupported,
                fmt::format("the {} of what is signed is wanted, but only its {} is known", ToString(algorithm), ToString(algorithm_)));
}

Checked<void> SignedMessage::RequireSignature(const PublicKey& key, std::string_view signature) const {
  if (bytes_) return VerifySignature(key, AcceptedAlgorithms(key), *bytes_, signature);
  return RequireByDigest(key, signature);
}

Checked<void> SignedMessage::RequireByDigest(const PublicKey& key, std::string_view signature) const {
  std::optional<Failure> first;
  for (const SignatureAlgorithm& algorithm : AcceptedAlgorithms(key)) {
    const auto digest = DigestBy(algorithm.hash);
    const auto verified = digest ? VerifyDigestSignature(key, algorithm, *digest, signature) : std::unexpected(digest.error());
    if (verified) return {};
    if (!first || first->step == Step::kUnsupported) first = verified.error();
  }
  if (first) return std::unexpected(std::move(*first));
  return Reject(Step::kKey, "no signature algorithm is accepted for this key");
}

}  // namespace hullwright::verify
