#include "verify/signature.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>

#include "base/text.h"
#include "verify/openssl.h"

namespace hullwright::verify {
namespace {

bool Fits(KeyType type, Scheme scheme) {
  switch (scheme) {
    case Scheme::kEcdsa:
      return type == KeyType::kEcdsaP256 || type == KeyType::kEcdsaP384 || type == KeyType::kEcdsaP521;
    case Scheme::kRsaPkcs1v15:
    case Scheme::kRsaPss:
    case Scheme::kRsaPssHashSalt:
      return type == KeyType::kRsa;
    case Scheme::kEd25519:
    case Scheme::kEd25519ph:
      return type == KeyType::kEd25519;
  }
  return false;
}

// One signature has one encoding: what OpenSSL read, written again, is the same bytes.
bool IsStrictEcdsaDer(std::string_view signature) {
  const unsigned char* at = openssl::Data(signature);
  const openssl::EcdsaSignature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())));
  return parsed && openssl::Encode<const ECDSA_SIG>(i2d_ECDSA_SIG, parsed.get()) == signature;
}

Checked<void> CheckForm(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view signature) {
  if (!Fits(key.type(), algorithm.scheme)) {
    return Reject(Step::kKey, fmt::format("an {} key cannot sign with {}", ToString(key.type()), ToString(algorithm)));
  }
  if (signature.empty()) return Reject(Step::kSignature, "the signature is empty");
  if (algorithm.scheme == Scheme::kEd25519ph) {
    return Reject(Step::kAlgorithm, "Ed25519ph (prehashed) signatures need OpenSSL 3.2; this build has 3.0");
  }
  if (algorithm.scheme == Scheme::kEcdsa && !IsStrictEcdsaDer(signature)) {
    return Reject(Step::kSignature, "the ECDSA signature is not exactly one DER encoded (r, s)");
  }
  return {};
}

bool SetPadding(EVP_PKEY_CTX* context, const SignatureAlgorithm& algorithm) {
  switch (algorithm.scheme) {
    case Scheme::kRsaPkcs1v15:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case Scheme::kRsaPss:
    case Scheme::kRsaPssHashSalt:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(context, MessageDigest(algorithm.hash)) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context,
                                              algorithm.scheme == Scheme::kRsaPss ? RSA_PSS_SALTLEN_AUTO : RSA_PSS_SALTLEN_DIGEST) == 1;
    default:
      return true;
  }
}

Failure DoesNotVerify(const PublicKey& key, const SignatureAlgorithm& algorithm) {
  return {Step::kSignature,
          fmt::format("the signature does not verify with {} key {} ({})", ToString(key.type()), key.Fingerprint(), ToString(algorithm))};
}

bool Verifies(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view message, std::string_view signature) {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // belongs to the context
  const EVP_MD* hash = algorithm.scheme == Scheme::kEd25519 ? nullptr : MessageDigest(algorithm.hash);
  return context && EVP_DigestVerifyInit(context.get(), &options, hash, nullptr, key.handle()) == 1 && SetPadding(options, algorithm) &&
         EVP_DigestVerify(context.get(), openssl::Data(signature), signature.size(), openssl::Data(message), message.size()) == 1;
}

