#include "verify/notation_name.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxAttributes = 32;

// The types that the peer's certificates show by name; any other is shown as hexadecimal there and so can match nothing.
constexpr std::array<std::string_view, 9> kTypes = {"CN", "C", "L", "ST", "O", "OU", "STREET", "POSTALCODE", "SERIALNUMBER"};

std::unexpected<Failure> Malformed(std::string_view why) {
  return Reject(Step::kIdentity, fmt::format("distinguished name: {}", why));
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Splits and unescapes; knows nothing of what names mean.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  Checked<std::string> ReadType() {
    SkipSpaces();
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) return Malformed("an attribute without \"=\"");
    std::string_view type = rest_.substr(0, equals);
    while (type.ends_with(' ')) type.remove_suffix(1);
    rest_.remove_prefix(equals + 1);
    return UpperCase(type);
  }

  // Up to the comma that ends the attribute, which is taken too.
  Checked<std::string> ReadValue() {
    SkipSpaces();
    std::string value;
    std::size_t kept = 0;  // spaces behind this are trimmed unless escaped
    while (!rest_.empty() && rest_.front() != ',') {
      const bool plain_space = rest_.front() == ' ';
      const auto c = ReadCharacter();
      if (!c) return std::unexpected(c.error());
      value += *c;
      if (!plain_space) kept = value.size();
    }
    value.resize(kept);
    if (rest_.empty()) return value;
    rest_.remove_prefix(1);
    if (rest_.find_first_not_of(' ') == std::string_view::npos) return Malformed("nothing behind the last comma");
    return value;
  }

 private:
  void SkipSpaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  Checked<char> ReadCharacter() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '+') return Malformed("several attributes in one part (\"+\") are not supported");
    if (c == '"' || c == ';' || c == '<' || c == '>' || c == '\0') return Malformed(fmt::format("{} must be escaped", Printable({&c, 1})));
    return c == '\\' ? ReadEscape() : Checked<char>(c);
  }

  Checked<char> ReadEscape() {
    if (rest_.empty()) return Malformed("a backslash at the end");
    const char c = rest_.front();
    if (std::string_view(" \"#+,;<=>\\").find(c) != std::string_view::npos) {
      rest_.remove_prefix(1);
      return c;
    }
    if (rest_.size() < 2 || HexDigit(c) < 0 || HexDigit(rest_[1]) < 0) return Malformed("a malformed escape");
    const char byte = static_cast<char>(HexDigit(c) * 16 + HexDigit(rest_[1]));
    rest_.remove_prefix(2);
    return byte;
  }

  std::string_view rest_;
};

Checked<void> AddAttribute(NotationName& name, std::string_view type, std::string value) {
  if (std::ranges::find(kTypes, type) == kTypes.end()) return Malformed(fmt::format("unknown attribute \"{}\"", Printable(type, 64)));
  if (value.empty()) return Malformed(fmt::format("{} is empty", type));
  // Peers write hexadecimal values as "=#…" and refuse that sequence anywhere; a value that holds it is told from those by nobody.
  if (value.starts_with('#') || value.find("=#") != std::string::npos) return Malformed(fmt::format("{} has the value of a \"=#\"", type));
  if (value.find('\0') != std::string::npos || !simdjson::validate_utf8(value)) return Malformed(fmt::format("{} is no text", type));
  if (name.size() >= kMaxAttributes) return Reject(Step::kLimit, "distinguished name: too many attributes");
  if (!name.emplace(type, std::move(value)).second) return Malformed(fmt::format("{} appears twice", type));
  return {};
}

Checked<NotationName> WithMandatory(NotationName name) {
  for (const std::string_view type : {"C", "ST", "O"})
    if (!name.contains(type)) return Malformed(fmt::format("no {}: C, ST and O are wanted at least", type));
  return name;
}

}  // namespace

Checked<NotationName> ParseNotationName(std::string_view text) {
  if (text.size() > kMaxTextBytes) return Reject(Step::kLimit, fmt::format("a distinguished name of {} bytes", text.size()));
  if (text.find("=#") != std::string_view::npos) return Malformed("\"=#\" (a hexadecimal value) is not supported");
  NotationName name;
  Parser parser(text);
  while (!parser.at_end()) {
    const auto type = parser.ReadType();
    if (!type) return std::unexpected(type.error());
    auto value = parser.ReadValue();
    if (!value) return std::unexpected(value.error());
    if (auto added = AddAttribute(name, *type, *std::move(value)); !added) return std::unexpected(added.error());
  }
  return WithMandatory(std::move(name));
}

Checked<NotationName> ToNotationName(const DistinguishedName& subject) {
  NotationName name;
  for (const NameAttribute& attribute : subject)
    if (auto added = AddAttribute(name, attribute.type, attribute.value); !added) return std::unexpected(added.error());
  return WithMandatory(std::move(name));
}

bool IsSubset(const NotationName& part, const NotationName& whole) {
  return std::ranges::all_of(part, [&](const auto& attribute) {
    const auto found = whole.find(attribute.first);
    return found != whole.end() && found->second == attribute.second;
  });
}

}  // namespace hullwright::verify
