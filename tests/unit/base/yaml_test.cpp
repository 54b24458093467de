#include "base/yaml.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/json.h"

using hullwright::ErrorCode;
using hullwright::ReadYaml;
using hullwright::YamlLimits;

namespace {

// The JSON of the documents, one a line, or the error.
std::string Json(std::string_view text, const YamlLimits& limits = {}) {
  const auto documents = ReadYaml(text, limits);
  if (!documents) return "error: " + documents.error().message;
  std::string all;
  for (const auto& document : *documents) all += (all.empty() ? "" : "\n") + document.json;
  return all;
}

std::string Scalar(const std::string& text) {
  const std::string json = Json("- " + text);
  return json.starts_with("[") ? json.substr(1, json.size() - 2) : json;
}

ErrorCode Code(std::string_view text, const YamlLimits& limits = {}) {
  const auto documents = ReadYaml(text, limits);
  REQUIRE_FALSE(documents);
  return documents.error().code;
}

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Nine lists, each ten times the one before: a billion values from three hundred bytes.
const std::string kBillionLaughs = [] {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias + Repeat("," + alias, 9) + "]\n";
  }
  return text;
}();

}  // namespace

TEST_CASE("each YAML document becomes JSON text with its line", "[base]") {
  const auto documents = ReadYaml("a: 1\n---\n# nothing\n---\nb: [x, 'y', 2.5, ~, true]\n");
  REQUIRE(documents);
  REQUIRE(documents->size() == 2);
  CHECK(documents->at(0).json == R"({"a":1})");
  CHECK(documents->at(0).line == 1);
  CHECK(documents->at(1).json == R"({"b":["x","y",2.5,null,true]})");
  CHECK(documents->at(1).line == 4);
}

TEST_CASE("a Kubernetes manifest is read as the tools read it", "[base]") {
  CHECK(Json("apiVersion: v1\n"
             "kind: Pod\n"
             "metadata: {name: web, labels: {app: \"1\"}}\n"
             "spec:\n"
             "  containers:\n"
             "  - name: web\n"
             "    image: registry.example/shop/cart:1.0   # the image\n"
             "    args: [\"-c\", 'it''s']\n"
             "    command:\n"
             "    - |\n"
             "      echo one\n"
             "      echo two\n"
             "    - >-\n"
             "      folded\n"
             "      text\n") ==
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"1"}},"spec":{"containers":[{"name":"web",)"
        R"("image":"registry.example/shop/cart:1.0","args":["-c","it's"],"command":["echo one\necho two\n","folded text"]}]}})");
}

TEST_CASE("empty documents are left out", "[base]") {
  CHECK(Json("").empty());
  CHECK(Json("# only a comment\n").empty());
  CHECK(Json("---\n---\n...\n").empty());
  CHECK(Json("null\n---\n~\n").empty());
  CHECK(Json("--- {}\n--- []\n--- ''\n") == "{}\n[]\n\"\"");
}

TEST_CASE("plain scalars follow the core schema", "[base]") {
  CHECK(Scalar("") == "null");
  CHECK(Scalar("~") == "null");
  CHECK(Scalar("Null") == "null");
  CHECK(Scalar("nULL") == "\"nULL\"");
  CHECK(Scalar("True") == "true");
  CHECK(Scalar("FALSE") == "false");
  CHECK(Scalar("yes") == "\"yes\"");
  CHECK(Scalar("off") == "\"off\"");
  CHECK(Scalar("0") == "0");
  CHECK(Scalar("-7") == "-7");
  CHECK(Scalar("+7") == "7");
  CHECK(Scalar("0x1F") == "31");
  CHECK(Scalar("0o17") == "15");
  CHECK(Scalar("18446744073709551615") == "18446744073709551615");
  CHECK(Scalar("-9223372036854775808") == "-9223372036854775808");
  CHECK(Scalar("1.5") == "1.5");
  CHECK(Scalar("-.5") == "-0.5");
  CHECK(Scalar("5.") == "5.0");
  CHECK(Scalar("+1.e3") == "1.0e3");
  CHECK(Scalar("1e-3") == "1.0e-3");
  CHECK(Scalar("0.5") == "0.5");
  CHECK(Scalar("1.2.3") == "\"1.2.3\"");
  CHECK(Scalar("2026-03-01T12:00:00Z") == "\"2026-03-01T12:00:00Z\"");
  CHECK(Scalar("2026-03-01") == "\"2026-03-01\"");
  CHECK(Scalar("1e") == "\"1e\"");
  CHECK(Scalar("-") == "[null]");
  CHECK(Scalar("a-b") == "\"a-b\"");
  CHECK(Scalar("100m") == "\"100m\"");
  CHECK(Scalar("0755m") == "\"0755m\"");
  CHECK(Scalar("_1") == "\"_1\"");
  CHECK(Scalar("sha256:00") == "\"sha256:00\"");
}

TEST_CASE("quoted scalars and blocks are always text", "[base]") {
  CHECK(Scalar("'1'") == "\"1\"");
  CHECK(Scalar("\"true\"") == "\"true\"");
  CHECK(Scalar("''") == "\"\"");
  CHECK(Scalar("'0755'") == "\"0755\"");
  CHECK(Json("a: |\n  1\n") == R"({"a":"1\n"})");
  CHECK(Scalar("\"\\x41\\u00e9\\n\\0\"") == "\"A\xC3\xA9\\n\\u0000\"");
}

TEST_CASE("numbers that two YAML versions read differently are refused", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, "0755", "-0755", "08", "00", "1_000", "0x1_F", "0b101", "0B1", "0X1F", "-0x1F",
                                    "+0o7", "00.5", "1_0.5", "01e3");
  CAPTURE(text);
  CHECK_THAT(Scalar(text), Catch::Contains("line 1, column 3: " + text + " is read as different values"));
}

