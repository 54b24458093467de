// TypeOf<T>(): the ValueType of every type that our structs have as members.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "api/table.h"
#include "api/value_type.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/digest.h"
#include "base/image_pattern.h"
#include "base/image_reference.h"
#include "base/quantity.h"
#include "base/regular_expression.h"

namespace hullwright::api {

// string, bool, int64, Decimal, Quantity, Time, Digest, ImagePattern, ImageReference, RegularExpression, map<string, string>:
// value_types.cpp.
template <class T>
const ValueType& ScalarType();
template <>
const ValueType& ScalarType<std::string>();

// Types whose values exist only parsed (no default constructor): lists build their items with this.
template <class T>
std::optional<T> ReadParsed(JsonElement element, const Limits& limits, const Path& path, Decoding& decoding);

// Reads the array with each item, checks the bounds and that nothing stands twice.
void CheckItemCount(std::size_t count, const Limits& limits, const Path& path, Decoding& decoding);
std::string ListWords(const std::string& item, const Limits& limits);
OrderedJson ListSchema(OrderedJson item, const Limits& limits, const Table* item_table);

template <class Enum>
class EnumType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits&, const Path& path, Decoding& decoding) const override {
    std::string_view text;
    if (element.get_string().get(text) != simdjson::SUCCESS) return AddWrongType("string", element, path, decoding);
    for (const auto& entry : WordsOf<Enum>()) {
      if (entry.word != text) continue;
      if (!entry.reserved_because.empty()) {
        return decoding.mistakes.AddUnsupported(path, Quoted(text) + " is " + std::string(entry.reserved_because));
      }
      *static_cast<Enum*>(value) = entry.value;
      return;
    }
    decoding.mistakes.Add(path, "must be one of " + Listed(Allowed()) + ", not " + Quoted(text));
  }
  OrderedJson Encode(const void* value) const override { return WordOf(*static_cast<const Enum*>(value)); }
  bool IsDefault(const void* value, const void* fallback) const override {
    return *static_cast<const Enum*>(value) == *static_cast<const Enum*>(fallback);
  }
  void AppendKey(const void* value, std::string& key) const override { key += WordOf(*static_cast<const Enum*>(value)); }
  OrderedJson Schema(const Limits&, const SchemaContext&) const override {
    OrderedJson words = OrderedJson::array();
    for (const auto& entry : WordsOf<Enum>()) words.push_back(entry.word);
    return {{"type", "string"}, {"enum", std::move(words)}};
  }
  std::string Words(const Limits&) const override { return "one of " + Listed(Allowed()); }
  std::string DefaultWords(const void* fallback) const override { return std::string(WordOf(*static_cast<const Enum*>(fallback))); }
  std::string Note() const override {
    std::string note;
    for (const auto& entry : WordsOf<Enum>()) {
      if (entry.reserved_because.empty()) continue;
      if (!note.empty()) note += " ";
      note += std::string(entry.word) + " is " + std::string(entry.reserved_because) + ".";
    }
    return note;
  }

 private:
  static std::vector<std::string_view> Allowed() {
    std::vector<std::string_view> words;
    for (const auto& entry : WordsOf<Enum>()) {
      if (entry.reserved_because.empty()) words.push_back(entry.word);
    }
    return words;
  }
};

template <class Struct>
class StructType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits&, const Path& path, Decoding& decoding) const override {
    TableOf<Struct>().Decode(element, value, path, decoding);
  }
  OrderedJson Encode(const void* value) const override { return TableOf<Struct>().Encode(value); }
  bool IsDefault(const void* value, const void*) const override { return TableOf<Struct>().IsDefault(value); }
  void AppendKey(const void* value, std::string& key) const override { TableOf<Struct>().AppendKey(value, key); }
  OrderedJson Schema(const Limits&, const SchemaContext& context) const override { return TableOf<Struct>().Schema(context); }
  std::string Words(const Limits&) const override { return "object"; }
  bool is_scalar() const override { return false; }
  const Table* table() const override { return &TableOf<Struct>(); }
};

template <class T>
const ValueType& TypeOf();

template <class T>
class OptionalType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    TypeOf<T>().Decode(element, &static_cast<std::optional<T>*>(value)->emplace(), limits, path, decoding);
  }
  OrderedJson Encode(const void* value) const override { return TypeOf<T>().Encode(&**static_cast<const std::optional<T>*>(value)); }
  bool IsDefault(const void* value, const void*) const override { return !static_cast<const std::optional<T>*>(value)->has_value(); }
  void AppendKey(const void* value, std::string& key) const override {
    const auto& optional = *static_cast<const std::optional<T>*>(value);
    if (optional) TypeOf<T>().AppendKey(&*optional, key);
  }
  OrderedJson Schema(const Limits& limits, const SchemaContext& context) const override { return TypeOf<T>().Schema(limits, context); }
  std::string Words(const Limits& limits) const override { return TypeOf<T>().Words(limits); }
  std::string Note() const override { return TypeOf<T>().Note(); }
  bool is_scalar() const override { return TypeOf<T>().is_scalar(); }
  const Table* table() const override { return TypeOf<T>().table(); }
};

