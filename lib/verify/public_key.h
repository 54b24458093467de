// A public key we accept as a signer: ECDSA on P-256, P-384, P-521, RSA of 2048 to 8192 bits, Ed25519. Everything else is refused when
// read, so no later step meets a weak key. Source: research sections 0.3 and 0.4.
//
// A value: copies share the immutable OpenSSL key; safe to use from several threads at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "verify/failure.h"

struct evp_pkey_st;

namespace hullwright::verify {

enum class KeyType { kEcdsaP256, kEcdsaP384, kEcdsaP521, kRsa, kEd25519 };

std::string_view ToString(KeyType type);  // "ECDSA P-256"

class PublicKey {
 public:
  // Exactly one block: PUBLIC KEY (SPKI), or RSA PUBLIC KEY (PKCS#1).
  static Checked<PublicKey> FromPem(std::string_view text);
  // SubjectPublicKeyInfo in DER and nothing behind it; named curve, uncompressed point. Failures: kParse, kKey its encoding, kAlgorithm.
  static Checked<PublicKey> FromSpki(std::string_view der);
  // The same for a key that OpenSSL has decoded already, as part of a certificate; spki is its encoding there.
  static Checked<PublicKey> FromHandle(evp_pkey_st* key, std::string_view spki);
  // RSAPublicKey (PKCS#1) in DER: old log keys of trusted roots.
  static Checked<PublicKey> FromPkcs1(std::string_view der);

  KeyType type() const { return type_; }
  bool is_ecdsa() const { return type_ != KeyType::kRsa && type_ != KeyType::kEd25519; }
  int bits() const { return bits_; }                 // of the RSA modulus or the curve
  const std::string& spki() const { return spki_; }  // DER; what keys are compared by
  const std::string& id() const { return id_; }      // SHA-256 of the SPKI, 32 raw bytes: a log's id
  std::string Fingerprint() const;                   // "sha256:<hex of id()>"; for messages
  std::string Ed25519Bytes() const;                  // the 32 bytes, "" for other types

  evp_pkey_st* handle() const { return key_.get(); }  // for calls into OpenSSL; belongs to this

  bool operator==(const PublicKey& other) const { return spki_ == other.spki_; }

 private:
  PublicKey() = default;

  std::shared_ptr<evp_pkey_st> key_;
  KeyType type_ = KeyType::kRsa;
  int bits_ = 0;
  std::string spki_;
  std::string id_;
};

}  // namespace hullwright::verify