TEST_CASE("numbers that JSON or 64 bits cannot hold are refused", "[base]") {
  const std::string text = GENERATE(as<std::string>{}, ".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1e400", "-1e400", "1e-400",
                                    "18446744073709551616", "-9223372036854775809", "0x10000000000000000", "0o7777777777777777777777777");
  CAPTURE(text);
  CHECK_THAT(Scalar(text), Catch::Contains("is no number that 64 bits can hold"));
}

TEST_CASE("only the tags of the core schema are accepted, and only where they fit", "[base]") {
  CHECK(Scalar("!!str 1") == "\"1\"");
  CHECK(Scalar("!!str") == "\"\"");
  CHECK(Scalar("! 1") == "\"1\"");
  CHECK(Scalar("!!int 1") == "1");
  CHECK(Scalar("!!bool true") == "true");
  CHECK(Scalar("!!float 1.5") == "1.5");
  CHECK(Scalar("!!null ~") == "null");
  CHECK(Json("!!map {a: !!seq [1]}") == R"({"a":[1]})");
  for (const char* text : {"!foo 1", "!!int x", "!!bool 1", "!!binary aGk=", "!!timestamp 2026-01-01", "!<tag:evil> 1", "!foo [1]",
                           "!!set {a: }", "!!map [1]", "!!python/object:os.system {}"}) {
    CAPTURE(text);
    CHECK_THAT(Scalar(text), Catch::Contains("is not supported here"));
  }
}

TEST_CASE("keys must be strings", "[base]") {
  CHECK(Json("'1': a\n\"true\": b\n!!str 2: c\n") == R"({"1":"a","true":"b","2":"c"})");
  CHECK_THAT(Json("a: 1\n2: b\n"), Catch::Contains("line 2, column 1: the key 2 is no string: quote it"));
  CHECK_THAT(Json("true: b"), Catch::Contains("is no string"));
  CHECK_THAT(Json("~: b"), Catch::Contains("is no string"));
  CHECK_THAT(Json(": b"), Catch::Contains("error: line 1"));
  CHECK_THAT(Json("? [a]\n: b"), Catch::Contains("a key must be a string"));
  CHECK_THAT(Json("{[a]: b}"), Catch::Contains("a key must be a string"));
  CHECK_THAT(Json("? {a: b}\n: b"), Catch::Contains("a key must be a string"));
}

TEST_CASE("a key that is there twice is refused with its place", "[base]") {
  CHECK_THAT(Json("a: 1\nb: 2\na: 3\n"), Catch::Contains("line 3, column 1: the key \"a\" is there twice"));
  CHECK_THAT(Json("a: 1\n\"\\x61\": 3\n"), Catch::Contains("twice"));
  CHECK_THAT(Json("x:\n- {a: 1, 'a': 2}"), Catch::Contains("twice"));
  CHECK(Json("x: {a: 1}\ny: {a: 1}\n") == R"({"x":{"a":1},"y":{"a":1}})");
}

