#include "cli/yaml_text.h"

#include "base/json_text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

// Text that no reader of YAML 1.1 or 1.2 takes for anything else stands plain: it begins with a letter, is no word with a meaning and holds
// nothing that YAML gives one. Everything else is quoted as JSON quotes, which YAML reads alike.
bool IsPlain(const std::string& text) {
  static constexpr std::string_view kWords[] = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  if (text.empty() || text.size() > 200 || text.back() == ' ' || text.back() == ':') return false;
  std::string lower;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || std::string_view("._-/@()[]+ ,:").contains(c);
    if (!letter && (lower.empty() || !other)) return false;
    lower += static_cast<char>(letter ? c | 0x20 : c);
  }
  for (const auto word : kWords) {
    if (lower == word) return false;
  }
  return !text.contains(": ");
}

std::string Scalar(const Json& value) {
  if (value.is_array()) return "[]";
  if (value.is_object()) return "{}";
  if (value.is_string() && IsPlain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return JsonLine(value);
}

bool IsNested(const Json& value) {
  return value.is_structured() && !value.empty();
}

void Write(const Json& value, std::size_t indent, bool after_dash, std::string& out);

void WriteMember(const std::string& key, const Json& value, std::size_t indent, std::string& out) {
  out += Scalar(key) + ":";
  if (!IsNested(value)) {
    out += " " + Scalar(value) + "\n";
    return;
  }
  out += "\n";
  // Items stand below their key, as kubectl writes them.
  Write(value, value.is_array() ? indent : indent + 2, false, out);
}

// after_dash: the first line continues the one with the dash of a list.
void Write(const Json& value, std::size_t indent, bool after_dash, std::string& out) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (!after_dash) out += margin;
      after_dash = false;
      WriteMember(key, member, indent, out);
    }
    return;
  }
  for (const Json& item : value) {
    if (!after_dash) out += margin;
    after_dash = false;
    out += "- ";
    if (IsNested(item)) {
      Write(item, indent + 2, true, out);
    } else {
      out += Scalar(item) + "\n";
    }
  }
}

}  // namespace

std::string ToYaml(const Json& value) {
  if (!IsNested(value)) return Scalar(value) + "\n";
  std::string out;
  Write(value, 0, false, out);
  return out;
}

}  // namespace hullwright::cli
