#include "base/json_text.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

TEST_CASE("text becomes a JSON string of ASCII that reads back as the same text", "[base]") {
  for (const std::string text : {"", "plain", "quote \" and \\", "line\nbreak\x01\x7f", "caf\xC3\xA9 \xF0\x9F\x98\x80"}) {
    std::string json = "[";
    hullwright::AppendJsonString(text, json);
    json += "]";
    CHECK(std::ranges::all_of(json, [](unsigned char c) { return c >= 0x20 && c < 0x80; }));
    CHECK(nlohmann::json::parse(json)[0] == text);
  }
}

TEST_CASE("bytes that are no UTF-8 become the replacement character", "[base]") {
  std::string json;
  hullwright::AppendJsonString("a\xFF", json);
  CHECK(json == "\"a\\ufffd\"");
}
