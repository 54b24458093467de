#include "api/value_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/rfc3339.h"

namespace hullwright::api {
namespace {

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string LengthWords(const Limits& limits) {
  return limits.min_length > 1 ? fmt::format("{} to {} characters", limits.min_length, limits.max_length)
                               : fmt::format("at most {} characters", limits.max_length);
}

std::string Anchored(std::string_view pattern) {
  return fmt::format("^(?:{})$", pattern);
}

class StringType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    if (auto text = ReadText(element, limits, path, decoding)) static_cast<std::string*>(value)->assign(*text);
  }
  OrderedJson Encode(const void* value) const override { return *static_cast<const std::string*>(value); }
  bool IsDefault(const void* value, const void*) const override { return static_cast<const std::string*>(value)->empty(); }
  void AppendKey(const void* value, std::string& key) const override { key += *static_cast<const std::string*>(value); }
  OrderedJson Schema(const Limits& limits, const SchemaContext&) const override {
    OrderedJson schema = {{"type", "string"}};
    if (limits.min_length > 0) schema["minLength"] = limits.min_length;
    schema["maxLength"] = limits.max_length;
    if (limits.format != nullptr) schema["pattern"] = Anchored(limits.format->pattern);
    return schema;
  }
  std::string Words(const Limits& limits) const override {
    return limits.format == nullptr ? "text, " + LengthWords(limits) : std::string(limits.format->noun);
  }
};

class BoolType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits&, const Path& path, Decoding& decoding) const override {
    if (element.get_bool().get(*static_cast<bool*>(value)) != simdjson::SUCCESS) AddWrongType("boolean", element, path, decoding);
  }
  OrderedJson Encode(const void* value) const override { return *static_cast<const bool*>(value); }
  bool IsDefault(const void* value, const void* fallback) const override {
    return *static_cast<const bool*>(value) == *static_cast<const bool*>(fallback);
  }
  void AppendKey(const void* value, std::string& key) const override { key += *static_cast<const bool*>(value) ? 't' : 'f'; }
  OrderedJson Schema(const Limits&, const SchemaContext&) const override { return {{"type", "boolean"}}; }
  std::string Words(const Limits&) const override { return "true or false"; }
  std::string DefaultWords(const void* fallback) const override { return *static_cast<const bool*>(fallback) ? "true" : "false"; }
};

class IntegerType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    std::int64_t number = 0;
    if (element.is_uint64() && !element.is_int64()) {
      number = std::numeric_limits<std::int64_t>::max();  // beyond every bound
    } else if (element.get_int64().get(number) != simdjson::SUCCESS) {
      return AddWrongType("integer", element, path, decoding);
    }
    if (number < limits.min || number > limits.max) {
      return decoding.mistakes.Add(path, fmt::format("must be between {} and {}, not {}", limits.min, limits.max, number));
    }
    *static_cast<std::int64_t*>(value) = number;
  }
  OrderedJson Encode(const void* value) const override { return *static_cast<const std::int64_t*>(value); }
  bool IsDefault(const void* value, const void* fallback) const override {
    return *static_cast<const std::int64_t*>(value) == *static_cast<const std::int64_t*>(fallback);
  }
  void AppendKey(const void* value, std::string& key) const override { key += std::to_string(*static_cast<const std::int64_t*>(value)); }
  OrderedJson Schema(const Limits& limits, const SchemaContext&) const override {
    return {{"type", "integer"}, {"format", "int64"}, {"minimum", limits.min}, {"maximum", limits.max}};
  }
  std::string Words(const Limits& limits) const override {
    if (limits.max == Limits{}.max) return fmt::format("whole number, at least {}", limits.min);
    return fmt::format("whole number, {} to {}", limits.min, limits.max);
  }
  std::string DefaultWords(const void* fallback) const override { return std::to_string(*static_cast<const std::int64_t*>(fallback)); }
};

