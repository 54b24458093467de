#include "base/quantity.h"

#include <catch2/catch.hpp>

namespace hullwright {

TEST_CASE("sizes are read to the byte", "[base]") {
  const std::vector<std::pair<std::string, std::uint64_t>> sizes = {
      {"1", 1},      {"1Ki", 1024},    {"1k", 1000},     {"500M", 500'000'000},     {"1.5Gi", 1'610'612'736},
      {"0.5k", 500}, {"1.25Ki", 1280}, {"1.001k", 1001}, {"2T", 2'000'000'000'000}, {"9007199254740991", 9'007'199'254'740'991},
      {"007", 7}};
  for (const auto& [text, bytes] : sizes) {
    INFO(text);
    const auto quantity = Quantity::Parse(text);
    REQUIRE(quantity.has_value());
    CHECK(quantity->bytes() == bytes);
    CHECK(quantity->text() == text);
  }
}

TEST_CASE("what is no whole number of bytes is no size", "[base]") {
  for (const char* text : {"",
                           "0",
                           "0Gi",
                           "-1",
                           "+1",
                           "1.5",
                           "0.0005k",
                           "1.0001k",
                           "1e3",
                           "1 Gi",
                           "Gi",
                           "1gi",
                           "1GB",
                           "1.",
                           ".5k",
                           "1..5k",
                           "9007199254740992",
                           "8192Ti",
                           "99999999999999999",
                           "16777216Ti"}) {
    INFO(text);
    CHECK_FALSE(Quantity::Parse(text).has_value());
  }
}

}  // namespace hullwright
