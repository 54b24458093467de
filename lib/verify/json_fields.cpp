#include "verify/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "verify/limits.h"

namespace hullwright::verify {

Checked<JsonElement> ReadJson(JsonReader& reader, std::string_view text, std::size_t max_bytes) {
  const auto root = reader.Read(text, {.max_bytes = max_bytes, .max_depth = limits::kJsonDepth});
  if (root) return *root;
  return Reject(root.error().code == ErrorCode::kTooLarge ? Step::kLimit : Step::kParse, root.error().message);
}

Checked<JsonFields> JsonFields::Of(JsonElement element, std::string_view where) {
  if (!element.is_object()) {
    return Reject(Step::kStructure, fmt::format("{} is not a JSON object but {}", where, JsonTypeName(element)));
  }
  return JsonFields(element, std::string(where));
}

Checked<void> JsonFields::RefuseOthers(std::initializer_list<std::string_view> known) const {
  for (const auto member : JsonObject(element_)) {
    if (std::ranges::find(known, member.key) == known.end()) {
      return Reject(Step::kStructure, fmt::format("{} has the unknown member \"{}\"", where_, Printable(member.key, 64)));
    }
  }
  return {};
}

std::unexpected<Failure> JsonFields::Wrong(std::string_view key, std::string_view wanted) const {
  return Reject(Step::kStructure, fmt::format("{} has no \"{}\" that is {}", where_, key, wanted));
}

Checked<std::string_view> JsonFields::Text(std::string_view key) const {
  const auto member = Find(key);
  std::string_view text;
  if (!member || member->get(text) != simdjson::SUCCESS) return Wrong(key, "a string");
  return text;
}

Checked<std::string_view> JsonFields::OptionalText(std::string_view key) const {
  if (!Has(key)) return std::string_view();
  return Text(key);
}

Checked<std::string> JsonFields::Bytes(std::string_view key) const {
  const auto text = Text(key);
  if (!text) return std::unexpected(text.error());
  auto bytes = DecodeBase64(*text);
  if (!bytes) return Reject(Step::kParse, fmt::format("\"{}\" of {}: {}", key, where_, bytes.error().message));
  return std::move(*bytes);
}

Checked<std::int64_t> JsonFields::Integer(std::string_view key) const {
  const auto member = Find(key);
  std::int64_t number = 0;
  if (member && member->is_int64() && member->get(number) == simdjson::SUCCESS) return number;
  std::string_view text;
  if (!member || member->get(text) != simdjson::SUCCESS) return Wrong(key, "an integer");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // One number, one text: no leading zeros, no "-0".
  if (error != std::errc() || end != text.data() + text.size() || fmt::format("{}", number) != text) return Wrong(key, "an integer");
  return number;
}

Checked<Time> JsonFields::Timestamp(std::string_view key) const {
  const auto text = Text(key);
  if (!text) return std::unexpected(text.error());
  const auto time = ParseRfc3339(*text);
  if (!time) return Reject(Step::kParse, fmt::format("\"{}\" of {}: {}", key, where_, time.error().message));
  return *time;
}

Checked<JsonFields> JsonFields::Object(std::string_view key) const {
  const auto member = Find(key);
  if (!member) return Wrong(key, "an object");
  return Of(*member, fmt::format("{} of {}", key, where_));
}

Checked<std::vector<JsonElement>> JsonFields::List(std::string_view key, std::size_t max) const {
  std::vector<JsonElement> entries;
  const auto member = Find(key);
  if (!member) return entries;
  JsonArray array;
  if (member->get(array) != simdjson::SUCCESS) return Wrong(key, "a list");
  for (const JsonElement entry : array) {
    if (entries.size() == max) return Reject(Step::kLimit, fmt::format("\"{}\" of {} has more than {} entries", key, where_, max));
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace hullwright::verify