class MapType final : public ValueType {
 public:
  using Map = std::map<std::string, std::string>;

  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    JsonObject members;
    if (element.get_object().get(members) != simdjson::SUCCESS) return AddWrongType("object", element, path, decoding);
    CheckItemCount(members.size(), limits, path, decoding);
    if (members.size() > limits.max_items) return;
    auto& map = *static_cast<Map*>(value);
    map.clear();
    for (auto [key, item] : members) {
      Path item_path = Path::ForKey(path, key);
      if (limits.key_format != nullptr && !Matches(*limits.key_format, key)) {
        decoding.mistakes.Add(item_path, fmt::format("the key must be {}", limits.key_format->words));
      }
      auto text = ReadText(item, limits, item_path, decoding);
      if (text && !map.emplace(key, *text).second) decoding.mistakes.Add(item_path, "is given twice");
    }
  }
  OrderedJson Encode(const void* value) const override {
    OrderedJson object = OrderedJson::object();
    for (const auto& [key, text] : *static_cast<const Map*>(value)) object[key] = text;
    return object;
  }
  bool IsDefault(const void* value, const void*) const override { return static_cast<const Map*>(value)->empty(); }
  void AppendKey(const void* value, std::string& key) const override { key += Encode(value).dump(); }
  OrderedJson Schema(const Limits& limits, const SchemaContext& context) const override {
    return {{"type", "object"},
            {"maxProperties", limits.max_items},
            {"additionalProperties", ScalarType<std::string>().Schema(limits, context)}};
  }
  std::string Words(const Limits& limits) const override {
    return fmt::format("{}s and values, at most {}", limits.key_format == nullptr ? "label key" : limits.key_format->noun,
                       limits.max_items);
  }
  bool is_scalar() const override { return false; }
};

// Types that are written as text and parsed: how, and what the schema can say of it.
template <class T>
struct TextForm;

template <>
struct TextForm<Decimal> {
  static constexpr std::string_view kPattern = R"([0-9]{1,9}(\.[0-9]{1,6})?)";
  static constexpr std::size_t kMaxLength = 16;
  static Result<Decimal> Parse(std::string_view text) { return Decimal::Parse(text); }
  static std::string Format(const Decimal& value) { return value.ToString(); }
  static std::string Words(const Limits& limits) {
    if (limits.max == Limits{}.max) return R"(decimal as text, like "9.0")";
    return fmt::format(R"(decimal as text, "{}.0" to "{}.0")", limits.min, limits.max);
  }
};

template <>
struct TextForm<Quantity> {
  static constexpr std::string_view kPattern = R"([0-9]{1,16}(\.[0-9]{1,3})?([kMGT]|[KMGT]i)?)";
  static constexpr std::size_t kMaxLength = 24;
  static Result<Quantity> Parse(std::string_view text) { return Quantity::Parse(text); }
  static std::string Format(const Quantity& value) { return value.text(); }
  static std::string Words(const Limits&) { return R"(size, like "500M" or "1Gi")"; }
};

template <>
struct TextForm<RegularExpression> {
  static constexpr std::string_view kPattern = R"([^$\^]+)";
  static constexpr std::size_t kMaxLength = RegularExpression::kMaxBytes;
  static Result<RegularExpression> Parse(std::string_view text) { return RegularExpression::Parse(text); }
  static std::string Format(const RegularExpression& value) { return value.text(); }
  static std::string Words(const Limits&) { return R"(regular expression of the whole value, without "^" and "$")"; }
};

template <>
struct TextForm<Time> {
  static constexpr std::string_view kPattern = "";
  static constexpr std::size_t kMaxLength = 64;
  static Result<Time> Parse(std::string_view text) { return ParseRfc3339(text); }
  static std::string Format(const Time& value) { return FormatRfc3339(value); }
  static std::string Words(const Limits&) { return R"(time, like "2027-01-31T00:00:00Z")"; }
};

template <>
struct TextForm<Digest> {
  static constexpr std::string_view kPattern = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";
  static constexpr std::size_t kMaxLength = 135;
  static Result<Digest> Parse(std::string_view text) { return Digest::Parse(text); }
  static std::string Format(const Digest& value) { return value.text(); }
  static std::string Words(const Limits&) { return R"(digest, like "sha256:...")"; }
};

