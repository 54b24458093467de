#include "verify/public_key.h"

#include <catch2/catch.hpp>

#include "support/minted_key.h"

namespace hullwright::verify {
using testing::MintedKey;

TEST_CASE("A key is the same key by PEM and by DER, and its bits are told", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kP384, MintedKey::kP521, MintedKey::kRsa2048, MintedKey::kEd25519}) {
    const MintedKey minted(type);
    const auto der = PublicKey::FromSpki(minted.Spki());
    const auto pem = PublicKey::FromPem(minted.Pem());
    REQUIRE((der.has_value() && pem.has_value()));
    CHECK(*der == *pem);
    CHECK(der->Fingerprint().size() == 71);
    CHECK_FALSE(*der == *PublicKey::FromSpki(MintedKey(type).Spki()));
  }
}

TEST_CASE("Weak keys and other curves are refused", "[verify]") {
  for (const auto type : {MintedKey::kRsa1024, MintedKey::kP224, MintedKey::kSecp256k1}) {
    CHECK(PublicKey::FromSpki(MintedKey(type).Spki()).error().step == Step::kAlgorithm);
  }
}

TEST_CASE("One key, one encoding: bytes behind it, a second block, words around it are refused", "[verify]") {
  const MintedKey minted(MintedKey::kP256);
  const std::string spki = minted.Spki();
  CHECK_FALSE(PublicKey::FromSpki(spki + '\0').has_value());
  CHECK_FALSE(PublicKey::FromSpki(spki.substr(0, spki.size() - 1)).has_value());
  CHECK_FALSE(PublicKey::FromSpki("").has_value());
  CHECK(PublicKey::FromPem("\n" + minted.Pem() + "\n\n").has_value());
  CHECK_FALSE(PublicKey::FromPem(minted.Pem() + minted.Pem()).has_value());
  CHECK_FALSE(PublicKey::FromPem("key:\n" + minted.Pem()).has_value());
  CHECK_FALSE(PublicKey::FromPem(minted.Pem() + "end").has_value());
  CHECK_FALSE(PublicKey::FromPem("").has_value());
}

TEST_CASE("An ECDSA key with a compressed point or a curve spelled out is refused", "[verify]") {
  const MintedKey minted(MintedKey::kP256);
  CHECK(PublicKey::FromSpki(minted.Spki()).has_value());
  CHECK_FALSE(PublicKey::FromSpki(minted.CompressedSpki()).has_value());
  CHECK_FALSE(PublicKey::FromSpki(minted.ExplicitSpki()).has_value());
}

TEST_CASE("An old log key in PKCS#1 is the same key as its SPKI", "[verify]") {
  const MintedKey minted(MintedKey::kRsa2048);
  const std::string pkcs1 = openssl::Encode<const EVP_PKEY>(i2d_PublicKey, minted.handle());
  CHECK(PublicKey::FromPkcs1(pkcs1).value() == PublicKey::FromSpki(minted.Spki()).value());
  CHECK_FALSE(PublicKey::FromPkcs1(pkcs1 + "x").has_value());
  CHECK_FALSE(PublicKey::FromPkcs1(minted.Spki()).has_value());
}

TEST_CASE("No broken byte of an SPKI gives the same key", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kRsa2048, MintedKey::kEd25519}) {
    const std::string spki = MintedKey(type).Spki();
    const auto key = PublicKey::FromSpki(spki);
    for (std::size_t i = 0; i < spki.size(); ++i) {
      std::string broken = spki;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      const auto other = PublicKey::FromSpki(broken);
      CHECK_FALSE((other && *other == *key));
    }
  }
}

}  // namespace hullwright::verify
