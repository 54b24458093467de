#include "scan/report_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/rfc3339.h"

namespace hullwright::scan {
namespace {

// Go's zero time, which scanners write for "never set".
constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";

bool HasControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; });
}

// At most max_bytes of it, without half a UTF-8 character at the end.
std::string_view CutAtCharacter(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

ReportNode::ReportNode(JsonElement root, api::Mistakes& mistakes) : ReportNode(api::Path(), root, mistakes) {}

ReportNode::ReportNode(api::Path path, std::optional<JsonElement> element, api::Mistakes& mistakes) : path_(path), mistakes_(&mistakes) {
  if (!element) return;
  if (element->is_object()) {
    object_ = element->get_object().value_unsafe();
  } else {
    WrongType(path_, "an object", *element);
  }
}

ReportNode ReportNode::Object(std::string_view key) const& {
  return ReportNode(api::Path(path_, key), Find(key), *mistakes_);
}

bool ReportNode::Has(std::string_view key) const {
  return Find(key).has_value();
}

bool ReportNode::HasNumber(std::string_view key) const {
  const auto element = Find(key);
  return element && element->is_number();
}

bool ReportNode::HasText(std::string_view key) const {
  const auto element = Find(key);
  return element && element->is_string();
}

bool ReportNode::HasList(std::string_view key) const {
  const auto element = Find(key);
  return element && element->is_array();
}

bool ReportNode::IsSwitchedOn(std::string_view key) const {
  const auto element = Find(key);
  if (!element) return false;
  if (element->is_bool()) return element->get_bool().value_unsafe();
  return !element->is_string() || !element->get_string().value_unsafe().empty();
}

std::string_view ReportNode::Text(std::string_view key, std::size_t max_bytes) const {
  const auto element = Find(key);
  return element ? CheckedText(api::Path(path_, key), *element, max_bytes) : std::string_view();
}

std::string ReportNode::DisplayText(std::string_view key, std::size_t max_bytes) const {
  const auto element = Find(key);
  if (!element) return "";
  if (!element->is_string()) {
    WrongType(api::Path(path_, key), "a string", *element);
    return "";
  }
  std::string text(CutAtCharacter(element->get_string().value_unsafe(), max_bytes));
  std::ranges::replace_if(text, [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; }, ' ');
  return text;
}

std::string_view ReportNode::Prose(std::string_view key) const {
  const auto element = Find(key);
  if (!element) return {};
  if (element->is_string()) return element->get_string().value_unsafe();
  WrongType(api::Path(path_, key), "a string", *element);
  return {};
}

std::vector<std::string_view> ReportNode::ProseList(std::string_view key) const {
  std::vector<std::string_view> texts;
  ForEachItem(key, [&](const api::Path& path, JsonElement item) {
    if (item.is_string()) {
      texts.push_back(item.get_string().value_unsafe());
    } else {
      WrongType(path, "a string", item);
    }
  });
  return texts;
}

std::optional<bool> ReportNode::Flag(std::string_view key) const {
  const auto element = Find(key);
  if (!element) return std::nullopt;
  if (element->is_bool()) return element->get_bool().value_unsafe();
  WrongType(api::Path(path_, key), "true or false", *element);
  return std::nullopt;
}

std::optional<std::int64_t> ReportNode::Integer(std::string_view key) const {
  const auto element = Find(key);
  if (!element) return std::nullopt;
  if (element->is_int64()) return element->get_int64().value_unsafe();
  WrongType(api::Path(path_, key), "a whole number", *element);
  return std::nullopt;
}

std::optional<double> ReportNode::Number(std::string_view key) const {
  const auto element = Find(key);
  if (!element) return std::nullopt;
  double number = 0;
  if (element->is_number() && element->get_double().get(number) == simdjson::SUCCESS) return number;
  WrongType(api::Path(path_, key), "a number", *element);
  return std::nullopt;
}

std::optional<Time> ReportNode::Timestamp(std::string_view key) const {
  const std::string_view text = Text(key, kMaxTextBytes);
  if (text.empty() || text == kZeroTime) return std::nullopt;
  const auto time = ParseRfc3339(text);
  if (time) return *time;
  Mistake(key, time.error().message);
  return std::nullopt;
}

std::vector<std::string_view> ReportNode::Texts(std::string_view key, std::size_t max_bytes) const {
  std::vector<std::string_view> texts;
  ForEachItem(key, [&](const api::Path& path, JsonElement item) {
    const std::string_view text = CheckedText(path, item, max_bytes);
    if (!text.empty()) texts.push_back(text);
  });
  return texts;
}

std::size_t ReportNode::Count(std::string_view key) const {
  const auto list = List(key);
  // Not JsonArray::size(), which stops counting at 16,777,215.
  return list ? static_cast<std::size_t>(std::ranges::distance(list->begin(), list->end())) : 0;
}

void ReportNode::Mistake(std::string_view key, std::string_view what) const {
  mistakes_->Add(api::Path(path_, key), what);
}

std::optional<JsonElement> ReportNode::Find(std::string_view key) const {
  if (!object_) return std::nullopt;
  JsonElement element;
  if (object_->at_key(key).get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
  return element;
}

std::optional<JsonArray> ReportNode::List(std::string_view key) const {
  const auto element = Find(key);
  return element ? ListAt(api::Path(path_, key), *element) : std::nullopt;
}

std::optional<JsonArray> ReportNode::ListAt(const api::Path& path, JsonElement element) const {
  if (element.is_array()) return element.get_array().value_unsafe();
  if (!element.is_null()) WrongType(path, "a list", element);
  return std::nullopt;
}

void ReportNode::WrongType(const api::Path& path, std::string_view wanted, JsonElement found) const {
  mistakes_->Add(path, fmt::format("must be {}, not {}", wanted, JsonTypeName(found)));
}

std::string_view ReportNode::CheckedText(const api::Path& path, JsonElement element, std::size_t max_bytes) const {
  if (!element.is_string()) {
    WrongType(path, "a string", element);
    return {};
  }
  const std::string_view text = element.get_string().value_unsafe();
  if (text.size() > max_bytes) {
    mistakes_->Add(path, fmt::format("must be at most {} bytes, not {}", max_bytes, text.size()));
    return {};
  }
  if (HasControlCharacter(text)) {
    mistakes_->Add(path, "must not hold control characters");
    return {};
  }
  return text;
}

}  // namespace hullwright::scan