TEST_CASE("merge keys are refused, a quoted one is a key like any other", "[base]") {
  CHECK_THAT(Json("a: &a {x: 1}\nb:\n  <<: *a\n"), Catch::Contains("line 3, column 3: merge keys"));
  CHECK(Json("'<<': 1") == R"({"<<":1})");
}

TEST_CASE("aliases stand for what their anchor had", "[base]") {
  CHECK(Json("a: &x [1, {b: 2}]\nc: *x\nd: [*x, *x]\n") == R"({"a":[1,{"b":2}],"c":[1,{"b":2}],"d":[[1,{"b":2}],[1,{"b":2}]]})");
  CHECK(Json("- &x one\n- *x\n- &x two\n- *x\n") == R"(["one","one","two","two"])");
  CHECK(Json("a: &x\nb: *x") == R"({"a":null,"b":null})");
}

TEST_CASE("an alias without a finished anchor in its document is refused", "[base]") {
  CHECK_THAT(Json("a: *x"), Catch::Contains("no finished anchor"));
  CHECK_THAT(Json("a: &x [*x]"), Catch::Contains("no finished anchor"));
  CHECK_THAT(Json("- &x 1\n- &x [*x]"), Catch::Contains("no finished anchor"));
  CHECK_THAT(Json("a: &x 1\n---\nb: *x\n"), Catch::Contains("no finished anchor"));
  CHECK_THAT(Json("a: &x b\n*x : 1\n"), Catch::Contains("an alias as a key"));
  CHECK_THAT(Json("&x a: b\n"), Catch::Contains("an anchor on a key"));
}

TEST_CASE("aliases are counted as what they expand to", "[base]") {
  CHECK(Code(kBillionLaughs) == ErrorCode::kTooLarge);
  const YamlLimits few{.max_nodes = 8};
  CHECK(Json("[&x [1, 2], *x, 3]", few) == "[[1,2],[1,2],3]");
  CHECK_THAT(Json("[&x [1, 2], *x, 3, 4]", few), Catch::Contains("more than 8 values"));
}

TEST_CASE("aliases cannot make the text larger than a few times the limit", "[base]") {
  const YamlLimits limits{.max_bytes = 1000};
  CHECK(Code("- &x " + std::string(800, 'a') + "\n" + Repeat("- *x\n", 10), limits) == ErrorCode::kTooLarge);
}

TEST_CASE("aliases cannot nest deeper than the limit", "[base]") {
  const YamlLimits limits{.max_depth = 4};
  CHECK(Json("- &x [[1]]\n- [*x]\n", limits) == "[[[1]],[[[1]]]]");
  CHECK_THAT(Json("- &x [[1]]\n- [[*x]]\n", limits), Catch::Contains("deeper than 4 levels"));
  CHECK_THAT(Json("- &x [[1]]\n- &y [*x]\n- [*y]\n", limits), Catch::Contains("deeper than 4 levels"));
}

TEST_CASE("nesting has a bound in every style", "[base]") {
  const auto flow = [](int depth) { return Repeat("[", depth) + "x" + Repeat("]", depth); };
  CHECK(Json(flow(64)) == Repeat("[", 64) + "\"x\"" + Repeat("]", 64));
  CHECK_THAT(Json(flow(65)), Catch::Contains("deeper than 64 levels"));
  CHECK_THAT(Json(Repeat("- ", 65) + "x"), Catch::Contains("deeper than 64 levels"));
  CHECK(Json(Repeat("- ", 64) + "x") == Repeat("[", 64) + "\"x\"" + Repeat("]", 64));
}

TEST_CASE("what is no YAML is refused with line and column", "[base]") {
  CHECK_THAT(Json("a: b: c"), Catch::Contains("line 1, column 5"));
  CHECK_THAT(Json("a: 1\n b: 2\n"), Catch::Contains("line 2, column"));
  CHECK_THAT(Json("a:\n\tb: 1\n"), Catch::Contains("line 2"));
  CHECK_THAT(Json("[a] b"), Catch::Contains("line 1"));
  CHECK_THAT(Json("\"a\" \"b\""), Catch::Contains("line 1"));
  CHECK_THAT(Json("- a\nb: 1\n"), Catch::Contains("line 2"));
  CHECK_THAT(Json("{a: 1"), Catch::Contains("error: "));
  CHECK_THAT(Json("a: @b"), Catch::Contains("error: "));
  CHECK_THAT(Json("a: 1\n--- {\n"), Catch::Contains("error: "));
  CHECK_THAT(Json("a: \"x"), Catch::Contains("error: "));
  CHECK_THAT(Json("%YAML 9.9\n---\na: 1"), Catch::Contains("error: "));
}

