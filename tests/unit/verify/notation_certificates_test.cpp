#include "verify/notation_certificates.h"

#include <catch2/catch.hpp>

#include "support/minted_certificate.h"
#include "verify/notation_trust_store.h"

using namespace hullwright;
using namespace hullwright::verify;
using hullwright::testing::CertificateShape;
using hullwright::testing::MintCertificate;
using hullwright::testing::MintedChain;
using hullwright::testing::MintedKey;

namespace {

std::vector<Certificate> Parse(const std::vector<std::string>& ders) {
  std::vector<Certificate> chain;
  for (const std::string& der : ders) chain.push_back(Certificate::FromDer(der).value());
  return chain;
}

const MintedKey& Key(MintedKey::Type type) {
  static const MintedKey p256(MintedKey::kP256), rsa(MintedKey::kRsa2048), ed(MintedKey::kEd25519);
  return type == MintedKey::kP256 ? p256 : type == MintedKey::kRsa2048 ? rsa : ed;
}

Certificate Leaf(const std::vector<std::pair<std::string, std::string>>& extensions, MintedKey::Type type = MintedKey::kP256) {
  CertificateShape shape;
  shape.extensions = extensions;
  return Certificate::FromDer(MintCertificate(shape, Key(type), Key(type))).value();
}

Step StepOf(const Checked<void>& checked) {
  REQUIRE_FALSE(checked.has_value());
  INFO(checked.error().message);
  return checked.error().step;
}

}  // namespace

TEST_CASE("A signing certificate may sign and nothing else", "[verify]") {
  CHECK(CheckCodeSigningLeaf(Leaf({{"keyUsage", "critical,digitalSignature"}})));
  CHECK(CheckCodeSigningLeaf(Leaf({{"keyUsage", "critical,digitalSignature,nonRepudiation"}, {"extendedKeyUsage", "codeSigning"}})));
  CHECK(CheckCodeSigningLeaf(Leaf({{"keyUsage", "critical,digitalSignature"}, {"basicConstraints", "CA:FALSE"}}, MintedKey::kRsa2048)));
  using List = std::vector<std::pair<std::string, std::string>>;
  const List wrong = GENERATE(
      List{}, List{{"keyUsage", "digitalSignature"}}, List{{"keyUsage", "critical,nonRepudiation"}},
      List{{"keyUsage", "critical,digitalSignature,keyCertSign"}}, List{{"keyUsage", "critical,digitalSignature,cRLSign"}},
      List{{"keyUsage", "critical,digitalSignature,keyEncipherment"}}, List{{"keyUsage", "critical,digitalSignature,dataEncipherment"}},
      List{{"keyUsage", "critical,digitalSignature,keyAgreement"}},
      List{{"keyUsage", "critical,digitalSignature,keyAgreement,encipherOnly"}},
      List{{"keyUsage", "critical,digitalSignature,keyAgreement,decipherOnly"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"basicConstraints", "CA:TRUE"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "codeSigning,serverAuth"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "clientAuth"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "emailProtection"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "timeStamping"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "OCSPSigning"}},
      List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "anyExtendedKeyUsage"}});
  CHECK(StepOf(CheckCodeSigningLeaf(Leaf(wrong))) == Step::kCertificateUse);
}

TEST_CASE("A time-stamp authority's certificate is for time-stamps alone", "[verify]") {
  CHECK(CheckTimeStampingLeaf(Leaf({{"keyUsage", "digitalSignature"}, {"extendedKeyUsage", "critical,timeStamping"}})));
  using List = std::vector<std::pair<std::string, std::string>>;
  const List wrong = GENERATE(List{{"extendedKeyUsage", "critical,timeStamping"}}, List{{"keyUsage", "critical,digitalSignature"}},
                              List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "timeStamping"}},
                              List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "critical,timeStamping,codeSigning"}},
                              List{{"keyUsage", "critical,digitalSignature"}, {"extendedKeyUsage", "critical,timeStamping,1.2.3.4"}},
                              List{{"keyUsage", "critical,digitalSignature,keyCertSign"}, {"extendedKeyUsage", "critical,timeStamping"}});
  CHECK(StepOf(CheckTimeStampingLeaf(Leaf(wrong))) == Step::kCertificateUse);
}

TEST_CASE("Edwards keys sign no Notary Project envelope", "[verify]") {
  CHECK(StepOf(CheckCodeSigningLeaf(Leaf({{"keyUsage", "critical,digitalSignature"}}, MintedKey::kEd25519))) == Step::kAlgorithm);
}

