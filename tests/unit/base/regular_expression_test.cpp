#include "base/regular_expression.h"

#include <catch2/catch.hpp>

namespace hullwright {

TEST_CASE("an expression matches the whole value or not at all", "[base]") {
  const auto expression = RegularExpression::Parse("https://github\\.com/acme/[a-z]+");
  REQUIRE(expression.has_value());
  CHECK(expression->Matches("https://github.com/acme/app"));
  CHECK_FALSE(expression->Matches("https://github.com/acme/app@evil"));
  CHECK_FALSE(expression->Matches("https://evil.example/https://github.com/acme/app"));
  CHECK_FALSE(expression->Matches("https://github.com/acme/app\n"));
  CHECK_FALSE(expression->Matches("https://githubXcom/acme/app"));
  CHECK(RegularExpression::Parse("a|bc")->Matches("bc"));
  CHECK_FALSE(RegularExpression::Parse("a|bc")->Matches("ac"));
}

TEST_CASE("an expression that anchors, matches nothing in particular or does not parse is refused", "[base]") {
  for (const char* text : {"", " ", "^a", "a$", "[^/]+", "\\^", ".*", "a?", "()", "(", "a{99999}", "(?P<a>b"}) {
    INFO(text);
    CHECK_FALSE(RegularExpression::Parse(text).has_value());
  }
  CHECK_FALSE(RegularExpression::Parse(std::string(1025, 'a')).has_value());
  CHECK(RegularExpression::Parse(std::string(1024, 'a')).has_value());
  CHECK_FALSE(RegularExpression().Matches(""));
}

}  // namespace hullwright
