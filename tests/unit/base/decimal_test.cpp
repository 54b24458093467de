#include "base/decimal.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

using hullwright::Decimal;

TEST_CASE("a decimal is read exactly and written in its shortest form", "[base]") {
  const auto [text, shortest] = GENERATE(table<std::string, std::string>({{"9", "9.0"},
                                                                          {"9.0", "9.0"},
                                                                          {"0", "0.0"},
                                                                          {"0.5", "0.5"},
                                                                          {"0.97531", "0.97531"},
                                                                          {"7.250000", "7.25"},
                                                                          {"0.000001", "0.000001"},
                                                                          {"999999999.999999", "999999999.999999"}}));
  const auto decimal = Decimal::Parse(text);
  REQUIRE(decimal);
  CHECK(decimal->ToString() == shortest);
  CHECK(*Decimal::Parse(shortest) == *decimal);
}

TEST_CASE("what is no plain decimal is refused", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, "", ".", "9.", ".5", "-1", "+1", "1e3", "1.0000001", "1000000000", "1,5", " 1", "1 ",
                                    "1.2.3", "NaN", "0x1", "1\n");
  CHECK_FALSE(Decimal::Parse(text));
}

TEST_CASE("decimals compare by value", "[base]") {
  CHECK(*Decimal::Parse("9") == *Decimal::Parse("9.000"));
  CHECK(*Decimal::Parse("9.1") > *Decimal::Parse("9.09"));
  CHECK(*Decimal::Parse("10") > *Decimal::Parse("9.9"));
}

TEST_CASE("a floating-point number is rounded to six places", "[base]") {
  CHECK(Decimal::FromDouble(9.8)->ToString() == "9.8");
  CHECK(Decimal::FromDouble(0.1 + 0.2)->ToString() == "0.3");
  CHECK(Decimal::FromDouble(0.9753149)->ToString() == "0.975315");
  CHECK(Decimal::FromDouble(-0.0)->ToString() == "0.0");
}

TEST_CASE("a floating-point number that is no score is refused", "[base]") {
  CHECK_FALSE(Decimal::FromDouble(-0.1));
  CHECK_FALSE(Decimal::FromDouble(1e9));
  CHECK_FALSE(Decimal::FromDouble(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(Decimal::FromDouble(std::nan("")));
  CHECK(Decimal::FromDouble(std::nextafter(1e9, 0))->millionths() < 1'000'000'000'000'000);
}