template <>
struct TextForm<ImagePattern> {
  static constexpr std::string_view kPattern = "";
  static constexpr std::size_t kMaxLength = 255;
  static Result<ImagePattern> Parse(std::string_view text) { return ImagePattern::Parse(text); }
  static std::string Format(const ImagePattern& value) { return value.text(); }
  static std::string Words(const Limits&) { return R"(image pattern, like "registry.example/shop/**")"; }
};

// Where our objects name one image, they name it by digest: a tag may mean another image tomorrow.
template <>
struct TextForm<ImageReference> {
  static constexpr std::string_view kPattern = R"([^\s@]+@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))";
  static constexpr std::size_t kMaxLength = 512;
  static Result<ImageReference> Parse(std::string_view text) {
    auto image = ImageReference::Parse(text);
    if (image && !image->digest) {
      return Fail(ErrorCode::kInvalidInput, Quoted(text) + R"( has no digest, write "repository@sha256:...")");
    }
    return image;
  }
  static std::string Format(const ImageReference& value) { return value.ToString(); }
  static std::string Words(const Limits&) { return R"(image with its digest, like "registry.example/shop/api@sha256:...")"; }
};

bool InRange(const Decimal& value, const Limits& limits, const Path& path, Decoding& decoding) {
  constexpr std::int64_t kMillion = 1'000'000;
  if (limits.max == Limits{}.max) return true;
  if (value >= Decimal::FromMillionths(limits.min * kMillion) && value <= Decimal::FromMillionths(limits.max * kMillion)) return true;
  decoding.mistakes.Add(path, fmt::format(R"(must be between "{}.0" and "{}.0", not "{}")", limits.min, limits.max, value.ToString()));
  return false;
}
template <class T>
bool InRange(const T&, const Limits&, const Path&, Decoding&) {
  return true;
}

template <class T>
class ParsedType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    if (auto parsed = ReadParsed<T>(element, limits, path, decoding)) *static_cast<T*>(value) = *std::move(parsed);
  }
  OrderedJson Encode(const void* value) const override { return TextForm<T>::Format(*static_cast<const T*>(value)); }
  bool IsDefault(const void*, const void*) const override { return false; }
  void AppendKey(const void* value, std::string& key) const override { key += TextForm<T>::Format(*static_cast<const T*>(value)); }
  OrderedJson Schema(const Limits&, const SchemaContext&) const override {
    OrderedJson schema = {{"type", "string"}, {"minLength", 1}, {"maxLength", TextForm<T>::kMaxLength}};
    if (std::is_same_v<T, Time>) schema["format"] = "date-time";
    if (!TextForm<T>::kPattern.empty()) schema["pattern"] = Anchored(TextForm<T>::kPattern);
    return schema;
  }
  std::string Words(const Limits& limits) const override { return TextForm<T>::Words(limits); }
};

// What is wrong with the text, "" when nothing is.
std::string MistakeInText(std::string_view text, const Limits& limits) {
  // Characters are at most as many as bytes, so most text need not be counted.
  const bool too_long = text.size() > limits.max_length && Characters(text) > limits.max_length;
  const bool too_short = limits.min_length > 1 && Characters(text) < limits.min_length;
  if (limits.min_length > 0 && IsBlank(text)) return "must not be empty: " + ScalarType<std::string>().Words(limits);
  if (too_long || too_short) return fmt::format("must be {}, not {}", LengthWords(limits), Characters(text));
  if (limits.format == nullptr || Matches(*limits.format, text)) return "";
  return fmt::format("must be {}, not {}", limits.format->words, Quoted(text));
}

}  // namespace

void AddWrongType(std::string_view wanted, JsonElement element, const Path& path, Decoding& decoding, std::string_view hint) {
  if (element.is_null())
    return decoding.mistakes.Add(path, fmt::format("must be of type {}, not null: write a value or leave the field out", wanted));
  std::string colon = hint.empty() ? "" : ": ";
  decoding.mistakes.Add(path, fmt::format("must be of type {}, not {}{}{}", wanted, JsonTypeName(element), colon, hint));
}

std::optional<std::string_view> ReadText(JsonElement element, const Limits& limits, const Path& path, Decoding& decoding) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) {
    AddWrongType("string", element, path, decoding);
    return std::nullopt;
  }
  std::string mistake = MistakeInText(text, limits);
  if (mistake.empty()) return text;
  decoding.mistakes.Add(path, mistake);
  return std::nullopt;
}

void CheckItemCount(std::size_t count, const Limits& limits, const Path& path, Decoding& decoding) {
  if (count > limits.max_items) {
    decoding.mistakes.Add(path, fmt::format("must have at most {} items, not {}", limits.max_items, count));
  } else if (count < limits.min_items) {
    decoding.mistakes.Add(path,
                          fmt::format("must have at least {} item{}, not {}", limits.min_items, limits.min_items == 1 ? "" : "s", count));
  }
}

std::string ListWords(const std::string& item, const Limits& limits) {
  return fmt::format("{}; list of at most {}", item, limits.max_items);
}

OrderedJson ListSchema(OrderedJson item, const Limits& limits, const Table* item_table) {
  OrderedJson schema = {{"type", "array"}};
  if (limits.min_items > 0) schema["minItems"] = limits.min_items;
  schema["maxItems"] = limits.max_items;
  // The API server's map lists want keys that are scalar and always there.
  bool map_list = !limits.keys.empty() && std::ranges::all_of(limits.keys, [&](std::string_view key) {
    const Row* row = item_table->Find(key);
    return row->presence == Presence::kRequired && row->type->is_scalar();
  });
  schema["x-kubernetes-list-type"] = map_list ? "map" : limits.distinct ? "set" : "atomic";
  if (map_list) schema["x-kubernetes-list-map-keys"] = limits.keys;
  schema["items"] = std::move(item);
  return schema;
}

template <class T>
std::optional<T> ReadParsed(JsonElement element, const Limits& limits, const Path& path, Decoding& decoding) {
  Limits text_limits;
  text_limits.max_length = TextForm<T>::kMaxLength;
  if (!element.is_string() && !element.is_null()) {
    AddWrongType("string", element, path, decoding, TextForm<T>::Words(limits));
    return std::nullopt;
  }
  auto text = ReadText(element, text_limits, path, decoding);
  if (!text) return std::nullopt;
  auto parsed = TextForm<T>::Parse(*text);
  if (!parsed) {
    decoding.mistakes.Add(path, parsed.error().message);
    return std::nullopt;
  }
  if (!InRange(*parsed, limits, path, decoding)) return std::nullopt;
  return *std::move(parsed);
}

template std::optional<Digest> ReadParsed(JsonElement, const Limits&, const Path&, Decoding&);
template std::optional<ImagePattern> ReadParsed(JsonElement, const Limits&, const Path&, Decoding&);

template <>
const ValueType& ScalarType<std::string>() {
  static const StringType type;
  return type;
}
template <>
const ValueType& ScalarType<bool>() {
  static const BoolType type;
  return type;
}
template <>
const ValueType& ScalarType<std::int64_t>() {
  static const IntegerType type;
  return type;
}
template <>
const ValueType& ScalarType<std::map<std::string, std::string>>() {
  static const MapType type;
  return type;
}
template <>
const ValueType& ScalarType<Decimal>() {
  static const ParsedType<Decimal> type;
  return type;
}
template <>
const ValueType& ScalarType<Quantity>() {
  static const ParsedType<Quantity> type;
  return type;
}
template <>
const ValueType& ScalarType<RegularExpression>() {
  static const ParsedType<RegularExpression> type;
  return type;
}
template <>
const ValueType& ScalarType<Time>() {
  static const ParsedType<Time> type;
  return type;
}
template <>
const ValueType& ScalarType<Digest>() {
  static const ParsedType<Digest> type;
  return type;
}
template <>
const ValueType& ScalarType<ImagePattern>() {
  static const ParsedType<ImagePattern> type;
  return type;
}
template <>
const ValueType& ScalarType<ImageReference>() {
  static const ParsedType<ImageReference> type;
  return type;
}

}  // namespace hullwright::api
