#include "verify/certificate_timestamp.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"
#include "verify/tls_reader.h"

namespace hullwright::verify {
using testing::kMintedTime;
using testing::MintedCertificateLog;
using testing::MintedFulcio;
using testing::MintedKey;

namespace {

const MintedFulcio& Fulcio() {
  static const MintedFulcio fulcio;
  return fulcio;
}

Checked<void> Check(const std::string& leaf, const std::vector<TransparencyLog>& logs, std::size_t threshold = 1) {
  const auto certificate = Certificate::FromDer(leaf);
  if (!certificate) return std::unexpected(certificate.error());
  return RequireCertificateTimestamps(*certificate, Fulcio().intermediate(), logs, threshold);
}

std::string Logged(const std::vector<const MintedCertificateLog*>& logs) {
  return Fulcio().MintLogged(Fulcio().LeafShape(), MintedKey(MintedKey::kP256), logs);
}

// A leaf with any list; the SCTs are for the same leaf without it only if its serial number is, so these are for failures of form.
Checked<void> CheckList(const std::vector<std::string>& scts, const TransparencyLog& log) {
  auto shape = Fulcio().LeafShape();
  shape.extensions.push_back(testing::EmbeddedScts(scts));
  return Check(Fulcio().Mint(shape, MintedKey(MintedKey::kP256)), {log});
}

}  // namespace

TEST_CASE("A log's promise inside the certificate is enough, from an ECDSA or an RSA log", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kP384, MintedKey::kRsa2048}) {
    const MintedCertificateLog log(type);
    const std::string leaf = Logged({&log});
    CHECK(Check(leaf, {log.Description()}).has_value());
    CHECK(Check(leaf, {MintedCertificateLog().Description()}).error().step == Step::kCertificateLog);
    CHECK(Check(leaf, {}).error().step == Step::kCertificateLog);
  }
}

TEST_CASE("A leaf without a promise fails unless none is asked for", "[verify]") {
  const std::string leaf = Fulcio().Mint(Fulcio().LeafShape(), MintedKey(MintedKey::kP256));
  CHECK(Check(leaf, {MintedCertificateLog().Description()}).error().step == Step::kCertificateLog);
  CHECK(Check(leaf, {}, 0).has_value());
}

TEST_CASE("Two promises of one log count once", "[verify]") {
  const MintedCertificateLog first;
  const MintedCertificateLog second;
  CHECK(Check(Logged({&first, &first}), {first.Description()}, 1).has_value());
  CHECK(Check(Logged({&first, &first}), {first.Description(), first.Description()}, 2).error().step == Step::kCertificateLog);
  CHECK(Check(Logged({&first, &second}), {first.Description(), second.Description()}, 2).has_value());
  CHECK(Check(Logged({&first, &second}), {second.Description()}, 1).has_value());
}

TEST_CASE("A promise from outside the window of the log's key does not count", "[verify]") {
  const MintedCertificateLog log;
  const std::string leaf = Logged({&log});
  auto description = log.Description();
  description.window = {kMintedTime, kMintedTime};
  CHECK(Check(leaf, {description}).has_value());
  description.window = {kMintedTime + std::chrono::milliseconds(1), std::nullopt};
  CHECK(Check(leaf, {description}).error().step == Step::kCertificateLog);
  description.window = {Time{}, kMintedTime - std::chrono::milliseconds(1)};
  CHECK(Check(leaf, {description}).error().step == Step::kCertificateLog);
}

TEST_CASE("A promise for another certificate or under another issuer does not count", "[verify]") {
  const MintedCertificateLog log;
  const std::string other = Fulcio().Mint(Fulcio().LeafShape(), MintedKey(MintedKey::kP256));
  CHECK(CheckList({log.Promise(other, Fulcio().intermediate().public_key(), kMintedTime)}, log.Description()).error().step ==
        Step::kCertificateLog);
  const auto leaf = Certificate::FromDer(Logged({&log}));
  CHECK_FALSE(RequireCertificateTimestamps(*leaf, Fulcio().root(), {log.Description()}, 1).has_value());
}

TEST_CASE("No broken byte of a promise is accepted", "[verify]") {
  const MintedCertificateLog log;
  const std::string leaf = Fulcio().Mint(Fulcio().LeafShape(), MintedKey(MintedKey::kP256));
  const PublicKey& issuer = Fulcio().intermediate().public_key();
  for (const std::string_view extensions : {"", "static"}) {
    const std::string sct = log.Promise(leaf, issuer, kMintedTime, extensions);
    const auto verify = [&](const std::string& bytes) -> Checked<void> {
      const auto timestamp = CertificateTimestamp::Parse(bytes);
      if (!timestamp) return std::unexpected(timestamp.error());
      return VerifyCertificateTimestamp(*timestamp, {LoggedCertificate::kPrecertificate, leaf, issuer.id()}, log.Description());
    };
    REQUIRE(verify(sct).has_value());
    CHECK_FALSE(verify(sct + "x").has_value());
    for (std::size_t i = 0; i < sct.size(); ++i) {
      std::string broken = sct;
      broken[i] = static_cast<char>(broken[i] ^ 1);
      INFO("byte " << i);
      CHECK_FALSE(verify(broken).has_value());
      CHECK_FALSE(verify(sct.substr(0, i)).has_value());
    }
  }
}

TEST_CASE("A list that is cut off, empty, too long or of another version is refused", "[verify]") {
  const MintedCertificateLog log;
  const std::string leaf = Fulcio().Mint(Fulcio().LeafShape(), MintedKey(MintedKey::kP256));
  const std::string sct = log.Promise(leaf, Fulcio().intermediate().public_key(), kMintedTime);
  CHECK(CheckList({}, log.Description()).error().step == Step::kParse);
  CHECK(CheckList({sct.substr(1)}, log.Description()).error().step == Step::kParse);
  CHECK(CheckList({std::string(1, '\1') + sct.substr(1)}, log.Description()).error().step == Step::kUnsupported);
  CHECK(CheckList(std::vector<std::string>(40, sct), log.Description()).error().step == Step::kLimit);
  CHECK(ParseCertificateTimestampList("\x04\x02\x00\x05").error().step == Step::kParse);
  CHECK(ParseCertificateTimestampList("").error().step == Step::kParse);
}

}  // namespace hullwright::verify
