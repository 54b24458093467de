// A private key made for one test, of any type, and signatures by it.
#pragma once

#include <string>
#include <string_view>

#include "verify/openssl.h"
#include "verify/signature.h"

namespace hullwright::testing {

class MintedKey {
 public:
  enum Type { kP256, kP384, kP521, kRsa2048, kRsa3072, kRsa4096, kEd25519, kRsa1024, kP224, kSecp256k1 };

  explicit MintedKey(Type type);

  std::string Spki() const;            // DER
  std::string Pem() const;             // PUBLIC KEY
  std::string CompressedSpki() const;  // ECDSA: the same key in forms that are refused
  std::string ExplicitSpki() const;
  std::string Sign(const verify::SignatureAlgorithm& algorithm, std::string_view message) const;
  std::string SignRaw(const verify::SignatureAlgorithm& algorithm, std::string_view message) const;  // ECDSA r ‖ s
  EVP_PKEY* handle() const { return key_.get(); }

 private:
  verify::openssl::Key key_;
};

}  // namespace hullwright::testing
