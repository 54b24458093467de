#include "base/text.h"

#include <catch2/catch.hpp>

using hullwright::EqualWithoutCase;
using hullwright::LowerCase;
using hullwright::Printable;
using hullwright::WithoutControls;

TEST_CASE("printable text escapes everything but visible ASCII and has a bound", "[base]") {
  CHECK(Printable("plain text") == "plain text");
  CHECK(Printable(std::string_view("a\n\0\x7f\xff\\", 6)) == "a\\x0a\\x00\\x7f\\xff\\\\");
  CHECK(Printable(std::string(300, 'a')) == std::string(253, 'a') + "...");
  CHECK(Printable(std::string(256, 'a')) == std::string(256, 'a'));
  CHECK(Printable("abcdef", 5) == "ab...");
  CHECK(Printable("abcdef", 2) == "..");
  CHECK(Printable("a\n\n\n", 12) == "a\\x0a\\x0a...");
  CHECK(Printable("a\n\n\n", 11) == "a\\x0a...");
  CHECK(Printable("a", 0).empty());
  CHECK(Printable("", 0).empty());
}

TEST_CASE("control characters become blanks, and nothing else changes", "[base]") {
  CHECK(WithoutControls("a\n\x1b[31m\x7f\t\xc3\xa4") == "a  [31m  \xc3\xa4");
  CHECK(WithoutControls("\xc2\x9b"
                        "31m\xc2\xa0") == "  31m\xc2\xa0");
  CHECK(WithoutControls("").empty());
}

TEST_CASE("case is that of ASCII letters and nothing else", "[base]") {
  CHECK(EqualWithoutCase("cve-2024-1", "CVE-2024-1"));
  CHECK(EqualWithoutCase("", ""));
  CHECK_FALSE(EqualWithoutCase("a", "ab"));
  CHECK_FALSE(EqualWithoutCase("@", "`"));                // 0x40 and 0x60: no letters
  CHECK_FALSE(EqualWithoutCase("\xc3\x84", "\xc3\xa4"));  // Ä, ä
  CHECK(LowerCase("ABC-[Z]") == "abc-[z]");
}