TEST_CASE("what is no UTF-8 text is refused", "[base]") {
  CHECK_THAT(Json("a: \xff\xfe"), Catch::Contains("error: byte 3"));
  CHECK_THAT(Json(std::string("a: b\0c", 6)), Catch::Contains("error: byte 4"));
  CHECK_THAT(Json("a: \x1b[31m"), Catch::Contains("error: byte 3"));
  CHECK_THAT(Json("a: \"\\ud800\""), Catch::Contains("error: "));
  CHECK_THAT(Json(std::string("\xff\xfe"
                              "a\0:\0 \0b\0",
                              10)),
             Catch::Contains("error: "));
  CHECK(Json("\xEF\xBB\xBF"
             "a: b") == R"({"a":"b"})");
}

TEST_CASE("JSON is handed on as it is written", "[base]") {
  const auto documents = ReadYaml("\n {\"a\": [1, 1e3, 0.10]}\n");
  REQUIRE(documents);
  REQUIRE(documents->size() == 1);
  CHECK(documents->at(0).json == "\n {\"a\": [1, 1e3, 0.10]}\n");
  CHECK(documents->at(0).line == 2);
}

TEST_CASE("JSON that is wrong is told with line and column, and several JSON documents are read", "[base]") {
  CHECK_THAT(Json("{\"a\": 1,\n \"a\": 2}"), Catch::Contains("line 2, column 2: the key \"a\" is there twice"));
  CHECK_THAT(Json("{\"a\": 1e400}"), Catch::Contains("64 bits"));
  CHECK(Json("{\"a\":1}\n---\n{\"b\":2}") == "{\"a\":1}\n{\"b\":2}");
  CHECK(Json("{a: 1, b}") == R"({"a":1,"b":null})");
}

TEST_CASE("the text, the documents and the values have bounds", "[base]") {
  CHECK(Code("aaaaaaaaaaa", {.max_bytes = 10}) == ErrorCode::kTooLarge);
  CHECK(Code("a\n--- b\n--- c\n", {.max_documents = 2}) == ErrorCode::kTooLarge);
  CHECK(Json("a\n--- b\n", {.max_documents = 2}) == "\"a\"\n\"b\"");
  CHECK(Code("[1,2,3]x", {.max_nodes = 3}) == ErrorCode::kTooLarge);
}

TEST_CASE("JSON text made of YAML is JSON that the reader accepts", "[base]") {
  hullwright::JsonReader reader;
  const std::string json = Json("a: [1., .5, +3, 0x10, \"\\e\\_\", 'q\"', \"\\N\\L\"]\n\"\\\\\": {}\n");
  CAPTURE(json);
  CHECK(reader.Read(json));
}

// Each of these is a way to make a YAML reader slow, deep or large; a megabyte of each is answered, one way or the other.
TEST_CASE("hostile YAML of a megabyte is answered and does not crash", "[base]") {
  const std::string piece =
      GENERATE(as<std::string>{}, "[", "{", "- ", "? ", "[{", "{a: ", "[[],", "-\n", "a: ", "&a ", "*a ", "! ", "a:\n ", "\"", "'", "|\n",
               "#", "# \n", "---\n", "--- a\n", "%a b\n", "[a,", "{a,", "[],", "a, ", "?\n", ":\n", "- &a a\n", "- *a\n", "\n", " ", "\t",
               "a\n", "\"\\x41", "{a: b, ", "? - ", "]", "}", ",", "%TAG ! a\n", "!<a> ", ": ", "- - a\n", "a: [\n");
  const std::string start = GENERATE(as<std::string>{}, "", "[", "x: ");
  std::string text = start;
  while (text.size() < (1u << 20)) text += piece;
  const auto documents = ReadYaml(text);
  CHECK((documents || !documents.error().message.empty()));
}
