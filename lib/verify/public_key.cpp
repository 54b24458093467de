#include "verify/public_key.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <optional>

#include "base/text.h"
#include "verify/hash.h"
#include "verify/limits.h"
#include "verify/openssl.h"
#include "verify/pem.h"

namespace hullwright::verify {
namespace {

struct Curve {
  std::string_view name;  // as OpenSSL says it
  KeyType type;
  std::size_t spki_bytes;  // named curve and uncompressed point: any other length is another encoding of the key
};
constexpr std::array kCurves = {Curve{"prime256v1", KeyType::kEcdsaP256, 91}, Curve{"secp384r1", KeyType::kEcdsaP384, 120},
                                Curve{"secp521r1", KeyType::kEcdsaP521, 158}};

constexpr std::size_t kEd25519SpkiBytes = 44;

Checked<KeyType> CheckCurve(const EVP_PKEY* key, std::size_t spki_bytes) {
  int explicit_parameters = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters) == 1 && explicit_parameters != 0) {
    return Reject(Step::kKey, "the ECDSA key spells out its curve: only named curves are accepted");
  }
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return Reject(Step::kKey, "the ECDSA key names no curve");
  for (const Curve& curve : kCurves) {
    if (curve.name != name.data()) continue;
    if (curve.spki_bytes != spki_bytes)
      return Reject(Step::kKey, "the ECDSA key is not encoded with a named curve and an uncompressed point");
    return curve.type;
  }
  return Reject(Step::kAlgorithm, fmt::format("ECDSA on curve {}: only P-256, P-384 and P-521 are accepted", Printable(name.data(), 32)));
}

Checked<KeyType> CheckRsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < limits::kMinRsaBits || bits > limits::kMaxRsaBits) {
    return Reject(Step::kAlgorithm,
                  fmt::format("RSA key of {} bits: {} to {} are accepted", bits, limits::kMinRsaBits, limits::kMaxRsaBits));
  }
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return Reject(Step::kKey, "the RSA key has no exponent");
  const bool good = BN_is_odd(exponent) == 1 && BN_num_bits(exponent) > 1 && BN_num_bits(exponent) <= 32;
  BN_free(exponent);
  if (!good) return Reject(Step::kKey, "the exponent of the RSA key is not an odd number from 3 to 2^32");
  return KeyType::kRsa;
}

Checked<KeyType> CheckType(const EVP_PKEY* key, std::size_t spki_bytes) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return CheckCurve(key, spki_bytes);
    case EVP_PKEY_RSA:
      return CheckRsa(key);
    case EVP_PKEY_ED25519:
      if (spki_bytes != kEd25519SpkiBytes) return Reject(Step::kKey, "the Ed25519 key has a length of its own");
      return KeyType::kEd25519;
    default:
      return Reject(Step::kAlgorithm, "the key is not ECDSA, RSA or Ed25519");
  }
}

// The key in SubjectPublicKeyInfo as OpenSSL writes it.
std::optional<std::string> EncodeAgain(const EVP_PKEY* key) {
  auto der = openssl::Encode<const EVP_PKEY>(i2d_PUBKEY, key);
  if (der.empty()) return std::nullopt;
  return der;
}

// What goes before the point or the 32 bytes of a key: all else in the encoding is fixed.
std::string_view HeaderOf(KeyType type) {
  using namespace std::string_view_literals;
  switch (type) {
    case KeyType::kEcdsaP256:
      return "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"sv;
    case KeyType::kEcdsaP384:
      return "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00\x04"sv;
    case KeyType::kEcdsaP521:
      return "\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00\x04"sv;
    case KeyType::kEd25519:
      return "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"sv;
    case KeyType::kRsa:
      break;
  }
  return {};
}

// OpenSSL's encoder costs more than verifying a signature, so it is asked only where the encoding has variable parts.
bool IsCanonical(KeyType type, const EVP_PKEY* key, std::string_view spki) {
  return type == KeyType::kRsa ? EncodeAgain(key) == spki : spki.starts_with(HeaderOf(type));
}

}  // namespace

std::string_view ToString(KeyType type) {
  constexpr std::array<std::string_view, 5> kNames = {"ECDSA P-256", "ECDSA P-384", "ECDSA P-521", "RSA", "Ed25519"};
  return kNames[static_cast<std::size_t>(type)];
}

Checked<PublicKey> PublicKey::FromSpki(std::string_view der) {
  if (der.size() > limits::kKeyBytes) return Reject(Step::kLimit, "the public key is longer than 16 KiB");
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(der);
  const openssl::Key handle(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!handle) return Reject(Step::kParse, "not a public key (SubjectPublicKeyInfo in DER) of a type known here");
  if (at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "there are bytes behind the public key");
  return FromHandle(handle.get(), der);
}

Checked<PublicKey> PublicKey::FromHandle(evp_pkey_st* handle, std::string_view spki) {
  const openssl::ErrorQueueGuard guard;
  if (handle == nullptr) return Reject(Step::kParse, "not a public key of a type known here");
  const auto type = CheckType(handle, spki.size());
  if (!type) return std::unexpected(type.error());
  // Keys are compared by these bytes, so one key must have one encoding.
  if (!IsCanonical(*type, handle, spki)) return Reject(Step::kParse, "the public key is not in canonical DER");
  PublicKey key;
  key.type_ = *type;
  key.bits_ = EVP_PKEY_get_bits(handle);
  key.spki_ = std::string(spki);
  key.id_ = Sha256(spki);
  EVP_PKEY_up_ref(handle);
  key.key_ = std::shared_ptr<EVP_PKEY>(handle, EVP_PKEY_free);
  return key;
}

Checked<PublicKey> PublicKey::FromPkcs1(std::string_view der) {
  if (der.size() > limits::kKeyBytes) return Reject(Step::kLimit, "the public key is longer than 16 KiB");
  const openssl::ErrorQueueGuard guard;
  const unsigned char* at = openssl::Data(der);
  const openssl::Key handle(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!handle) return Reject(Step::kParse, "not an RSA public key (PKCS#1 in DER)");
  if (at != openssl::Data(der) + der.size()) return Reject(Step::kParse, "there are bytes behind the RSA public key");
  const auto spki = EncodeAgain(handle.get());
  if (!spki) return Reject(Step::kParse, "the RSA public key cannot be encoded");
  return FromSpki(*spki);
}

Checked<PublicKey> PublicKey::FromPem(std::string_view text) {
  const bool pkcs1 = text.find("-----BEGIN RSA PUBLIC KEY-----") != std::string_view::npos;
  const auto der = ReadOnePem(text, pkcs1 ? "RSA PUBLIC KEY" : "PUBLIC KEY");
  if (!der) return std::unexpected(der.error());
  return pkcs1 ? FromPkcs1(*der) : FromSpki(*der);
}

std::string PublicKey::Fingerprint() const {
  return "sha256:" + ToHex(id_);
}

std::string PublicKey::Ed25519Bytes() const {
  constexpr std::size_t kBytes = 32;
  return type_ == KeyType::kEd25519 ? spki_.substr(spki_.size() - kBytes) : std::string();
}

}  // namespace hullwright::verify
