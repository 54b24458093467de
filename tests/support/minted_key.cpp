#include "support/minted_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>

namespace hullwright::testing {
namespace {

using verify::Scheme;
namespace openssl = verify::openssl;

EVP_PKEY* Generate(MintedKey::Type type) {
  switch (type) {
    case MintedKey::kP256:
      return EVP_EC_gen("P-256");
    case MintedKey::kP384:
      return EVP_EC_gen("P-384");
    case MintedKey::kP521:
      return EVP_EC_gen("P-521");
    case MintedKey::kP224:
      return EVP_EC_gen("P-224");
    case MintedKey::kSecp256k1:
      return EVP_EC_gen("secp256k1");
    case MintedKey::kRsa1024:
      return EVP_RSA_gen(1024);
    case MintedKey::kRsa2048:
      return EVP_RSA_gen(2048);
    case MintedKey::kRsa3072:
      return EVP_RSA_gen(3072);
    case MintedKey::kRsa4096:
      return EVP_RSA_gen(4096);
    case MintedKey::kEd25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

void Require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot mint for this test");
}

// A copy of the key whose parameter is set; the original stays.
std::string SpkiWith(EVP_PKEY* key, const char* parameter, const char* value) {
  const openssl::Key copy(EVP_PKEY_dup(key));
  Require(EVP_PKEY_set_utf8_string_param(copy.get(), parameter, value) == 1);
  return openssl::Encode<const EVP_PKEY>(i2d_PUBKEY, copy.get());
}

}  // namespace

MintedKey::MintedKey(Type type) : key_(Generate(type)) {
  Require(key_ != nullptr);
}

std::string MintedKey::Spki() const {
  return openssl::Encode<const EVP_PKEY>(i2d_PUBKEY, key_.get());
}

std::string MintedKey::CompressedSpki() const {
  return SpkiWith(key_.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED);
}

std::string MintedKey::ExplicitSpki() const {
  return SpkiWith(key_.get(), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
}

std::string MintedKey::Pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string MintedKey::Sign(const verify::SignatureAlgorithm& algorithm, std::string_view message) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const EVP_MD* hash = algorithm.scheme == Scheme::kEd25519 ? nullptr : verify::MessageDigest(algorithm.hash);
  Require(EVP_DigestSignInit(context.get(), &options, hash, nullptr, key_.get()) == 1);
  if (algorithm.scheme == Scheme::kRsaPss || algorithm.scheme == Scheme::kRsaPssHashSalt) {
    Require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
    Require(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, algorithm.scheme == Scheme::kRsaPss ? RSA_PSS_SALTLEN_MAX : RSA_PSS_SALTLEN_DIGEST) ==
            1);
  }
  std::size_t length = 0;
  Require(EVP_DigestSign(context.get(), nullptr, &length, openssl::Data(message), message.size()) == 1);
  std::string signature(length, '\0');
  Require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, openssl::Data(message),
                         message.size()) == 1);
  signature.resize(length);
  return signature;
}

std::string MintedKey::SignRaw(const verify::SignatureAlgorithm& algorithm, std::string_view message) const {
  const std::string der = Sign(algorithm, message);
  const unsigned char* at = openssl::Data(der);
  const openssl::EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  const int width = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
  std::string raw(static_cast<std::size_t>(2 * width), '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  Require(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, width) == width);
  Require(BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + width, width) == width);
  return raw;
}

}  // namespace hullwright::testing
