#include "base/rfc3339.h"

#include <catch2/catch.hpp>
#include <string>

using hullwright::FormatRfc3339;
using hullwright::ParseRfc3339;

namespace {

std::string Round(std::string_view text) {
  const auto time = ParseRfc3339(text);
  return time ? FormatRfc3339(*time) : "refused";
}

}  // namespace

TEST_CASE("a time is read with its offset and written in UTC", "[base]") {
  CHECK(Round("2026-03-01T12:00:00Z") == "2026-03-01T12:00:00Z");
  CHECK(Round("2026-03-01t12:00:00z") == "2026-03-01T12:00:00Z");
  CHECK(Round("2026-03-01T13:00:00+01:00") == "2026-03-01T12:00:00Z");
  CHECK(Round("2026-03-01T00:30:00+05:45") == "2026-02-28T18:45:00Z");
  CHECK(Round("2026-02-28T23:30:00-01:00") == "2026-03-01T00:30:00Z");
  CHECK(Round("2026-03-01T12:00:00-00:00") == "2026-03-01T12:00:00Z");
}

TEST_CASE("fractions of a second are kept to the millisecond, whatever their length", "[base]") {
  CHECK(Round("2026-03-01T12:00:00.5Z") == "2026-03-01T12:00:00.5Z");
  CHECK(Round("2026-03-01T12:00:00.120Z") == "2026-03-01T12:00:00.12Z");
  CHECK(Round("2026-03-01T12:00:00.000Z") == "2026-03-01T12:00:00Z");
  CHECK(Round("2026-03-01T12:00:00.123999999Z") == "2026-03-01T12:00:00.123Z");
  CHECK(Round("2026-03-01T12:00:00." + std::string(1000, '9') + "Z") == "2026-03-01T12:00:00.999Z");
  CHECK(Round("1969-12-31T23:59:59.5Z") == "1969-12-31T23:59:59.5Z");
}

TEST_CASE("leap days are real only in leap years", "[base]") {
  CHECK(Round("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(Round("2000-02-29T00:00:00Z") == "2000-02-29T00:00:00Z");
  CHECK(Round("2026-02-29T00:00:00Z") == "refused");
  CHECK(Round("1900-02-29T00:00:00Z") == "refused");
}

TEST_CASE("years go from 0001 to 9999, also after the offset", "[base]") {
  CHECK(Round("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z");
  CHECK(Round("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z");
  CHECK(Round("0000-12-31T00:00:00Z") == "refused");
  CHECK(Round("0001-01-01T00:00:00+00:01") == "refused");
  CHECK(Round("9999-12-31T23:59:59-00:01") == "refused");
}

TEST_CASE("what is no RFC 3339 time is refused", "[base]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "2026-03-01", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-03-01T12:00Z",
               "2026-3-01T12:00:00Z", "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z", "2026-04-31T12:00:00Z", "2026-03-00T12:00:00Z",
               "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:00:60Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00,5Z",
               "2026-03-01T12:00:00+0100", "2026-03-01T12:00:00+01", "2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00+01:60",
               "2026-03-01T12:00:00ZZ", " 2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z\n", "+2026-03-01T12:00:00Z", "12026-03-01T12:00:00Z",
               "-026-03-01T12:00:00Z", "2026-03-01T12:00:00.1-Z", "1772366400");
  CHECK(Round(text) == "refused");
}
