// What the API server sends of many objects: a page of a list, and an event of a watch (Kubernetes API concepts, "Efficient detection of
// changes", "Retrieving large results sets in chunks").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace hullwright::kube {

// Objects as the API server stores them: it accepts what Go's decoder does, 10,000 levels. One object that somebody nested that deeply must
// not make its whole list unreadable; what may be judged is the decoder's business.
inline constexpr JsonLimits StoredObjectLimits(std::size_t max_bytes) {
  return {.max_bytes = max_bytes, .max_depth = 10'050};
}

struct ObjectType {
  std::string api_version, kind;
};

// Gives objects the apiVersion and kind that the API server leaves out in lists of built-in kinds. The element lives until the next call.
// Not thread-safe.
class TypedObjects {
 public:
  explicit TypedObjects(ObjectType type) : type_(std::move(type)) {}
  Result<JsonElement> Complete(JsonElement object);

 private:
  const ObjectType type_;
  std::string text_;
  JsonReader reader_;
};

struct ListPage {
  std::string resource_version;
  std::string next;                // token of the next page; "" at the end
  std::optional<JsonArray> items;  // nullopt: none; Go writes an empty list as null
};
Result<ListPage> ReadListPage(JsonElement list);

enum class EventType { kAdded, kModified, kDeleted, kBookmark, kError };
struct WatchEvent {
  EventType type = EventType::kBookmark;
  JsonElement object;
  std::string resource_version;  // of object; "" for kError
};
Result<WatchEvent> ReadWatchEvent(JsonElement event);

// A value of a query (RFC 3986: all but unreserved characters escaped); versions and tokens are opaque and may hold anything.
std::string PercentEncode(std::string_view text);

}  // namespace hullwright::kube
