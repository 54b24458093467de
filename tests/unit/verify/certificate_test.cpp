#include "verify/certificate.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"

namespace hullwright::verify {
using testing::MintedFulcio;
using testing::MintedKey;

namespace {

std::string Leaf(std::vector<testing::MintedExtension> extensions, MintedKey::Type type = MintedKey::kP256) {
  const MintedKey key(type);
  return testing::MintCertificate({.subject = testing::Named("leaf"),
                                   .not_before = testing::kMintedTime,
                                   .not_after = testing::kMintedTime,
                                   .extensions = std::move(extensions)},
                                  key, key);
}

}  // namespace

TEST_CASE("What a certificate says is told as plain values", "[verify]") {
  const Certificate leaf = testing::ParseMinted(
      Leaf({{"basicConstraints", "critical,CA:FALSE"}, {"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "codeSigning"}}));
  CHECK(ToString(leaf.subject()) == "CN=leaf,O=Minted");
  CHECK(leaf.use().is_ca == false);
  CHECK(leaf.use().key_usage == kDigitalSignature);
  CHECK(leaf.use().extended_key_usage->front() == kCodeSigningOid);
  CHECK(leaf.ValidAt(testing::kMintedTime));
  CHECK_FALSE(leaf.ValidAt(testing::kMintedTime + std::chrono::milliseconds(1)));
  CHECK(leaf.IsSelfSigned());
}

TEST_CASE("A certificate is DER and nothing behind it, or exactly one PEM block", "[verify]") {
  const std::string der = Leaf({});
  const std::string pem = testing::ToPem(der);
  CHECK(Certificate::FromDer(der).has_value());
  CHECK_FALSE(Certificate::FromDer(der + '\0').has_value());
  CHECK_FALSE(Certificate::FromDer(der.substr(0, der.size() - 1)).has_value());
  CHECK(Certificate::FromPem(pem).has_value());
  CHECK_FALSE(Certificate::FromPem(pem + pem).has_value());
  CHECK(Certificate::ListFromPem(pem + pem, 2)->size() == 2);
  CHECK(Certificate::ListFromPem(pem + pem, 1).error().step == Step::kLimit);
  CHECK_FALSE(Certificate::ListFromPem("", 1).has_value());
  CHECK_FALSE(Certificate::ListFromPem(pem + MintedKey(MintedKey::kP256).Pem(), 2).has_value());
  CHECK_FALSE(Certificate::FromPem(testing::ToPem(der, "TRUSTED CERTIFICATE")).has_value());
}

TEST_CASE("An extension that is there twice refuses the certificate, a known and an unknown one", "[verify]") {
  for (const auto& extension : {testing::RawExtension("1.2.3.4.5", "x"), testing::FulcioText("1.8", "https://issuer.example")}) {
    CHECK(Certificate::FromDer(Leaf({extension})).has_value());
    CHECK(Certificate::FromDer(Leaf({extension, extension})).error().step == Step::kParse);
  }
  CHECK_FALSE(Certificate::FromDer(Leaf({{"keyUsage", "digitalSignature"}, {"keyUsage", "keyCertSign"}})).has_value());
}

TEST_CASE("A certificate of a weak key or a curve outside the table is refused", "[verify]") {
  for (const auto type : {MintedKey::kRsa1024, MintedKey::kP224, MintedKey::kSecp256k1}) {
    CHECK(Certificate::FromDer(Leaf({}, type)).error().step == Step::kAlgorithm);
  }
}

TEST_CASE("A code signer has the use codeSigning itself, may sign and is no authority", "[verify]") {
  const std::string sign = "critical,digitalSignature";
  const auto check = [](std::vector<testing::MintedExtension> extensions) {
    return RequireCodeSigningLeaf(testing::ParseMinted(Leaf(std::move(extensions)))).has_value();
  };
  CHECK(check({{"keyUsage", sign}, {"extendedKeyUsage", "codeSigning"}}));
  CHECK_FALSE(check({{"keyUsage", sign}, {"extendedKeyUsage", "anyExtendedKeyUsage"}}));
  CHECK_FALSE(check({{"keyUsage", sign}, {"extendedKeyUsage", "timeStamping"}}));
  CHECK_FALSE(check({{"keyUsage", sign}}));
  CHECK_FALSE(check({{"extendedKeyUsage", "codeSigning"}}));
  CHECK_FALSE(check({{"keyUsage", "keyEncipherment"}, {"extendedKeyUsage", "codeSigning"}}));
  CHECK_FALSE(check({{"keyUsage", sign + ",keyCertSign"}, {"extendedKeyUsage", "codeSigning"}}));
  CHECK_FALSE(check({{"keyUsage", sign}, {"extendedKeyUsage", "codeSigning"}, {"basicConstraints", "critical,CA:TRUE"}}));
}

TEST_CASE("A time stamper has timeStamping as its one critical use", "[verify]") {
  const auto check = [](const std::string& usage) {
    return RequireTimeStampingLeaf(testing::ParseMinted(Leaf({{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", usage}})))
        .has_value();
  };
  CHECK(check("critical,timeStamping"));
  CHECK_FALSE(check("timeStamping"));
  CHECK_FALSE(check("critical,timeStamping,codeSigning"));
  CHECK_FALSE(check("critical,codeSigning"));
}

TEST_CASE("Names are written as RFC 4514 does, with its escapes", "[verify]") {
  CHECK(ToString(DistinguishedName{{"C", "DE"}, {"O", "a, b+c"}, {"CN", " #x\"\\ "}}) == "CN=\\ #x\\\"\\\\\\ ,O=a\\, b\\+c,C=DE");
}

}  // namespace hullwright::verify
