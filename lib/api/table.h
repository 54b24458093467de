// The fields of one struct as rows: what decoder, encoder, CRD and reference page are made from. Tables are written with the words of
// field_table.h.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "api/value_type.h"

namespace hullwright::api {

enum class Presence {
  kRequired,
  kOptional,  // absent: as in a default-constructed struct
  kDerived,   // absent: the struct's check works it out from other fields
  kUnread,    // belongs there, but is not ours to read (apiVersion, kind)
  kReserved,  // planned; refused, since this version cannot enforce it
};

struct Row {
  std::string_view name;
  std::string_view doc;  // one or two full sentences; of a reserved row why it is refused
  Presence presence = Presence::kOptional;
  std::string_view derived_from;  // words of a derived default
  Limits limits;
  const ValueType* type = nullptr;          // nullptr: kUnread, kReserved
  void* (*member)(void* object) = nullptr;  // address of the member
  bool cluster_kind_only = false;
  bool lenient = false;  // what does not decode is left out: a newer version may have written it
  bool written = false;  // encoded even where it is the default, because a check asks whether it was given

  Row& Required() { return presence = Presence::kRequired, *this; }
  Row& Derived(std::string_view from) { return presence = Presence::kDerived, derived_from = from, *this; }
  Row& Items(std::size_t min, std::size_t max) { return limits.min_items = min, limits.max_items = max, *this; }
  Row& Length(std::size_t min, std::size_t max) { return limits.min_length = min, limits.max_length = max, *this; }
  Row& Between(std::int64_t min, std::int64_t max) { return limits.min = min, limits.max = max, *this; }
  Row& Format(const TextFormat& format) { return limits.format = &format, *this; }
  Row& KeyFormat(const TextFormat& format) { return limits.key_format = &format, *this; }
  Row& Distinct() { return limits.distinct = true, *this; }
  Row& DistinctBy(std::vector<std::string_view> keys) { return limits.keys = std::move(keys), *this; }
  Row& ClusterKindOnly() { return cluster_kind_only = true, *this; }
  Row& Lenient() { return lenient = true, *this; }
  Row& Written() { return written = true, *this; }

  const void* Member(const void* object) const { return member(const_cast<void*>(object)); }
};

// What stood in the object, for checks over several fields.
class Given {
 public:
  Given(const Table& table, std::uint64_t seen, std::uint64_t good, const Path& path, Decoding& decoding)
      : table_(table), seen_(seen), good_(good), path_(path), decoding_(decoding) {}

  bool Has(std::string_view field) const;      // it was written, right or wrong
  bool HasGood(std::string_view field) const;  // it was written and decoded without mistake
  bool cluster_kind() const { return decoding_.cluster_kind; }

  // field may be several levels deep ("metadata.name"), "" for the object itself.
  void Mistake(std::string_view field, std::string_view what) const;
  // For unions by discriminator: of the members the one that goes with it must be there, and no other.
  void RequireOnly(std::string_view member, std::initializer_list<std::string_view> members, std::string_view because) const;
  // Exactly one of them must be there.
  void RequireOneOf(std::initializer_list<std::string_view> members) const;
  void MistakeInItem(std::string_view list, std::size_t index, std::string_view field, std::string_view what) const;

 private:
  bool Marked(std::uint64_t marks, std::string_view field) const;

  const Table& table_;
  std::uint64_t seen_, good_;
  const Path& path_;
  Decoding& decoding_;
};

// A CEL validation of the CRD (x-kubernetes-validations).
struct CelRule {
  std::string_view rule, message;
};

class Table {
 public:
  Table(std::vector<Row> rows, const void* fallback);

  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<CelRule>& cel_rules() const { return cel_rules_; }
  const Row* Find(std::string_view name) const;
  const void* fallback() const { return fallback_; }  // a default-constructed struct

  void Decode(JsonElement element, void* object, const Path& path, Decoding& decoding) const;
  OrderedJson Encode(const void* object) const;
  bool IsDefault(const void* object) const;
  void AppendKey(const void* object, std::string& key, const std::vector<std::string_view>& fields = {}) const;  // no fields: all

  OrderedJson Schema(const SchemaContext& context) const;

 protected:
  std::function<void(void*, const Given&)> check_;
  std::vector<CelRule> cel_rules_;
  bool foreign_ = false;  // fields we do not know, and nulls, are somebody else's and left alone

 private:
  // The row of a name; hint is where it is likely to be.
  std::size_t IndexOf(std::string_view name, std::size_t hint) const;
  void AddUnknown(std::string_view name, const Path& path, Decoding& decoding) const;
  bool DecodeField(const Row& row, JsonElement element, void* object, const Path& path, Decoding& decoding) const;

  std::vector<Row> rows_;
  const void* fallback_;
  std::uint64_t required_ = 0;
};

// Doc sentence, type's note and default of a row, as the CRD's description says them.
std::string Describe(const Row& row, const Table& table);
// The value a field has when it is absent, "" where there is none to speak of.
std::string DefaultWords(const Row& row, const Table& table);

}  // namespace hullwright::api
