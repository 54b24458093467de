#include "evidence/admitted_images.h"

#include <catch2/catch.hpp>

#include "base/rfc3339.h"
#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

ImageReference Image(char digit, std::string_view name = "registry.example/app") {
  return *ImageReference::Parse(fmt::format("{}@{}", name, DigestText(digit)));
}

Time At(int hour) {
  return Time(std::chrono::hours(hour));
}

TEST_CASE("what a namespace ran is remembered by namespace, name and digest, and the first time counts", "[evidence]") {
  AdmittedImages admitted;
  admitted.Record("shop", Image('a'), "P/one", At(5));
  admitted.Record("shop", Image('a'), "P/one", At(9));
  admitted.Record("shop", Image('a'), "P/two", At(7));
  CHECK((admitted.Find("shop", Image('a')) == std::map<std::string, Time>{{"P/one", At(5)}, {"P/two", At(7)}}));
  CHECK(admitted.Find("other", Image('a')).empty());
  CHECK(admitted.Find("shop", Image('b')).empty());
  CHECK(admitted.Find("shop", Image('a', "evil.example/app")).empty());
}

TEST_CASE("a tag is never remembered", "[evidence]") {
  AdmittedImages admitted;
  const auto tagged = *ImageReference::Parse("registry.example/app:1");
  admitted.Record("shop", tagged, "P/one", At(5));
  CHECK(admitted.Find("shop", tagged).empty());
}

TEST_CASE("beyond the bound the oldest are forgotten", "[evidence]") {
  AdmittedImages admitted(2);
  for (const char digit : {'a', 'b', 'c'}) admitted.Record("shop", Image(digit), "P/one", At(1));
  CHECK(admitted.Find("shop", Image('a')).empty());
  CHECK_FALSE(admitted.Find("shop", Image('b')).empty());
  CHECK_FALSE(admitted.Find("shop", Image('c')).empty());
}

TEST_CASE("an inventory is read whole or not at all, and a mistake is told with its row", "[evidence]") {
  const std::string row = fmt::format(
      "- {{namespace: shop, image: \"registry.example/app@{}\", policy: P/one, since: 2026-01-01T00:00:00Z}}\n", DigestText('a'));
  AdmittedImages admitted;
  REQUIRE(admitted.Load(row));
  CHECK(admitted.Find("shop", Image('a')).at("P/one") == *ParseRfc3339("2026-01-01T00:00:00Z"));
  CHECK(admitted.Load(""));
  CHECK(admitted.Load("[]"));

  const auto [wrong, says] = GENERATE(table<std::string, std::string>({
      {"- {namespace: shop}\n", "policy is missing"},
      {"- text\n", "is a string"},
      {"- {namespace: shop, image: nginx, policy: P, since: 2026-01-01T00:00:00Z}\n", "no digest"},
      {"- {namespace: shop, image: nginx, policy: P, since: 2026-01-01T00:00:00Z, extra: 1}\n", "unknown member \"extra\""},
      {"- [", "line"},
  }));
  AdmittedImages other;
  const auto loaded = other.Load(row + wrong);
  REQUIRE_FALSE(loaded);
  CHECK_THAT(loaded.error().message, Catch::Contains(says));
  CHECK(other.Find("shop", Image('a')).empty());
}

}  // namespace
}  // namespace hullwright::evidence
