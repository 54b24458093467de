// The members of one JSON object, each asked for by name and type; a wrong type, a missing member or an unknown one refuses the document.
// Reads what JsonReader (base/json.h) made, so duplicates, depth and UTF-8 are already checked. Protobuf JSON: null is absent, int64 may
// be a decimal string, bytes are strict standard base64. Source: research section 0.3.
//
// For the .cpp files of this layer. A JsonFields lives no longer than its JsonReader's document.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "verify/failure.h"

namespace hullwright::verify {

// Parses the text within a byte limit. kLimit when it is too large or deep, kParse for everything else.
Checked<JsonElement> ReadJson(JsonReader& reader, std::string_view text, std::size_t max_bytes);

class JsonFields {
 public:
  // where names the object in messages: "the checkpoint". kStructure when it is no object.
  static Checked<JsonFields> Of(JsonElement element, std::string_view where);

  // kStructure when the object has a member that is not named here.
  Checked<void> RefuseOthers(std::initializer_list<std::string_view> known) const;

  bool Has(std::string_view key) const { return Find(key).has_value(); }
  std::optional<JsonElement> Find(std::string_view key) const { return Member(element_, key); }

  // Each: kStructure when the member is absent or of another type; Optional…: nullopt (or "") when absent.
  Checked<std::string_view> Text(std::string_view key) const;
  Checked<std::string_view> OptionalText(std::string_view key) const;
  Checked<std::string> Bytes(std::string_view key) const;  // base64, decoded; may be empty
  Checked<std::int64_t> Integer(std::string_view key) const;
  Checked<Time> Timestamp(std::string_view key) const;  // RFC 3339
  Checked<JsonFields> Object(std::string_view key) const;
  // An absent list is an empty one; more than max entries is kLimit.
  Checked<std::vector<JsonElement>> List(std::string_view key, std::size_t max) const;

  const std::string& where() const { return where_; }
  JsonElement element() const { return element_; }

 private:
  JsonFields(JsonElement element, std::string where) : element_(element), where_(std::move(where)) {}
  std::unexpected<Failure> Wrong(std::string_view key, std::string_view wanted) const;

  JsonElement element_;  // an object
  std::string where_;
};

// Moves a value that was read into its place, or hands the failure on.
template <class T, class U>
Checked<void> Store(Checked<T> read, U& place) {
  if (!read) return std::unexpected(std::move(read.error()));
  place = std::move(*read);
  return {};
}

}  // namespace hullwright::verify