bool DigestVerifies(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view digest, std::string_view signature) {
  const openssl::KeyContext context(EVP_PKEY_CTX_new(key.handle(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 && SetPadding(context.get(), algorithm) &&
         EVP_PKEY_CTX_set_signature_md(context.get(), MessageDigest(algorithm.hash)) == 1 &&
         EVP_PKEY_verify(context.get(), openssl::Data(signature), signature.size(), openssl::Data(digest), digest.size()) == 1;
}

struct KeyDetails {
  std::string_view name;
  KeyType type;
  int bits;  // 0: any
  SignatureAlgorithm algorithm;
  bool is_default;
};

// protobuf-specs, sigstore_common.proto, PublicKeyDetails; the names that have a meaning we can hold a key to.
constexpr std::array kKeyDetails = {
    KeyDetails{"PKIX_ECDSA_P256_SHA_256", KeyType::kEcdsaP256, 0, {Scheme::kEcdsa, HashAlgorithm::kSha256}, true},
    KeyDetails{"PKIX_ECDSA_P384_SHA_384", KeyType::kEcdsaP384, 0, {Scheme::kEcdsa, HashAlgorithm::kSha384}, true},
    KeyDetails{"PKIX_ECDSA_P384_SHA_256", KeyType::kEcdsaP384, 0, {Scheme::kEcdsa, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_ECDSA_P521_SHA_512", KeyType::kEcdsaP521, 0, {Scheme::kEcdsa, HashAlgorithm::kSha512}, true},
    KeyDetails{"PKIX_ECDSA_P521_SHA_256", KeyType::kEcdsaP521, 0, {Scheme::kEcdsa, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_RSA_PKCS1V15_2048_SHA256", KeyType::kRsa, 2048, {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, true},
    KeyDetails{"PKIX_RSA_PKCS1V15_3072_SHA256", KeyType::kRsa, 3072, {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, true},
    KeyDetails{"PKIX_RSA_PKCS1V15_4096_SHA256", KeyType::kRsa, 4096, {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, true},
    KeyDetails{"PKIX_RSA_PSS_2048_SHA256", KeyType::kRsa, 2048, {Scheme::kRsaPss, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_RSA_PSS_3072_SHA256", KeyType::kRsa, 3072, {Scheme::kRsaPss, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_RSA_PSS_4096_SHA256", KeyType::kRsa, 4096, {Scheme::kRsaPss, HashAlgorithm::kSha256}, false},
    // Deprecated names without a size; old log keys carry them.
    KeyDetails{"PKCS1_RSA_PKCS1V5", KeyType::kRsa, 0, {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_RSA_PKCS1V5", KeyType::kRsa, 0, {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKCS1_RSA_PSS", KeyType::kRsa, 0, {Scheme::kRsaPss, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_RSA_PSS", KeyType::kRsa, 0, {Scheme::kRsaPss, HashAlgorithm::kSha256}, false},
    KeyDetails{"PKIX_ED25519", KeyType::kEd25519, 0, {Scheme::kEd25519, HashAlgorithm::kSha512}, true},
    KeyDetails{"PKIX_ED25519_PH", KeyType::kEd25519, 0, {Scheme::kEd25519ph, HashAlgorithm::kSha512}, false},
};

}  // namespace

std::string ToString(const SignatureAlgorithm& algorithm) {
  switch (algorithm.scheme) {
    case Scheme::kEcdsa:
      return fmt::format("ECDSA with {}", ToString(algorithm.hash));
    case Scheme::kRsaPkcs1v15:
      return fmt::format("RSA PKCS#1 v1.5 with {}", ToString(algorithm.hash));
    case Scheme::kRsaPss:
    case Scheme::kRsaPssHashSalt:
      return fmt::format("RSA-PSS with {}", ToString(algorithm.hash));
    case Scheme::kEd25519:
      return "Ed25519";
    case Scheme::kEd25519ph:
      return "Ed25519ph";
  }
  return {};
}

std::vector<SignatureAlgorithm> AcceptedAlgorithms(const PublicKey& key) {
  constexpr SignatureAlgorithm kEcdsa256 = {Scheme::kEcdsa, HashAlgorithm::kSha256};
  switch (key.type()) {
    case KeyType::kEcdsaP256:
      return {kEcdsa256};
    case KeyType::kEcdsaP384:
      return {{Scheme::kEcdsa, HashAlgorithm::kSha384}, kEcdsa256};
    case KeyType::kEcdsaP521:
      return {{Scheme::kEcdsa, HashAlgorithm::kSha512}, kEcdsa256};
    case KeyType::kRsa:
      return {{Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}};
    case KeyType::kEd25519:
      return {{Scheme::kEd25519, HashAlgorithm::kSha512}};
  }
  return {};
}

Checked<SignatureAlgorithm> AlgorithmOfKeyDetails(const PublicKey& key, std::string_view key_details) {
  for (const KeyDetails& row : kKeyDetails) {
    if (row.name != key_details) continue;
    if (row.type != key.type() || (row.bits != 0 && row.bits != key.bits())) {
      return Reject(Step::kKey, fmt::format("the key is {} of {} bits, but is declared as {}", ToString(key.type()), key.bits(), row.name));
    }
    return row.algorithm;
  }
  return Reject(Step::kAlgorithm, fmt::format("keyDetails \"{}\" is not an algorithm known here", Printable(key_details, 64)));
}

Checked<std::string_view> DefaultKeyDetails(const PublicKey& key) {
  for (const KeyDetails& row : kKeyDetails) {
    if (row.is_default && row.type == key.type() && (row.bits == 0 || row.bits == key.bits())) return row.name;
  }
  return Reject(Step::kKey, fmt::format("there is no keyDetails for {} of {} bits", ToString(key.type()), key.bits()));
}

Checked<void> VerifySignature(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view message,
                              std::string_view signature) {
  const openssl::ErrorQueueGuard guard;
  if (const auto form = CheckForm(key, algorithm, signature); !form) return form;
  if (!Verifies(key, algorithm, message, signature)) return std::unexpected(DoesNotVerify(key, algorithm));
  return {};
}

Checked<void> VerifySignature(const PublicKey& key, const std::vector<SignatureAlgorithm>& algorithms, std::string_view message,
                              std::string_view signature) {
  Checked<void> first = Reject(Step::kAlgorithm, "no signature algorithm is allowed");
  for (std::size_t i = 0; i < algorithms.size(); ++i) {
    auto verified = VerifySignature(key, algorithms[i], message, signature);
    if (verified) return verified;
    if (i == 0) first = std::move(verified);
  }
  return first;
}

Checked<void> VerifyDigestSignature(const PublicKey& key, const SignatureAlgorithm& algorithm, std::string_view digest,
                                    std::string_view signature) {
  const openssl::ErrorQueueGuard guard;
  if (const auto form = CheckForm(key, algorithm, signature); !form) return form;
  if (algorithm.scheme == Scheme::kEd25519) {
    return Reject(Step::kUnsupported, "a pure Ed25519 signature cannot be verified from a digest: the signed bytes are needed");
  }
  if (digest.size() != Size(algorithm.hash)) {
    return Reject(Step::kStructure,
                  fmt::format("a digest of {} bytes, {} has {}", digest.size(), ToString(algorithm.hash), Size(algorithm.hash)));
  }
  if (!DigestVerifies(key, algorithm, digest, signature)) return std::unexpected(DoesNotVerify(key, algorithm));
  return {};
}

Checked<std::string> EcdsaSignatureFromRaw(const PublicKey& key, std::string_view raw) {
  const openssl::ErrorQueueGuard guard;
  const auto width = static_cast<std::size_t>((key.bits() + 7) / 8);
  if (!key.is_ecdsa() || raw.size() != 2 * width) {
    return Reject(Step::kSignature, fmt::format("an ECDSA signature of {} bytes does not fit {}", raw.size(), ToString(key.type())));
  }
  const openssl::EcdsaSignature signature(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(openssl::Data(raw), static_cast<int>(width), nullptr);
  BIGNUM* s = BN_bin2bn(openssl::Data(raw) + width, static_cast<int>(width), nullptr);
  if (r == nullptr || s == nullptr || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return Reject(Step::kSignature, "the ECDSA signature cannot be read");
  }
  return openssl::Encode<const ECDSA_SIG>(i2d_ECDSA_SIG, signature.get());
}

}  // namespace hullwright::verify
