// Keys of every accepted type are minted here, sign here, and one byte is broken at a time.
#include "verify/signature.h"

#include <catch2/catch.hpp>

#include "support/minted_key.h"

namespace hullwright::verify {
namespace {

using testing::MintedKey;

const std::string kMessage = "the bytes that were signed";

struct Case {
  MintedKey::Type type;
  SignatureAlgorithm algorithm;
};

std::vector<Case> Cases() {
  using enum HashAlgorithm;
  return {{MintedKey::kP256, {Scheme::kEcdsa, kSha256}},
          {MintedKey::kP384, {Scheme::kEcdsa, kSha384}},
          {MintedKey::kP384, {Scheme::kEcdsa, kSha256}},
          {MintedKey::kP521, {Scheme::kEcdsa, kSha512}},
          {MintedKey::kP521, {Scheme::kEcdsa, kSha256}},
          {MintedKey::kRsa2048, {Scheme::kRsaPkcs1v15, kSha256}},
          {MintedKey::kRsa2048, {Scheme::kRsaPss, kSha256}},
          {MintedKey::kRsa2048, {Scheme::kRsaPssHashSalt, kSha256}},
          {MintedKey::kRsa3072, {Scheme::kRsaPssHashSalt, kSha384}},
          {MintedKey::kEd25519, {Scheme::kEd25519, kSha512}}};
}

PublicKey Public(const MintedKey& key) {
  auto parsed = PublicKey::FromSpki(key.Spki());
  REQUIRE(parsed.has_value());
  return *parsed;
}

}  // namespace

TEST_CASE("Every accepted kind of key verifies its own signature and no changed one", "[verify]") {
  for (const Case& c : Cases()) {
    const MintedKey minted(c.type);
    const PublicKey key = Public(minted);
    const std::string signature = minted.Sign(c.algorithm, kMessage);
    INFO(ToString(key.type()) << ", " << ToString(c.algorithm));
    CHECK(VerifySignature(key, c.algorithm, kMessage, signature).has_value());
    for (std::size_t i = 0; i < signature.size(); ++i) {
      std::string broken = signature;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      CHECK_FALSE(VerifySignature(key, c.algorithm, kMessage, broken).has_value());
    }
    for (const std::string& other : {kMessage + " ", kMessage.substr(1), std::string()}) {
      CHECK(VerifySignature(key, c.algorithm, other, signature).error().step == Step::kSignature);
    }
    CHECK_FALSE(VerifySignature(key, c.algorithm, kMessage, signature + '\0').has_value());
    CHECK_FALSE(VerifySignature(key, c.algorithm, kMessage, signature + signature).has_value());
    CHECK(VerifySignature(key, c.algorithm, kMessage, "").error().step == Step::kSignature);
    CHECK(VerifySignature(Public(MintedKey(c.type)), c.algorithm, kMessage, signature).error().step == Step::kSignature);
  }
}

TEST_CASE("A signature verifies from the digest alone, but a pure Ed25519 one says that it cannot", "[verify]") {
  for (const Case& c : Cases()) {
    const MintedKey minted(c.type);
    const PublicKey key = Public(minted);
    const std::string signature = minted.Sign(c.algorithm, kMessage);
    const std::string digest = Hash(c.algorithm.hash, kMessage);
    const auto verified = VerifyDigestSignature(key, c.algorithm, digest, signature);
    if (c.algorithm.scheme == Scheme::kEd25519) {
      CHECK(verified.error().step == Step::kUnsupported);
      continue;
    }
    INFO(ToString(c.algorithm));
    CHECK(verified.has_value());
    CHECK(VerifyDigestSignature(key, c.algorithm, Hash(c.algorithm.hash, "other"), signature).error().step == Step::kSignature);
    CHECK(VerifyDigestSignature(key, c.algorithm, digest.substr(1), signature).error().step == Step::kStructure);
  }
}

TEST_CASE("No algorithm stands in for another", "[verify]") {
  const MintedKey rsa(MintedKey::kRsa2048);
  const std::string pkcs1 = rsa.Sign({Scheme::kRsaPkcs1v15, HashAlgorithm::kSha256}, kMessage);
  CHECK_FALSE(VerifySignature(Public(rsa), {Scheme::kRsaPss, HashAlgorithm::kSha256}, kMessage, pkcs1).has_value());
  CHECK_FALSE(VerifySignature(Public(rsa), {Scheme::kRsaPkcs1v15, HashAlgorithm::kSha512}, kMessage, pkcs1).has_value());
  CHECK(VerifySignature(Public(rsa), {Scheme::kEcdsa, HashAlgorithm::kSha256}, kMessage, pkcs1).error().step == Step::kKey);
  CHECK(VerifySignature(Public(MintedKey(MintedKey::kEd25519)), {Scheme::kEd25519ph, HashAlgorithm::kSha512}, kMessage, "x").error().step ==
        Step::kAlgorithm);
  // A salt of the longest length is what Go writes; JOSE and COSE want it as long as the hash.
  const std::string long_salt = rsa.Sign({Scheme::kRsaPss, HashAlgorithm::kSha256}, kMessage);
  CHECK_FALSE(VerifySignature(Public(rsa), {Scheme::kRsaPssHashSalt, HashAlgorithm::kSha256}, kMessage, long_salt).has_value());
}

TEST_CASE("P-384 and P-521 keys may have signed with SHA-256, as legacy cosign does; nothing else is tried", "[verify]") {
  for (const auto type : {MintedKey::kP384, MintedKey::kP521}) {
    const MintedKey minted(type);
    const PublicKey key = Public(minted);
    const auto accepted = AcceptedAlgorithms(key);
    CHECK(VerifySignature(key, accepted, kMessage, minted.Sign({Scheme::kEcdsa, HashAlgorithm::kSha256}, kMessage)).has_value());
    CHECK(VerifySignature(key, accepted, kMessage, minted.Sign(accepted.front(), kMessage)).has_value());
  }
  const MintedKey p256(MintedKey::kP256);
  CHECK_FALSE(VerifySignature(Public(p256), AcceptedAlgorithms(Public(p256)), kMessage,
                              p256.Sign({Scheme::kEcdsa, HashAlgorithm::kSha512}, kMessage))
                  .has_value());
}

TEST_CASE("keyDetails must fit the key", "[verify]") {
  const PublicKey p256 = Public(MintedKey(MintedKey::kP256));
  const PublicKey rsa = Public(MintedKey(MintedKey::kRsa2048));
  CHECK(AlgorithmOfKeyDetails(p256, "PKIX_ECDSA_P256_SHA_256").value() == SignatureAlgorithm{Scheme::kEcdsa, HashAlgorithm::kSha256});
  CHECK(AlgorithmOfKeyDetails(rsa, "PKIX_RSA_PSS_2048_SHA256").value().scheme == Scheme::kRsaPss);
  CHECK(AlgorithmOfKeyDetails(rsa, "PKIX_RSA_PSS_3072_SHA256").error().step == Step::kKey);
  CHECK(AlgorithmOfKeyDetails(p256, "PKIX_ED25519").error().step == Step::kKey);
  CHECK(AlgorithmOfKeyDetails(p256, "LMS_SHA256").error().step == Step::kAlgorithm);
  CHECK(DefaultKeyDetails(rsa).value() == "PKIX_RSA_PKCS1V15_2048_SHA256");
}

TEST_CASE("A raw r and s of JOSE becomes the DER signature, and only at the curve's width", "[verify]") {
  const MintedKey minted(MintedKey::kP521);
  const PublicKey key = Public(minted);
  const SignatureAlgorithm es512 = {Scheme::kEcdsa, HashAlgorithm::kSha512};
  const std::string raw = minted.SignRaw(es512, kMessage);
  REQUIRE(raw.size() == 132);
  CHECK(VerifySignature(key, es512, kMessage, EcdsaSignatureFromRaw(key, raw).value()).has_value());
  CHECK_FALSE(EcdsaSignatureFromRaw(key, raw.substr(1)).has_value());
  CHECK_FALSE(EcdsaSignatureFromRaw(key, raw + '\0').has_value());
}

}  // namespace hullwright::verify
