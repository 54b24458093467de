#include "verify/time_stamp_token.h"

#include <catch2/catch.hpp>

#include "support/minted_sigstore.h"

namespace hullwright::verify {
using testing::kMintedTime;
using testing::MintedKey;
using testing::MintedTimeStampAuthority;

namespace {

const std::string kMessage = "a signature";

Checked<AuthorityTimeStamp> Check(const std::string& response, std::vector<CertificateAuthority> authorities,
                                  std::string_view message = kMessage) {
  const auto token = TimeStampToken::FromResponse(response);
  if (!token) return std::unexpected(token.error());
  return VerifyTimeStamp(*token, message, authorities);
}

}  // namespace

TEST_CASE("A token of a trusted authority tells its time, to the millisecond, from any kind of key", "[verify]") {
  for (const auto type : {MintedKey::kP256, MintedKey::kP384, MintedKey::kP521, MintedKey::kRsa2048}) {
    for (const bool embed : {false, true}) {
      const MintedTimeStampAuthority tsa({.embed_certificates = embed, .key = type});
      const auto stamp = Check(tsa.Response(kMessage, kMintedTime + std::chrono::milliseconds(125)), {tsa.Description()});
      INFO((stamp ? "" : stamp.error().message));
      REQUIRE(stamp.has_value());
      CHECK(stamp->stamp.time == kMintedTime + std::chrono::milliseconds(125));
      CHECK(stamp->stamp.accuracy == std::chrono::seconds(1));
      CHECK(stamp->stamp.chain.size() == 2);
    }
  }
}

TEST_CASE("A token about other bytes is refused", "[verify]") {
  const MintedTimeStampAuthority tsa;
  const std::string response = tsa.Response(kMessage, kMintedTime);
  CHECK(Check(response, {tsa.Description()}, "another signature").error().step == Step::kTimestamp);
  CHECK(Check(response, {tsa.Description()}, "").error().step == Step::kTimestamp);
}

TEST_CASE("A foreign authority is refused, and the certificates it brings along do not help", "[verify]") {
  const MintedTimeStampAuthority trusted;
  for (const bool embed : {false, true}) {
    const MintedTimeStampAuthority foreign({.embed_certificates = embed});
    CHECK_FALSE(Check(foreign.Response(kMessage, kMintedTime), {trusted.Description()}).has_value());
    CHECK(Check(foreign.Response(kMessage, kMintedTime), {}).error().step == Step::kTimestamp);
    // An authority of CA certificates alone takes the signer out of the token, but the chain must still end at its own.
    auto authority = trusted.Description();
    authority.path = AuthorityPath({trusted.root()});
    CHECK_FALSE(Check(foreign.Response(kMessage, kMintedTime), {authority}).has_value());
  }
}

TEST_CASE("An authority of CA certificates alone needs the signer's certificate in the token", "[verify]") {
  for (const bool embed : {false, true}) {
    const MintedTimeStampAuthority tsa({.embed_certificates = embed});
    auto authority = tsa.Description();
    authority.path = AuthorityPath({tsa.root()});
    CHECK(Check(tsa.Response(kMessage, kMintedTime), {authority}).has_value() == embed);
  }
}

TEST_CASE("A time outside the authority's window or its certificates is refused; the ends are in it", "[verify]") {
  const MintedTimeStampAuthority tsa;
  auto authority = tsa.Description();
  authority.window = {kMintedTime, kMintedTime};
  CHECK(Check(tsa.Response(kMessage, kMintedTime), {authority}).has_value());
  CHECK(Check(tsa.Response(kMessage, kMintedTime + std::chrono::milliseconds(1)), {authority}).error().step == Step::kTimestamp);
  CHECK(Check(tsa.Response(kMessage, kMintedTime - std::chrono::milliseconds(1)), {authority}).error().step == Step::kTimestamp);
  authority.window = {Time{}, std::nullopt};
  const Time end = tsa.leaf().not_after();
  CHECK(Check(tsa.Response(kMessage, end), {authority}).has_value());
  CHECK(Check(tsa.Response(kMessage, end + std::chrono::seconds(1)), {authority}).error().step == Step::kTime);
}

TEST_CASE("A bare token is read by FromToken, a response by FromResponse, and never the other way", "[verify]") {
  const MintedTimeStampAuthority tsa;
  const std::string token = tsa.Token(kMessage, kMintedTime);
  CHECK(TimeStampToken::FromToken(token).has_value());
  CHECK_FALSE(TimeStampToken::FromResponse(token).has_value());
  CHECK_FALSE(TimeStampToken::FromToken(tsa.Response(kMessage, kMintedTime)).has_value());
  CHECK_FALSE(TimeStampToken::FromToken(token + '\0').has_value());
  CHECK_FALSE(TimeStampToken::FromResponse(tsa.Response(kMessage, kMintedTime) + '\0').has_value());
  CHECK_FALSE(TimeStampToken::FromToken("").has_value());
  CHECK(TimeStampToken::FromToken(std::string(1u << 20, 'x')).error().step == Step::kLimit);
}

TEST_CASE("No broken byte of a token changes what it proves", "[verify]") {
  const MintedTimeStampAuthority tsa;
  const std::string response = tsa.Response(kMessage, kMintedTime);
  const auto good = Check(response, {tsa.Description()});
  REQUIRE(good.has_value());
  std::vector<std::size_t> unsigned_bytes;
  for (std::size_t i = 0; i < response.size(); ++i) {
    std::string broken = response;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    const auto stamp = Check(broken, {tsa.Description()});
    if (!stamp) continue;
    unsigned_bytes.push_back(i);
    CHECK(stamp->stamp.time == good->stamp.time);
  }
  // Outside what is signed: the status "granted", two version numbers, an absent parameter, and the CMS wrapper's set of digest algorithms.
  CAPTURE(unsigned_bytes);
  CHECK(unsigned_bytes.size() <= 14);
}

}  // namespace hullwright::verify
