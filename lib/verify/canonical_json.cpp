#include "verify/canonical_json.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

namespace hullwright::verify {
namespace {

void AppendText(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool Append(JsonElement element, std::string& out);

bool AppendArray(JsonElement element, std::string& out) {
  out += '[';
  bool first = true;
  for (const JsonElement entry : JsonArray(element)) {
    if (!std::exchange(first, false)) out += ',';
    if (!Append(entry, out)) return false;
  }
  out += ']';
  return true;
}

bool AppendObject(JsonElement element, std::string& out) {
  std::map<std::string_view, JsonElement> members;
  for (const auto member : JsonObject(element)) members.emplace(member.key, member.value);
  out += '{';
  bool first = true;
  for (const auto& [key, value] : members) {
    if (!std::exchange(first, false)) out += ',';
    AppendText(key, out);
    out += ':';
    if (!Append(value, out)) return false;
  }
  out += '}';
  return true;
}

// The reader has bounded the depth.
bool Append(JsonElement element, std::string& out) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT:
      return AppendObject(element, out);
    case element_type::ARRAY:
      return AppendArray(element, out);
    case element_type::STRING:
      AppendText(std::string_view(element), out);
      return true;
    case element_type::INT64:
      out += fmt::format("{}", std::int64_t(element));
      return true;
    case element_type::UINT64:
      out += fmt::format("{}", std::uint64_t(element));
      return true;
    case element_type::BOOL:
      out += bool(element) ? "true" : "false";
      return true;
    case element_type::NULL_VALUE:
      out += "null";
      return true;
    case element_type::DOUBLE:
      return false;
  }
  return false;
}

}  // namespace

Checked<std::string> OlpcCanonicalJson(JsonElement element) {
  std::string out;
  if (!Append(element, out)) return Reject(Step::kStructure, "a number in signed metadata is not an integer");
  return out;
}

}  // namespace hullwright::verify
