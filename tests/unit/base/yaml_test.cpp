#include "base/yaml.h"

#include <catch2/catch.hpp>

using hullwright::ReadYaml;

TEST_CASE("each YAML document becomes JSON text with its line", "[base]") {
  const auto documents = ReadYaml("a: 1\n---\n# nothing\n---\nb: [x, 'y', 2.5, ~, true]\n");
  REQUIRE(documents);
  REQUIRE(documents->size() == 2);
  CHECK(documents->at(0).json == R"({"a":1})");
  CHECK(documents->at(1).json == R"({"b":["x","y",2.5,null,true]})");
  CHECK(documents->at(1).line == 4);
}
