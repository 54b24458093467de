// Integrity: the envelope is well-formed and its signature is of the leaf's key. Enforced at every level.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/notation.h"
#include "verify/notation_certificates.h"
#include "verify/signature.h"

namespace hullwright::verify {
namespace {

// signature-specification.md, "Algorithm Selection": the key decides, the header must agree.
struct KeyAlgorithm {
  KeyType type;
  int bits;  // of an RSA key
  std::string_view name;
  SignatureAlgorithm algorithm;
};
constexpr std::array kAlgorithms = {KeyAlgorithm{KeyType::kRsa, 2048, "PS256", {Scheme::kRsaPssHashSalt, HashAlgorithm::kSha256}},
                                    KeyAlgorithm{KeyType::kRsa, 3072, "PS384", {Scheme::kRsaPssHashSalt, HashAlgorithm::kSha384}},
                                    KeyAlgorithm{KeyType::kRsa, 4096, "PS512", {Scheme::kRsaPssHashSalt, HashAlgorithm::kSha512}},
                                    KeyAlgorithm{KeyType::kEcdsaP256, 0, "ES256", {Scheme::kEcdsa, HashAlgorithm::kSha256}},
                                    KeyAlgorithm{KeyType::kEcdsaP384, 0, "ES384", {Scheme::kEcdsa, HashAlgorithm::kSha384}},
                                    KeyAlgorithm{KeyType::kEcdsaP521, 0, "ES512", {Scheme::kEcdsa, HashAlgorithm::kSha512}}};

Checked<SignatureAlgorithm> SelectAlgorithm(const PublicKey& key, const std::string& written) {
  if (std::ranges::find(kAlgorithms, written, &KeyAlgorithm::name) == kAlgorithms.end())
    return Reject(Step::kAlgorithm, fmt::format("algorithm \"{}\" is not one of Notary Project", Printable(written, 64)));
  const auto fits = [&](const KeyAlgorithm& one) { return one.type == key.type() && (one.bits == 0 || one.bits == key.bits()); };
  const auto found = std::ranges::find_if(kAlgorithms, fits);
  if (found == kAlgorithms.end()) return Reject(Step::kAlgorithm, fmt::format("no algorithm for a key of {}", ToString(key.type())));
  if (found->name != written)
    return Reject(Step::kKey, fmt::format("algorithm {} for a key of {}, which signs with {}", written, ToString(key.type()), found->name));
  return found->algorithm;
}

Checked<std::vector<Certificate>> ReadChain(const NotationEnvelope& envelope) {
  std::vector<Certificate> chain;
  for (const std::string& der : envelope.certificates) {
    auto certificate = Certificate::FromDer(der);
    if (!certificate) return std::unexpected(certificate.error());
    chain.push_back(*std::move(certificate));
  }
  if (auto sound = CheckCodeSigningChain(chain); !sound) return std::unexpected(sound.error());
  return chain;
}

Checked<void> CheckSignature(const NotationEnvelope& envelope, const PublicKey& key) {
  const auto algorithm = SelectAlgorithm(key, envelope.attributes.algorithm);
  if (!algorithm) return std::unexpected(algorithm.error());
  if (!key.is_ecdsa()) return VerifySignature(key, *algorithm, envelope.signed_bytes, envelope.signature);
  const auto der = EcdsaSignatureFromRaw(key, envelope.signature);
  if (!der) return std::unexpected(der.error());
  return VerifySignature(key, *algorithm, envelope.signed_bytes, *der);
}

}  // namespace

Checked<NotationSignature> VerifyNotationIntegrity(std::string_view media_type, std::string_view bytes) {
  auto envelope = DecodeNotationEnvelope(media_type, bytes);
  if (!envelope) return std::unexpected(envelope.error());
  const auto scheme = CheckNotationAttributes(envelope->attributes);
  if (!scheme) return std::unexpected(scheme.error());
  auto chain = ReadChain(*envelope);
  if (!chain) return std::unexpected(chain.error());
  if (auto holds = CheckSignature(*envelope, chain->front().public_key()); !holds) return std::unexpected(holds.error());
  auto payload = ReadNotationPayload(envelope->payload);
  if (!payload) return std::unexpected(payload.error());
  return NotationSignature{*std::move(envelope), *scheme, *std::move(chain), *std::move(payload)};
}

}  // namespace hullwright::verify
