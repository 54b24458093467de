#include "verify/trusted_root.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/base64.h"
#include "support/minted_sigstore.h"
#include "verify/signing_config.h"

namespace hullwright::verify {
using testing::MintedKey;

namespace {

std::string Log(const MintedKey& key, std::string_view details,
                std::string_view window = R"("validFor":{"start":"2026-01-01T00:00:00Z"})") {
  const std::string spki = key.Spki();
  return fmt::format(
      R"({{"baseUrl":"https://log.example/x","hashAlgorithm":"SHA2_256","publicKey":{{"rawBytes":"{}","keyDetails":"{}",{}}},"logId":{{"keyId":"{}"}}}})",
      EncodeBase64(spki), details, window, EncodeBase64(Sha256(spki)));
}

std::string Authority(const Certificate& certificate) {
  return fmt::format(
      R"({{"subject":{{"organization":"o","commonName":"c"}},"uri":"https://ca.example","certChain":{{"certificates":[{{"rawBytes":"{}"}}]}},"validFor":{{"start":"2026-01-01T00:00:00Z","end":null}}}})",
      EncodeBase64(certificate.der()));
}

std::string Root(std::string_view logs, std::string_view authorities = "") {
  return fmt::format(
      R"({{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}],"certificateAuthorities":[{}],"ctlogs":[],"timestampAuthorities":[]}})",
      logs, authorities);
}

void Replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A trusted root tells its logs and authorities", "[verify]") {
  const MintedKey key(MintedKey::kP256);
  const testing::MintedFulcio fulcio;
  const auto root = TrustedRoot::Parse(Root(Log(key, "PKIX_ECDSA_P256_SHA_256"), Authority(fulcio.root())));
  REQUIRE(root.has_value());
  CHECK(root->logs.front().id == Sha256(key.Spki()));
  CHECK(root->logs.front().Host() == "log.example");
  CHECK(root->certificate_authorities.front().path.certificates() == std::vector{fulcio.root()});
}

TEST_CASE("A trusted root that is not exactly as its format says is refused as a whole", "[verify]") {
  const MintedKey key(MintedKey::kP256);
  const std::string good = Root(Log(key, "PKIX_ECDSA_P256_SHA_256"));
  REQUIRE(TrustedRoot::Parse(good).has_value());
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"version=0.1", "version=0.9"},
                                                        {"\"mediaType\"", "\"media_type\""},
                                                        {"\"tlogs\"", "\"Tlogs\""},
                                                        {"SHA2_256", "SHA1"},
                                                        {"P256_SHA_256", "P384_SHA_384"},
                                                        {"PKIX_ECDSA_P256_SHA_256", "PKIX_RSA_PKCS1V15_2048_SHA256"},
                                                        {"PKIX_ECDSA_P256_SHA_256", "NOBODY_KNOWS"},
                                                        {"\"start\":\"2026-01-01T00:00:00Z\"", ""},
                                                        {"\"start\"", "\"begin\""},
                                                        {"2026-01-01", "yesterday"},
                                                        {"\"baseUrl\"", "\"extra\":1,\"baseUrl\""},
                                                        {"\"logId\":{\"keyId\":\"", "\"logId\":{\"keyId\":\"!"},
                                                        {"\"rawBytes\":\"", "\"rawBytes\":\"AA"},
                                                        {"\"baseUrl\"", "\"baseUrl\":\"x\",\"baseUrl\""}}) {
    std::string text = good;
    Replace(text, from, to);
    INFO(from << " -> " << to);
    CHECK_FALSE(TrustedRoot::Parse(text).has_value());
  }
  CHECK_FALSE(TrustedRoot::Parse("").has_value());
  CHECK_FALSE(TrustedRoot::Parse("[]").has_value());
  CHECK_FALSE(TrustedRoot::Parse(good + "x").has_value());
}

TEST_CASE("Keys of every kind are declared by their keyDetails, old RSA keys as PKCS#1", "[verify]") {
  for (const auto& [type, details] :
       std::vector<std::pair<MintedKey::Type, std::string>>{{MintedKey::kP384, "PKIX_ECDSA_P384_SHA_384"},
                                                            {MintedKey::kP521, "PKIX_ECDSA_P521_SHA_512"},
                                                            {MintedKey::kEd25519, "PKIX_ED25519"},
                                                            {MintedKey::kRsa3072, "PKIX_RSA_PKCS1V15_3072_SHA256"}}) {
    CHECK(TrustedRoot::Parse(Root(Log(MintedKey(type), details))).has_value());
  }
  const MintedKey rsa(MintedKey::kRsa2048);
  std::string text = Root(Log(rsa, "PKCS1_RSA_PKCS1V5"));
  CHECK_FALSE(TrustedRoot::Parse(text).has_value());
  Replace(text, EncodeBase64(rsa.Spki()), EncodeBase64(openssl::Encode<const EVP_PKEY>(i2d_PublicKey, rsa.handle())));
  CHECK(TrustedRoot::Parse(text).value().logs.front().key == PublicKey::FromSpki(rsa.Spki()).value());
  CHECK_FALSE(TrustedRoot::Parse(Root(Log(MintedKey(MintedKey::kRsa1024), "PKIX_RSA_PKCS1V5"))).has_value());
}

TEST_CASE("Windows are closed, may have no end, and may be empty", "[verify]") {
  const Time noon = testing::kMintedTime;
  const auto step = std::chrono::milliseconds(1);
  CHECK(ValidityWindow{noon, noon}.Contains(noon));
  CHECK_FALSE(ValidityWindow{noon, noon}.Contains(noon + step));
  CHECK_FALSE(ValidityWindow{noon, noon}.Contains(noon - step));
  CHECK(ValidityWindow{noon, std::nullopt}.Contains(noon + std::chrono::years(100)));
  CHECK_FALSE(ValidityWindow{noon, noon - step}.Contains(noon));
}

TEST_CASE("More logs than anybody has are a limit", "[verify]") {
  const std::string log = Log(MintedKey(MintedKey::kP256), "PKIX_ECDSA_P256_SHA_256");
  std::string logs = log;
  for (int i = 0; i < 64; ++i) logs += "," + log;
  CHECK(TrustedRoot::Parse(Root(logs)).error().step == Step::kLimit);
}

TEST_CASE("A trusted root is no signing config and the other way round", "[verify]") {
  const std::string config = R"({"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","tsaConfig":{"selector":"ANY"}})";
  CHECK(SigningConfig::Parse(config).has_value());
  CHECK_FALSE(TrustedRoot::Parse(config).has_value());
  CHECK_FALSE(SigningConfig::Parse(Root("")).has_value());
  CHECK_FALSE(
      SigningConfig::Parse(R"({"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","tsaConfig":{"selector":"EXACT"}})")
          .has_value());
}

}  // namespace hullwright::verify
