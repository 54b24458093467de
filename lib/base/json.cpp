#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/text.h"

namespace hullwright {
namespace {

Error ToError(simdjson::error_code code) {
  switch (code) {
    case simdjson::CAPACITY:
      return {ErrorCode::kTooLarge, "the JSON is too large to be read"};
    case simdjson::MEMALLOC:
      return {ErrorCode::kInternal, "out of memory while reading JSON"};
    case simdjson::EMPTY:
      return {ErrorCode::kInvalidInput, "the JSON is empty: a document is expected"};
    case simdjson::UTF8_ERROR:
      return {ErrorCode::kInvalidInput, "the JSON is not valid UTF-8"};
    case simdjson::NUMBER_ERROR:
      return {ErrorCode::kInvalidInput, "the JSON has a number that is malformed, does not fit 64 bits or is not finite"};
    case simdjson::STRING_ERROR:
      return {ErrorCode::kInvalidInput, "the JSON has a string with a malformed escape"};
    case simdjson::UNESCAPED_CHARS:
      return {ErrorCode::kInvalidInput, "the JSON has a control character in a string: write it escaped, like \\n"};
    case simdjson::UNCLOSED_STRING:
      return {ErrorCode::kInvalidInput, "the JSON has a string without its closing quote"};
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return {ErrorCode::kInvalidInput, "the JSON has a word that is not true, false or null"};
    default:
      return {ErrorCode::kInvalidInput,
              "the text is not one well-formed JSON document (a bracket, comma, colon or quote is missing or too many)"};
  }
}

// Names of the open objects and arrays down to `key`, as a JSON pointer would, but for reading: "/spec/containers/0".
struct Duplicate {
  std::string key;
  std::string path;
};

// The members of an object or array that is being walked through, and the one at hand.
struct ObjectWalk {
  JsonObject::iterator at, end;
};
struct ArrayWalk {
  JsonArray::iterator at, end;
  std::size_t index = 0;
};
using Walk = std::variant<ObjectWalk, ArrayWalk>;

bool IsAtEnd(const Walk& walk) {
  return std::visit([](const auto& members) { return !(members.at != members.end); }, walk);
}

JsonElement Current(const Walk& walk) {
  const auto* object = std::get_if<ObjectWalk>(&walk);
  return object != nullptr ? object->at.value() : *std::get<ArrayWalk>(walk).at;
}

void Advance(Walk& walk) {
  std::visit([](auto& members) { ++members.at; }, walk);
  if (auto* array = std::get_if<ArrayWalk>(&walk)) ++array->index;
}

std::string SegmentOf(const Walk& walk) {
  const auto* object = std::get_if<ObjectWalk>(&walk);
  return object != nullptr ? Printable(object->at.key(), 64) : fmt::format("{}", std::get<ArrayWalk>(walk).index);
}

// Without recursion: stored objects may be nested ten thousand levels deep, which is more than a thread's stack holds.
class DuplicateKeys {
 public:
  std::optional<Duplicate> Find(JsonElement root) {
    if (auto found = Enter(root)) return found;
    while (!open_.empty()) {
      if (IsAtEnd(open_.back())) {
        open_.pop_back();
        if (!open_.empty()) Advance(open_.back());
        continue;
      }
      const JsonElement child = Current(open_.back());
      if (!child.is_object() && !child.is_array()) {
        Advance(open_.back());
      } else if (auto found = Enter(child)) {
        return found;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Duplicate> Enter(JsonElement element) {
    if (element.is_object()) {
      const JsonObject object = JsonObject(element);
      if (const auto twin = Twin(object)) return Duplicate{std::string(*twin), Path()};
      open_.emplace_back(ObjectWalk{object.begin(), object.end()});
    } else if (element.is_array()) {
      const JsonArray array = JsonArray(element);
      open_.emplace_back(ArrayWalk{array.begin(), array.end()});
    }
    return std::nullopt;
  }

  std::optional<std::string_view> Twin(JsonObject object) {
    keys_.clear();
    for (const auto field : object) keys_.push_back(field.key);
    // Sorted rather than hashed: keys are the sender's, and so would be the collisions. By length first: most comparisons end there.
    std::ranges::sort(keys_, [](std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    const auto twin = std::ranges::adjacent_find(keys_);
    return twin == keys_.end() ? std::nullopt : std::optional(*twin);
  }

  std::string Path() const {
    std::string path;
    for (const Walk& walk : open_) path += "/" + SegmentOf(walk);
    return path;
  }

  std::vector<Walk> open_;
  std::vector<std::string_view> keys_;  // of the object at hand; kept for its memory
};

Result<void> CheckBytes(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(ErrorCode::kTooLarge, fmt::format("the JSON has {} bytes: at most {} are read", text.size(), limits.max_bytes));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Fail(ErrorCode::kInvalidInput, "the JSON begins with a byte order mark: save it as plain UTF-8");
  }
  return {};
}

}  // namespace

Result<JsonElement> JsonReader::Read(JsonText json, const JsonLimits& limits) {
  const std::string_view text = json.text;
  if (auto sound = CheckBytes(text, limits); !sound) return std::unexpected(sound.error());
  // simdjson counts the document itself as one level.
  const std::size_t depth = limits.max_depth + 1;
  if (parser_.max_depth() != depth || parser_.capacity() < text.size()) {
    if (const auto code = parser_.allocate(std::max(text.size(), parser_.capacity()), depth)) return std::unexpected(ToError(code));
  }
  JsonElement root;
  if (const auto code = parser_.parse(text.data(), text.size(), !json.padded).get(root)) {
    if (code == simdjson::DEPTH_ERROR) {
      return Fail(ErrorCode::kTooLarge, fmt::format("the JSON is nested deeper than {} levels", limits.max_depth));
    }
    return std::unexpected(ToError(code));
  }
  if (const auto duplicate = DuplicateKeys().Find(root)) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("the JSON has the key \"{}\" twice in the object at {}",
                                                      Printable(duplicate->key, 64), duplicate->path.empty() ? "/" : duplicate->path));
  }
  return root;
}

std::optional<JsonElement> Member(JsonElement element, std::string_view key) {
  JsonElement member;
  if (!element.is_object() || element.at_key(key).get(member) != simdjson::SUCCESS || member.is_null()) return std::nullopt;
  return member;
}

std::string_view TextMember(JsonElement element, std::string_view key) {
  const auto member = Member(element, key);
  std::string_view text;
  if (!member || member->get(text) != simdjson::SUCCESS) return "";
  return text;
}

std::string_view JsonTypeName(JsonElement element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "array";
    case simdjson::dom::element_type::OBJECT:
      return "object";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return "integer";
    case simdjson::dom::element_type::DOUBLE:
      return "number";
    case simdjson::dom::element_type::STRING:
      return "string";
    case simdjson::dom::element_type::BOOL:
      return "boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
  }
  return "null";
}

}  // namespace hullwright