TEST_CASE("An authority says critically that it may issue, and how deep", "[verify]") {
  const auto ca = Leaf({{"basicConstraints", "critical,CA:TRUE,pathlen:1"}, {"keyUsage", "critical,keyCertSign"}});
  CHECK(CheckCodeSigningCa(ca, 0));
  CHECK(CheckCodeSigningCa(ca, 1));
  CHECK(StepOf(CheckCodeSigningCa(ca, 2)) == Step::kCertificateUse);
  using List = std::vector<std::pair<std::string, std::string>>;
  const List wrong = GENERATE(List{{"keyUsage", "critical,keyCertSign"}}, List{{"basicConstraints", "critical,CA:TRUE"}},
                              List{{"basicConstraints", "CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}},
                              List{{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "keyCertSign"}},
                              List{{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,cRLSign"}});
  CHECK(StepOf(CheckCodeSigningCa(Leaf(wrong), 0)) == Step::kCertificateUse);
}

TEST_CASE("A chain goes from the leaf to a self-signed root, each issued by the next", "[verify]") {
  const MintedChain minted(MintedKey::kP256);
  const MintedChain other(MintedKey::kP256);
  const Time good{std::chrono::sys_days{std::chrono::June / 1 / 2026}};
  CHECK(CheckCodeSigningChain(Parse(minted.chain()), good));
  CHECK(StepOf(CheckCodeSigningChain(Parse(minted.chain()), good - std::chrono::years{1})) == Step::kTime);
  CHECK(StepOf(CheckCodeSigningChain(Parse(minted.chain()), good + std::chrono::years{1})) == Step::kTime);
  CHECK(StepOf(CheckCodeSigningChain({})) == Step::kChain);
  CHECK(StepOf(CheckCodeSigningChain(Parse({minted.leaf}))) == Step::kChain);
  CHECK(StepOf(CheckCodeSigningChain(Parse({minted.root, minted.leaf}))) == Step::kChain);
  CHECK(StepOf(CheckCodeSigningChain(Parse({minted.leaf, minted.root, minted.root}))) == Step::kChain);
  CHECK(StepOf(CheckCodeSigningChain(Parse({minted.leaf, other.root}))) == Step::kChain);  // the same name, another key
  CHECK(StepOf(CheckCodeSigningChain(Parse({minted.leaf, other.leaf, minted.root}))) == Step::kChain);
  CHECK(StepOf(CheckCodeSigningChain(Parse(std::vector(11, minted.leaf)))) == Step::kLimit);
}

TEST_CASE("A single certificate is a chain when it signed itself and may sign", "[verify]") {
  CHECK(CheckCodeSigningChain(std::vector{Leaf({{"keyUsage", "critical,digitalSignature"}})}));
  CHECK(StepOf(CheckCodeSigningChain(
            std::vector{Leaf({{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}})})) == Step::kCertificateUse);
}

TEST_CASE("A certificate signed with SHA-1 was issued by nobody", "[verify]") {
  CertificateShape shape = MintedChain::CodeSigningLeaf();
  shape.hash = "SHA1";
  const MintedChain minted(MintedKey::kP256, shape);
  CHECK(StepOf(CheckCodeSigningChain(Parse(minted.chain()))) == Step::kChain);
}

TEST_CASE("Trust stores hold authorities and self-signed signers, those of time-stamps roots only", "[verify]") {
  const MintedChain minted(MintedKey::kP256);
  const std::string self_signed = Leaf({{"keyUsage", "critical,digitalSignature"}}).der();
  using List = std::vector<std::string>;
  CHECK(ReadTrustStore(TrustStoreType::kCa, List{minted.root}).value().size() == 1);
  CHECK(ReadTrustStore(TrustStoreType::kCa, List{testing::ToPem(minted.root) + testing::ToPem(self_signed), minted.root}).value().size() ==
        3);
  CHECK(ReadTrustStore(TrustStoreType::kTsa, List{minted.root}).has_value());
  const auto refused = [](TrustStoreType type, const List& files) {
    const auto store = ReadTrustStore(type, files);
    return !store && store.error().step == Step::kTrustRoot;
  };
  CHECK(refused(TrustStoreType::kCa, {}));
  CHECK(refused(TrustStoreType::kCa, {"nonsense"}));
  CHECK(refused(TrustStoreType::kCa, {""}));
  CHECK(refused(TrustStoreType::kCa, {minted.root + "x"}));
  CHECK(refused(TrustStoreType::kCa, {minted.root, minted.leaf}));
  CHECK(refused(TrustStoreType::kSigningAuthority, {minted.leaf}));
  CHECK(refused(TrustStoreType::kTsa, {self_signed}));
  CHECK_FALSE(ParseTrustStoreType("CA").has_value());
}