template <class T>
class ListType final : public ValueType {
 public:
  void Decode(JsonElement element, void* value, const Limits& limits, const Path& path, Decoding& decoding) const override {
    JsonArray array;
    if (element.get_array().get(array) != simdjson::SUCCESS) return AddWrongType("array", element, path, decoding);
    std::size_t count = array.size();
    CheckItemCount(count, limits, path, decoding);
    if (count > limits.max_items) return;
    auto& list = *static_cast<std::vector<T>*>(value);
    list.clear();
    list.reserve(count);
    std::size_t mistakes_before = decoding.mistakes.count();
    std::size_t index = 0;
    for (JsonElement item : array) DecodeItem(item, list, limits, Path(path, index++), decoding);
    // Compared only when all items were read: then list and array have the same indexes.
    if (decoding.mistakes.count() == mistakes_before) CheckDistinct(list, limits, path, decoding);
  }
  OrderedJson Encode(const void* value) const override {
    OrderedJson array = OrderedJson::array();
    for (const T& item : *static_cast<const std::vector<T>*>(value)) array.push_back(TypeOf<T>().Encode(&item));
    return array;
  }
  bool IsDefault(const void* value, const void*) const override { return static_cast<const std::vector<T>*>(value)->empty(); }
  void AppendKey(const void* value, std::string& key) const override {
    for (const T& item : *static_cast<const std::vector<T>*>(value)) {
      TypeOf<T>().AppendKey(&item, key);
      key += '\0';
    }
  }
  OrderedJson Schema(const Limits& limits, const SchemaContext& context) const override {
    return ListSchema(TypeOf<T>().Schema(limits, context), limits, table());
  }
  std::string Words(const Limits& limits) const override { return ListWords(TypeOf<T>().Words(limits), limits); }
  std::string Note() const override { return TypeOf<T>().Note(); }
  bool is_scalar() const override { return false; }
  bool is_list() const override { return true; }
  const Table* table() const override { return TypeOf<T>().table(); }

 private:
  static void DecodeItem(JsonElement item, std::vector<T>& list, const Limits& limits, const Path& path, Decoding& decoding) {
    if constexpr (std::is_default_constructible_v<T>) {
      TypeOf<T>().Decode(item, &list.emplace_back(), limits, path, decoding);
    } else {
      if (auto parsed = ReadParsed<T>(item, limits, path, decoding)) list.push_back(*std::move(parsed));
    }
  }

  static void CheckDistinct(const std::vector<T>& list, const Limits& limits, const Path& path, Decoding& decoding) {
    if ((!limits.distinct && limits.keys.empty()) || list.size() < 2) return;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::string key;
      if (limits.distinct) {
        TypeOf<T>().AppendKey(&list[i], key);
      } else {
        TypeOf<T>().table()->AppendKey(&list[i], key, limits.keys);
      }
      if (seen.insert(std::move(key)).second) continue;
      decoding.mistakes.Add(Path(path, i), limits.distinct
                                               ? std::string("stands here twice, every item must differ")
                                               : "every item must have its own " + Listed(limits.keys) + ", an earlier one has the same");
    }
  }
};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};

template <class T, class... Types>
inline constexpr bool kIsOneOf = (std::is_same_v<T, Types> || ...);

// The types that value_types.cpp knows.
template <class T>
inline constexpr bool kIsScalar = kIsOneOf<T, std::string, bool, std::int64_t, Decimal, Quantity, Time, Digest, ImagePattern,
                                           ImageReference, RegularExpression, std::map<std::string, std::string>>;

template <class T>
const ValueType& TypeOf() {
  if constexpr (kIsScalar<T>) {
    return ScalarType<T>();
  } else if constexpr (IsOptional<T>::value) {
    static const OptionalType<typename T::value_type> type;
    return type;
  } else if constexpr (IsList<T>::value) {
    static const ListType<typename T::value_type> type;
    return type;
  } else if constexpr (std::is_enum_v<T>) {
    static const EnumType<T> type;
    return type;
  } else {
    static const StructType<T> type;
    return type;
  }
}

}  // namespace hullwright::api
