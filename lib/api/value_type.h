// How one C++ type of a member stands in JSON: reading with checks, writing, its schema and its words for the reference page.
// Rows of field tables (field_table.h) point at these; nothing outside lib/api needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/mistakes.h"
#include "api/text_format.h"
#include "base/json.h"

namespace hullwright::api {

using OrderedJson = nlohmann::ordered_json;

class Table;

// The bounds of a member. A bound that the member's type does not know is not looked at; those of text hold for each item of a list.
struct Limits {
  std::size_t min_items = 0, max_items = 64;          // lists and maps
  std::size_t min_length = 0, max_length = 253;       // text, in characters as OpenAPI counts them
  std::int64_t min = 0, max = std::int64_t{1} << 53;  // whole numbers and decimals
  const TextFormat* format = nullptr;
  const TextFormat* key_format = nullptr;  // maps
  bool distinct = false;                   // no item twice
  std::vector<std::string_view> keys;      // no two items with the same values of these members
};

struct Decoding {
  Mistakes& mistakes;
  bool cluster_kind = false;  // of the object being read
  std::string_view kind;
};

struct SchemaContext {
  bool cluster_kind = false;
  // Inside spec unknown fields must survive the API server's pruning at every level, so that our webhook sees and refuses them.
  bool preserve_unknown = false;
};

// Values are handed over as pointers to the C++ type that the ValueType was made for. Stateless, thread-safe.
class ValueType {
 public:
  virtual ~ValueType() = default;

  virtual void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const = 0;
  virtual OrderedJson Encode(const void* value) const = 0;
  // Whether leaving the member out means the same; fallback is the member of a default-constructed struct.
  virtual bool IsDefault(const void* value, const void* fallback) const = 0;
  // Something that two values share only if they are equal.
  virtual void AppendKey(const void* value, std::string& key) const = 0;

  virtual OrderedJson Schema(const Limits& limits, const SchemaContext& context) const = 0;
  virtual std::string Words(const Limits& limits) const = 0;  // "list of text, at most 64"
  // The value of a default-constructed member, where it is worth telling.
  virtual std::string DefaultWords(const void* /*fallback*/) const { return ""; }
  // A sentence of the description that belongs to the type, "" for most.
  virtual std::string Note() const { return ""; }
  virtual bool is_scalar() const { return true; }
  virtual bool is_list() const { return false; }
  // The fields of a struct, or of a list's items.
  virtual const Table* table() const { return nullptr; }
};

// A word of an enum. A reserved word is known but refused, with the reason why this version cannot enforce it.
template <class Enum>
struct EnumWord {
  Enum value;
  std::string_view word;
  std::string_view reserved_because = "";
};

// Specialised next to the table that uses the enum.
template <class Enum>
const std::vector<EnumWord<Enum>>& WordsOf();

template <class Enum>
std::string_view WordOf(Enum value) {
  for (const auto& entry : WordsOf<Enum>()) {
    if (entry.value == value) return entry.word;
  }
  return "";
}

// The fields of a struct; specialised in the file of the kind it belongs to.
template <class Struct>
const Table& TableOf();

// "must be a string, not an integer".
void AddWrongType(std::string_view wanted, JsonElement element, const Path& path, Decoding& decoding, std::string_view hint = "");
// The text of a string element within the bounds; otherwise nullopt and a mistake.
std::optional<std::string_view> ReadText(JsonElement element, const Limits& limits, const Path& path, Decoding& decoding);

}  // namespace hullwright::api
