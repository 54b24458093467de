// Strict reading of JSON: with simdjson everywhere (docs/decisions/0003-simdjson-reads.md); it is written with nlohmann.
//
// Refused: invalid UTF-8, a byte order mark, duplicate keys (told with their place), numbers outside 64 bits or not finite, more than
// the limits allow, text after the document.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hullwright {

using JsonElement = simdjson::dom::element;
using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;

struct JsonLimits {
  std::size_t max_bytes = 7u << 20;  // what a webhook request may have (controller-runtime's derivation: 2 x 3 MiB + envelope)
  // Arrays and objects inside each other, an empty one at the bottom not counted. Kubernetes objects stay below 30.
  std::size_t max_depth = 64;
};

// A text to read: a std::string that has kJsonPadding bytes of its capacity to spare, as ReadRegularFile gives it (base/file.h), is read
// where it stands; any other is copied first, so that simdjson may look beyond its end. Converts from all of them; lives no longer than
// the text.
inline constexpr std::size_t kJsonPadding = simdjson::SIMDJSON_PADDING;

struct JsonText {
  JsonText(std::string_view given) : text(given) {}
  JsonText(const char* given) : text(given) {}
  JsonText(const std::string& given) : text(given), padded(given.capacity() - given.size() >= kJsonPadding) {}

  std::string_view text;
  bool padded = false;
};

// Reads one document at a time; the element lives until the next Read or the reader's end. Not thread-safe: one per thread, reused,
// keeps its buffers.
class JsonReader {
 public:
  Result<JsonElement> Read(JsonText json, const JsonLimits& limits = {});

 private:
  simdjson::dom::parser parser_;
};

// The member of an object, or nullopt when the element is not an object, has no such key, or it is null.
std::optional<JsonElement> Member(JsonElement element, std::string_view key);
// The member as text, or "" when it is absent or no string. For labels and names, never for a value whose absence decides.
std::string_view TextMember(JsonElement element, std::string_view key);
// "object", "array", "string", "integer", "number", "boolean", "null".
std::string_view JsonTypeName(JsonElement element);

}  // namespace hullwright
