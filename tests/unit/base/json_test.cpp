#include "base/json.h"

#include <catch2/catch.hpp>
#include <string>

using hullwright::ErrorCode;
using hullwright::JsonLimits;
using hullwright::JsonReader;
using hullwright::JsonTypeName;
using hullwright::Member;
using hullwright::TextMember;

namespace {

std::string Why(std::string_view text, const JsonLimits& limits = {}) {
  JsonReader reader;
  const auto root = reader.Read(text, limits);
  return root ? "read" : root.error().message;
}

std::string Nested(std::size_t depth) {
  return std::string(depth, '[') + "0" + std::string(depth, ']');
}

}  // namespace

TEST_CASE("a well-formed document is read, whatever its root", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, "{}", "[]", " \n{\"a\": [1, -2, 3.5e2, true, false, null, \"\\u00e9\\n\"]}\n", "1",
                                    "\"x\"", "null", R"({"a":18446744073709551615,"b":-9223372036854775808})",
                                    R"({"a":{"x":1},"b":{"x":1}})", R"(["a","a"])", R"({"a\u0000":1})");
  CHECK(Why(text) == "read");
}

TEST_CASE("malformed JSON is refused with what is wrong", "[base]") {
  CHECK_THAT(Why(""), Catch::Contains("empty"));
  CHECK_THAT(Why("  \n"), Catch::Contains("empty"));
  CHECK_THAT(Why("{} {}"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("{}x"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("[1,]"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("{\"a\":1,}"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("{a:1}"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("{'a':1}"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("[1 2]"), Catch::Contains("not one well-formed"));
  CHECK_THAT(Why("[\"a]"), Catch::Contains("closing quote"));
  CHECK_THAT(Why("[nul]"), Catch::Contains("true, false or null"));
  CHECK_THAT(Why("[\"\\x\"]"), Catch::Contains("escape"));
  CHECK_THAT(Why("[\"\\ud800\"]"), Catch::Contains("escape"));
  CHECK_THAT(Why("[\"a\nb\"]"), Catch::Contains("control character"));
  CHECK_THAT(Why(std::string("[\"a\0b\"]", 7)), Catch::Contains("control character"));
  CHECK(Why(std::string("{}\0", 3)) != "read");
  CHECK(Why("// comment\n{}") != "read");
  CHECK_THAT(Why("[\"\xff\"]"), Catch::Contains("UTF-8"));
  CHECK_THAT(Why("[\"\xc0\xaf\"]"), Catch::Contains("UTF-8"));
  CHECK_THAT(Why("[\"\xed\xa0\x80\"]"), Catch::Contains("UTF-8"));
  CHECK_THAT(Why("\xEF\xBB\xBF{}"), Catch::Contains("byte order mark"));
}

TEST_CASE("numbers that 64 bits cannot hold are refused", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, "1e400", "-1e400", "1180591620717411303424", "18446744073709551616",
                                    "-9223372036854775809", "01", "+1", ".5", "5.", "0x1", "NaN", "Infinity", "1e", "-");
  CAPTURE(text);
  CHECK(Why("[" + text + "]") != "read");
  CHECK(Why("{\"a\":" + text + "}") != "read");
}

TEST_CASE("a key that is there twice is refused, at any depth and in any spelling", "[base]") {
  CHECK_THAT(Why(R"({"a":1,"a":2})"), Catch::Contains("key \"a\" twice in the object at /"));
  CHECK_THAT(Why(R"({"a":1,"b":2,"\u0061":3})"), Catch::Contains("key \"a\" twice"));
  CHECK_THAT(Why(R"({"spec":{"containers":[{},{"image":"x","image":"y"}]}})"), Catch::EndsWith("in the object at /spec/containers/1"));
  CHECK_THAT(Why(R"({"\n":1,"\n":2})"), Catch::Contains("key \"\\x0a\" twice"));
  CHECK_THAT(Why(R"({"":1,"":2})"), Catch::Contains("key \"\" twice"));
  CHECK(Why(R"({"a":1,"A":2})") == "read");
}

TEST_CASE("an object with a hundred thousand keys is checked for duplicates in no time", "[base]") {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"key" + std::to_string(i) + "\":0,";
  CHECK(Why(text + "\"last\":0}") == "read");
  CHECK_THAT(Why(text + "\"key5\":0}"), Catch::Contains("\"key5\" twice"));
}

TEST_CASE("nesting is counted in arrays and objects and has a bound", "[base]") {
  CHECK(Why(Nested(64)) == "read");
  CHECK_THAT(Why(Nested(65)), Catch::Contains("deeper than 64 levels"));
  CHECK(Why(Nested(3), {.max_bytes = 100, .max_depth = 3}) == "read");
  CHECK_THAT(Why(Nested(4), {.max_bytes = 100, .max_depth = 3}), Catch::Contains("deeper than 3 levels"));
  CHECK(Why("[[1]]", {.max_bytes = 100, .max_depth = 2}) == "read");
  CHECK(Why(R"([{"a":[]}])", {.max_bytes = 100, .max_depth = 3}) == "read");
  CHECK(Why(R"([{"a":[0]}])", {.max_bytes = 100, .max_depth = 2}) != "read");
  CHECK(Why(std::string(7u << 20, '[')) != "read");
}

TEST_CASE("a document as deep as the API server stores it is read on a small stack, and checked to the bottom", "[base]") {
  std::string deep = R"({"x":1,"x":2})";
  for (int i = 0; i < 10'000; ++i) deep = i % 2 ? R"({"a":)" + std::move(deep) + "}" : "[" + std::move(deep) + "]";
  CHECK_THAT(Why(deep, {.max_bytes = deep.size(), .max_depth = 10'050}), Catch::Contains("key \"x\" twice"));
  CHECK(Why(Nested(10'000), {.max_bytes = 100'000, .max_depth = 10'050}) == "read");
}

TEST_CASE("a text larger than the limit is not read at all", "[base]") {
  JsonReader reader;
  const auto root = reader.Read("[1,2,3]", {.max_bytes = 6, .max_depth = 8});
  REQUIRE_FALSE(root);
  CHECK(root.error().code == ErrorCode::kTooLarge);
}

TEST_CASE("a reader can be used again, after failures and with other limits", "[base]") {
  JsonReader reader;
  CHECK_FALSE(reader.Read("{"));
  CHECK(reader.Read("[1]"));
  CHECK_FALSE(reader.Read("[[1]]", {.max_bytes = 100, .max_depth = 1}));
  CHECK(reader.Read("[[1]]"));
  std::string large = "[0";
  for (int i = 0; i < 200'000; ++i) large += ",0";
  CHECK(reader.Read(large + "]"));
  const auto root = reader.Read(R"({"a":"x"})");
  REQUIRE(root);
  CHECK(TextMember(*root, "a") == "x");
}

TEST_CASE("the text need not have padding behind it", "[base]") {
  JsonReader reader;
  const std::string text = R"({"a":"b"}garbage that is no part of the text)";
  CHECK(reader.Read(std::string_view(text).substr(0, 9)));
}

TEST_CASE("a text with room behind it is read where it stands, and what stands in that room is not", "[base]") {
  const auto [text, rest] =
      GENERATE(table<std::string, std::string>({{"12", "34"}, {"-1", "e9"}, {"[1]", ",2]"}, {"true", "r"}, {"\"a\"", "b\""}, {"{}", "}"}}));
  CAPTURE(text, rest);
  std::string given = text + rest;
  given.reserve(given.size() + hullwright::kJsonPadding);
  given.resize(text.size());
  REQUIRE(hullwright::JsonText(given).padded);
  JsonReader reader;
  const auto root = reader.Read(given);
  REQUIRE(root);
  CHECK(simdjson::minify(*root) == text);
}

TEST_CASE("members are found by name, and null is no member", "[base]") {
  JsonReader reader;
  const auto root = reader.Read(R"({"text":"x","number":1,"nothing":null,"list":[]})");
  REQUIRE(root);
  CHECK(Member(*root, "number"));
  CHECK_FALSE(Member(*root, "nothing"));
  CHECK_FALSE(Member(*root, "absent"));
  CHECK_FALSE(Member(*Member(*root, "list"), "x"));
  CHECK(TextMember(*root, "text") == "x");
  CHECK(TextMember(*root, "number").empty());
  CHECK(TextMember(*root, "absent").empty());
}

TEST_CASE("types have the names people use", "[base]") {
  JsonReader reader;
  const auto root = reader.Read(R"([{},[],"",1,18446744073709551615,1.5,true,null])");
  REQUIRE(root);
  std::string names;
  for (const auto item : simdjson::dom::array(*root)) names += std::string(JsonTypeName(item)) + " ";
  CHECK(names == "object array string integer integer number boolean null ");
}
