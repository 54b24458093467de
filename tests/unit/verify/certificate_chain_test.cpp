#include "verify/certificate_chain.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"
#include "verify/limits.h"

namespace hullwright::verify {
using testing::kMintedTime;
using testing::MintedFulcio;
using testing::MintedKey;

namespace {

Checked<std::vector<Certificate>> Build(const std::string& leaf, std::vector<Certificate> anchors, std::vector<Certificate> helpers = {},
                                        Time at = kMintedTime) {
  const auto certificate = Certificate::FromDer(leaf);
  if (!certificate) return std::unexpected(certificate.error());
  return BuildChain(*certificate, {anchors, helpers, at, ChainPurpose::kCodeSigning});
}

}  // namespace

TEST_CASE("A leaf chains to the root through a helper, or to an intermediate that is itself trusted", "[verify]") {
  const MintedFulcio fulcio;
  const std::string leaf = fulcio.Mint(fulcio.LeafShape(), MintedKey(MintedKey::kP256));
  const auto chain = Build(leaf, {fulcio.root()}, {fulcio.intermediate()});
  REQUIRE(chain.has_value());
  CHECK(chain->size() == 3);
  CHECK((*chain)[1] == fulcio.intermediate());
  CHECK(Build(leaf, {fulcio.intermediate()})->size() == 2);
  CHECK(Build(leaf, {fulcio.root()}).error().step == Step::kChain);
  CHECK(Build(leaf, {}, {fulcio.intermediate(), fulcio.root()}).error().step == Step::kTrustRoot);
  const MintedFulcio other;  // the same names, other keys
  CHECK(Build(leaf, {other.root()}, {other.intermediate()}).error().step == Step::kChain);
  CHECK(Build(leaf, {other.root()}, {fulcio.intermediate()}).error().step == Step::kChain);
}

TEST_CASE("The window of every certificate is closed: its first and last second are in it, one more is not", "[verify]") {
  const MintedFulcio fulcio;
  const auto shape = fulcio.LeafShape();
  const std::string leaf = fulcio.Mint(shape, MintedKey(MintedKey::kP256));
  const auto at = [&](Time time) { return Build(leaf, {fulcio.root()}, {fulcio.intermediate()}, time); };
  CHECK(at(shape.not_before).has_value());
  CHECK(at(shape.not_after).has_value());
  CHECK(at(shape.not_before - std::chrono::milliseconds(1)).error().step == Step::kTime);
  CHECK(at(shape.not_after + std::chrono::milliseconds(1)).error().step == Step::kTime);
}

TEST_CASE("An authority that has expired before the leaf signs nothing", "[verify]") {
  const MintedKey root_key(MintedKey::kP256);
  const testing::CertificateShape root{.subject = testing::Named("root"),
                                       .not_before = kMintedTime - std::chrono::hours(2),
                                       .not_after = kMintedTime - std::chrono::hours(1),
                                       .extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}}};
  const Certificate anchor = testing::ParseMinted(testing::MintCertificate(root, root_key, root_key));
  auto leaf = MintedFulcio().LeafShape();
  leaf.issuer = testing::Named("root");
  const auto chain = Build(testing::MintCertificate(leaf, MintedKey(MintedKey::kP256), root_key), {anchor});
  REQUIRE_FALSE(chain.has_value());
  CHECK(chain.error().step == Step::kTime);
  CHECK(chain.error().message.find("CN=root") != std::string::npos);
}

TEST_CASE("An issuer without the right to issue, or for other uses, is no issuer", "[verify]") {
  const MintedKey key(MintedKey::kP256);
  auto leaf = MintedFulcio().LeafShape();
  leaf.issuer = testing::Named("root");
  const std::string der = testing::MintCertificate(leaf, MintedKey(MintedKey::kP256), key);
  const auto with = [&](std::vector<testing::MintedExtension> extensions) {
    const testing::CertificateShape shape{
        .subject = testing::Named("root"), .not_before = leaf.not_before, .not_after = leaf.not_after, .extensions = std::move(extensions)};
    return Build(der, {testing::ParseMinted(testing::MintCertificate(shape, key, key))});
  };
  CHECK(with({{"basicConstraints", "critical,CA:TRUE"}}).has_value());
  CHECK(with({{"basicConstraints", "critical,CA:TRUE"}, {"extendedKeyUsage", "codeSigning"}}).has_value());
  CHECK_FALSE(with({}).has_value());
  CHECK_FALSE(with({{"basicConstraints", "critical,CA:FALSE"}}).has_value());
  CHECK_FALSE(with({{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "digitalSignature"}}).has_value());
  CHECK(with({{"basicConstraints", "critical,CA:TRUE"}, {"extendedKeyUsage", "serverAuth"}}).error().step == Step::kCertificateUse);
  CHECK(with({{"basicConstraints", "critical,CA:TRUE"}, testing::RawExtension("1.2.3.4", "x", true)}).error().step ==
        Step::kCriticalExtension);
  CHECK_FALSE(
      with({{"basicConstraints", "critical,CA:TRUE"}, {"nameConstraints", "critical,permitted;URI:.elsewhere.example"}}).has_value());
}

