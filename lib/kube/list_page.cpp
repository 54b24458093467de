#include "kube/list_page.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace hullwright::kube {
namespace {

std::string_view ResourceVersion(JsonElement object) {
  const auto metadata = Member(object, "metadata");
  return metadata ? TextMember(*metadata, "resourceVersion") : "";
}

std::optional<EventType> ToEventType(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, EventType>, 5> kWords = {{{"ADDED", EventType::kAdded},
                                                                             {"MODIFIED", EventType::kModified},
                                                                             {"DELETED", EventType::kDeleted},
                                                                             {"BOOKMARK", EventType::kBookmark},
                                                                             {"ERROR", EventType::kError}}};
  for (const auto& [known, type] : kWords) {
    if (known == word) return type;
  }
  return std::nullopt;
}

}  // namespace

Result<JsonElement> TypedObjects::Complete(JsonElement object) {
  if (!object.is_object()) return Fail(ErrorCode::kInvalidInput, fmt::format("an item is of type {}, not an object", JsonTypeName(object)));
  JsonElement present;
  const bool has_version = object.at_key("apiVersion").get(present) == simdjson::SUCCESS;
  const bool has_kind = object.at_key("kind").get(present) == simdjson::SUCCESS;
  if (has_version && has_kind) return object;
  const std::string rest = simdjson::minify(object);
  text_ = "{";
  if (!has_version) text_ += fmt::format(R"("apiVersion":"{}",)", type_.api_version);
  if (!has_kind) text_ += fmt::format(R"("kind":"{}",)", type_.kind);
  if (rest == "{}") text_.pop_back();
  text_ += rest.substr(1);
  return reader_.Read(text_, StoredObjectLimits(text_.size()));
}

Result<ListPage> ReadListPage(JsonElement list) {
  const auto metadata = Member(list, "metadata");
  ListPage page;
  page.resource_version = ResourceVersion(list);
  if (page.resource_version.empty()) return Fail(ErrorCode::kInvalidInput, "the list has no metadata.resourceVersion");
  page.next = TextMember(*metadata, "continue");
  JsonElement items;
  if (list.at_key("items").get(items) != simdjson::SUCCESS) return Fail(ErrorCode::kInvalidInput, "the list has no items");
  if (items.is_array()) {
    page.items = JsonArray(items);
  } else if (!items.is_null()) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("the list's items are of type {}, not an array", JsonTypeName(items)));
  }
  return page;
}

Result<WatchEvent> ReadWatchEvent(JsonElement event) {
  const auto type = ToEventType(TextMember(event, "type"));
  const auto object = Member(event, "object");
  if (!type || !object || !object->is_object()) {
    return Fail(
        ErrorCode::kInvalidInput,
        fmt::format("a watch event of type \"{}\" cannot be read: expected ADDED, MODIFIED, DELETED, BOOKMARK or ERROR with an object",
                    Printable(TextMember(event, "type"), 32)));
  }
  WatchEvent read{*type, *object, std::string(ResourceVersion(*object))};
  if (*type != EventType::kError && read.resource_version.empty()) {
    return Fail(ErrorCode::kInvalidInput, "a watch event's object has no metadata.resourceVersion");
  }
  return read;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool unreserved =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace hullwright::kube
