#include "base/digest.h"

#include <catch2/catch.hpp>
#include <string>

using hullwright::Digest;
using hullwright::ErrorCode;

TEST_CASE("a digest knows its algorithm and its hex digits", "[base]") {
  const auto digest = Digest::Parse("sha256:" + std::string(64, '0'));
  REQUIRE(digest);
  CHECK(digest->algorithm() == "sha256");
  CHECK(digest->hex() == std::string(64, '0'));
  const auto longer = Digest::Parse("sha512:" + std::string(128, 'f'));
  REQUIRE(longer);
  CHECK(longer->algorithm() == "sha512");
  CHECK(longer->hex().size() == 128);
  CHECK(*digest < *longer);
}

TEST_CASE("nothing but a whole digest is one", "[base]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", ":", "sha256", "sha256:", "sha256:" + std::string(63, 'a'), "sha256:" + std::string(65, 'a'),
               "sha256:" + std::string(64, 'A'), "sha256:" + std::string(63, 'a') + "g", "sha512:" + std::string(64, 'a'),
               "sha384:" + std::string(96, 'a'), "SHA256:" + std::string(64, 'a'), " sha256:" + std::string(64, 'a'),
               "sha256:" + std::string(64, 'a') + "\n", "sha256::" + std::string(63, 'a'), std::string(64, 'a'));
  const auto digest = Digest::Parse(text);
  REQUIRE_FALSE(digest);
  CHECK(digest.error().code == ErrorCode::kInvalidInput);
  for (const char c : digest.error().message) CHECK((c >= ' ' && c <= '~'));
}
