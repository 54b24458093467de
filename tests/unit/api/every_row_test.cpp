// Tests that are made from the field tables themselves, so that a new row is tested on the day it is written: every field of every kind
// is accepted within its bounds and refused, with its path, outside them.
#include "api/field_table.h"
#include "unit/api/objects.h"

namespace hullwright::api {
namespace {

// A kind of which a part is planned.
struct Planned {
  std::int64_t known = 0;
};

// A field of a full object: where it stands as JSON pointer and as the decoder's path, and its row.
struct Place {
  std::string pointer, path;
  const Row* row = nullptr;
};

void Collect(const Table& table, const std::string& pointer, const std::string& path, bool cluster_kind, std::vector<Place>& places) {
  for (const Row& row : table.rows()) {
    if (row.type == nullptr || (row.cluster_kind_only && !cluster_kind)) continue;
    Place place{pointer + "/" + std::string(row.name), path + "." + std::string(row.name), &row};
    places.push_back(place);
    if (row.type->table() == nullptr) continue;
    bool list = row.type->is_list();
    Collect(*row.type->table(), place.pointer + (list ? "/0" : ""), place.path + (list ? "[0]" : ""), cluster_kind, places);
  }
}

// The fields that are read strictly: spec everywhere, status where decisions are made from it.
std::vector<Place> StrictPlaces(const Kind& kind) {
  std::vector<Place> places;
  for (std::string part : {"spec", "status"}) {
    const Row* row = kind.table.Find(part);
    if (!row->lenient) Collect(*row->type->table(), "/" + part, part, !kind.info.namespaced, places);
  }
  return places;
}

Json Replaced(const Json& object, const std::string& pointer, const Json& value) {
  return object.patch({{{"op", "replace"}, {"path", pointer}, {"value", value}}});
}

// Some value that the row's type can never take.
Json WrongType(const Row& row) {
  Json good = row.type->Schema(row.limits, {});
  return good["type"] == "object" || good["type"] == "array" ? Json(7) : Json::array({1});
}

void RequireRefused(const Json& object, const std::string& path) {
  std::string message = MessageOf(object);
  INFO("expected a mistake at " << path << ", got: " << message);
  CHECK((message.starts_with(path + ": ") || message.find("; " + path + ": ") != std::string::npos || message.starts_with(path + "[") ||
         message.find("; " + path + "[") != std::string::npos));
}

}  // namespace

TEST_CASE("an object in which every field is written decodes", "[api]") {
  for (const Kind* kind : AllKinds()) {
    INFO(kind->info.kind);
    for (const Json& object : FullObjects(kind->info.kind)) CHECK(MessageOf(object) == "");
  }
}

TEST_CASE("the full objects of these tests leave out no row", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      INFO(kind->info.kind << " " << place.pointer);
      CHECK(object.contains(Json::json_pointer(place.pointer)));
    }
  }
}

TEST_CASE("a value of the wrong type, or null, is refused at every field with the field's path", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      INFO(kind->info.kind);
      for (const Json& wrong : {WrongType(*place.row), Json(nullptr)}) {
        std::string message = MessageOf(Replaced(object, place.pointer, wrong));
        INFO(message);
        CHECK(message.find(place.path + ": must be of type ") != std::string::npos);
      }
    }
  }
}

TEST_CASE("an unknown field is refused at every object with its path", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      if (place.row->type->table() == nullptr) continue;
      INFO(kind->info.kind);
      std::string item = place.row->type->is_list() ? "0/" : "";
      Json with_unknown = object.patch({{{"op", "add"}, {"path", place.pointer + "/" + item + "zzzzzz"}, {"value", 1}}});
      RequireRefused(with_unknown, place.path + (item.empty() ? "" : "[0]") + ".zzzzzz");
    }
  }
}

TEST_CASE("a required field that is missing is named with its path", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      if (place.row->presence != Presence::kRequired) continue;
      INFO(kind->info.kind);
      std::string message = MessageOf(object.patch({{{"op", "remove"}, {"path", place.pointer}}}));
      INFO(message);
      CHECK(message.find(place.path + ": is required: ") != std::string::npos);
    }
  }
}

TEST_CASE("values outside the bounds of a row are refused with its path", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      INFO(kind->info.kind);
      Json schema = place.row->type->Schema(place.row->limits, {});
      std::vector<Json> wrong;
      if (schema.contains("minimum")) wrong.push_back(schema["minimum"].get<std::int64_t>() - 1);
      if (schema.contains("maximum")) wrong.push_back(schema["maximum"].get<std::int64_t>() + 1);
      if (schema.contains("minItems")) wrong.push_back(Json::array());
      if (schema.contains("minLength")) wrong.push_back("  ");
      if (schema.contains("maxLength")) wrong.push_back(std::string(schema["maxLength"].get<std::size_t>() + 1, 'a'));
      if (schema.contains("enum")) wrong.push_back("Nonsense");
      if (schema.contains("pattern")) wrong.push_back("%^%");
      if (schema.contains("maxItems")) {
        Json item = object.at(Json::json_pointer(place.pointer + "/0"));
        wrong.push_back(Json(schema["maxItems"].get<std::size_t>() + 1, item));
      }
      for (const Json& value : wrong) RequireRefused(Replaced(object, place.pointer, value), place.path);
    }
  }
}

TEST_CASE("a list of distinct items refuses the same item twice", "[api]") {
  for (const Kind* kind : AllKinds()) {
    for (const Place& place : StrictPlaces(*kind)) {
      const Json object = FullObject(kind->info.kind, place.pointer);
      const Limits& limits = place.row->limits;
      if (!limits.distinct && limits.keys.empty()) continue;
      INFO(kind->info.kind);
      Json item = object.at(Json::json_pointer(place.pointer + "/0"));
      RequireRefused(Replaced(object, place.pointer, Json::array({item, item})), place.path + "[1]");
    }
  }
}

TEST_CASE("a reserved field is refused as not enforced by this version, which is no mistake of its author", "[api]") {
  const StructTable<Planned> table({Field<&Planned::known>("known", "Enforced."), Reserved("later", "not enforced by this version: why")});
  const auto refusal = [&](std::string_view json) {
    JsonReader reader;
    Mistakes mistakes;
    Decoding decoding{.mistakes = mistakes, .cluster_kind = false, .kind = ""};
    Planned planned;
    table.Decode(*reader.Read(json), &planned, Path(), decoding);
    REQUIRE_FALSE(mistakes.empty());
    return mistakes.ToError();
  };
  CHECK(refusal(R"({"known": 1, "later": 2})").message == "later: not enforced by this version: why");
  CHECK(refusal(R"({"known": 1, "later": 2})").code == ErrorCode::kUnsupported);
  // There is something to mend beside what is not supported.
  CHECK(refusal(R"({"known": "one", "later": 2})").code == ErrorCode::kInvalidInput);
}

TEST_CASE("status that another version wrote does not stop a policy or waiver from being read", "[api]") {
  for (const Kind* kind : AllKinds()) {
    if (!kind->table.Find("status")->lenient) continue;
    INFO(kind->info.kind);
    Json object = FullObject(kind->info.kind);
    object["status"] = {{"conditions", "many"}, {"newer", 1}, {"summary", {{"images", -1}}}};
    CHECK(MessageOf(object) == "");
    object["status"] = 7;
    CHECK(MessageOf(object) == "");
  }
}

}  // namespace hullwright::api
