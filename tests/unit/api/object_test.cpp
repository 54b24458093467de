#include "api/object.h"

#include <catch2/catch.hpp>
#include <string>

#include "api/kind.h"
#include "base/yaml.h"

namespace hullwright::api {
namespace {

Result<Object> DecodeYaml(std::string_view yaml) {
  auto documents = ReadYaml(yaml);
  REQUIRE(documents.has_value());
  REQUIRE(documents->size() == 1);
  JsonReader reader;
  auto element = reader.Read(documents->front().json);
  REQUIRE(element.has_value());
  return DecodeObject(*element);
}

}  // namespace

TEST_CASE("the example of every kind decodes", "[api]") {
  for (const Kind* kind : AllKinds()) {
    INFO(kind->info.kind);
    auto object = DecodeYaml(kind->example);
    INFO((object ? "" : object.error().message));
    CHECK(object.has_value());
  }
}

}  // namespace hullwright::api
