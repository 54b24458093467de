#include "webhook/json_equal.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hullwright::webhook {
namespace {

using Members = std::vector<std::pair<std::string_view, JsonElement>>;

// Sorted, because looking members up one by one would take the square of their number, and that number is the sender's.
Members MembersOf(JsonObject object, std::span<const std::string_view> ignored) {
  Members members;
  for (const auto member : object) {
    const bool counts = std::ranges::find(ignored, member.key) == ignored.end();
    if (counts && !member.value.is_null()) members.emplace_back(member.key, member.value);
  }
  std::ranges::sort(members, {}, &Members::value_type::first);
  return members;
}

bool ObjectsEqual(JsonObject a, JsonObject b, std::span<const std::string_view> ignored) {
  return std::ranges::equal(MembersOf(a, ignored), MembersOf(b, ignored),
                            [](const auto& x, const auto& y) { return x.first == y.first && JsonEqual(x.second, y.second); });
}

bool ArraysEqual(JsonArray a, JsonArray b) {
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if (!JsonEqual(*x, *y)) return false;
  }
  return !(x != a.end()) && !(y != b.end());
}

template <class T>
bool ValuesEqual(JsonElement a, JsonElement b) {
  T x{}, y{};
  return a.get(x) == simdjson::SUCCESS && b.get(y) == simdjson::SUCCESS && x == y;
}

}  // namespace

// Recursion ends with the depth that JsonReader allows.
bool JsonEqual(JsonElement a, JsonElement b) {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case simdjson::dom::element_type::OBJECT:
      return ObjectsEqual(JsonObject(a), JsonObject(b), {});
    case simdjson::dom::element_type::ARRAY:
      return ArraysEqual(JsonArray(a), JsonArray(b));
    case simdjson::dom::element_type::STRING:
      return ValuesEqual<std::string_view>(a, b);
    case simdjson::dom::element_type::INT64:
      return ValuesEqual<std::int64_t>(a, b);
    case simdjson::dom::element_type::UINT64:
      return ValuesEqual<std::uint64_t>(a, b);
    case simdjson::dom::element_type::DOUBLE:
      return ValuesEqual<double>(a, b);
    case simdjson::dom::element_type::BOOL:
      return ValuesEqual<bool>(a, b);
    case simdjson::dom::element_type::NULL_VALUE:
      return true;
  }
  return false;
}

bool JsonEqualExcept(JsonObject a, JsonObject b, std::span<const std::string_view> ignored) {
  return ObjectsEqual(a, b, ignored);
}

}  // namespace hullwright::webhook