TEST_CASE("A path longer than its authority allows is refused", "[verify]") {
  const MintedFulcio fulcio;  // the intermediate has pathlen:0
  const MintedKey key(MintedKey::kP256);
  auto authority = fulcio.LeafShape();
  authority.subject = testing::Named("below");
  authority.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  const Certificate below = testing::ParseMinted(fulcio.Mint(authority, key));
  auto leaf = fulcio.LeafShape();
  leaf.issuer = testing::Named("below");
  const auto chain =
      Build(testing::MintCertificate(leaf, MintedKey(MintedKey::kP256), key), {fulcio.root()}, {fulcio.intermediate(), below});
  CHECK(chain.error().step == Step::kCertificateUse);
}

TEST_CASE("An unknown critical extension of the leaf is refused, an unknown other one is not", "[verify]") {
  const MintedFulcio fulcio;
  for (const bool critical : {false, true}) {
    auto shape = fulcio.LeafShape();
    shape.extensions.push_back(testing::RawExtension("1.2.3.4", "x", critical));
    const auto chain = Build(fulcio.Mint(shape, MintedKey(MintedKey::kP256)), {fulcio.root()}, {fulcio.intermediate()});
    CHECK(chain.has_value() == !critical);
    if (critical) CHECK(chain.error().step == Step::kCriticalExtension);
  }
}

TEST_CASE("A certificate signed with SHA-1 is refused", "[verify]") {
  const MintedFulcio fulcio;
  auto shape = fulcio.LeafShape();
  shape.hash = "SHA1";
  CHECK(Build(fulcio.Mint(shape, MintedKey(MintedKey::kP256)), {fulcio.root()}, {fulcio.intermediate()}).error().step == Step::kAlgorithm);
}

TEST_CASE("A critical name of otherName alone is understood", "[verify]") {
  const MintedFulcio fulcio;
  const auto shape = fulcio.LeafShape("otherName:1.3.6.1.4.1.57264.1.7;UTF8:somebody!issuer.example");
  CHECK(Build(fulcio.Mint(shape, MintedKey(MintedKey::kP256)), {fulcio.root()}, {fulcio.intermediate()}).has_value());
}

TEST_CASE("More helpers than a chain can hold are not looked at", "[verify]") {
  const MintedFulcio fulcio;
  const std::vector<Certificate> helpers(limits::kCertificatesPerChain + 1, fulcio.intermediate());
  CHECK(Build(fulcio.Mint(fulcio.LeafShape(), MintedKey(MintedKey::kP256)), {fulcio.root()}, helpers).error().step == Step::kLimit);
}

TEST_CASE("No broken byte of a leaf is accepted, whatever key signed it", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kRsa2048, MintedKey::kEd25519, MintedKey::kP521}) {
    const MintedKey key(type);
    const testing::CertificateShape root{.subject = testing::Named("root"),
                                         .not_before = kMintedTime,
                                         .not_after = kMintedTime,
                                         .extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}}};
    const Certificate anchor = testing::ParseMinted(testing::MintCertificate(root, key, key));
    auto shape = MintedFulcio().LeafShape();
    shape.issuer = testing::Named("root");
    const std::string leaf = testing::MintCertificate(shape, MintedKey(MintedKey::kP256), key);
    REQUIRE(Build(leaf, {anchor}).has_value());
    for (std::size_t i = 0; i < leaf.size(); ++i) {
      std::string broken = leaf;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      INFO("byte " << i << " of a leaf signed by " << ToString(anchor.public_key().type()));
      CHECK_FALSE(Build(broken, {anchor}).has_value());
    }
  }
}

}  // namespace hullwright::verify
