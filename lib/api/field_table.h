// The words in which the field tables of the kinds are written. A field of a CRD exists in one place, its row here:
//
//   template <>
//   const Table& TableOf<PolicyEnforcement>() {
//     static const StructTable<PolicyEnforcement> table({
//         Field<&PolicyEnforcement::new_images>("newImages", "What a Pod with a new image meets.").Required(),
//         Field<&PolicyEnforcement::admitted_hours>("admittedHours", "…").Between(1, 8760),
//         Reserved("graceHours", kReservedBecause),
//     });
//     table…
//
// The type of the member decides how it stands in JSON (value_types.h). A struct's table stands above the tables that use it.
#pragma once

#include <utility>

#include "api/table.h"
#include "api/value_types.h"

namespace hullwright::api {

template <class Member>
struct MemberOf;
template <class Struct, class T>
struct MemberOf<T Struct::*> {
  using Owner = Struct;
  using Type = T;
};

// name as in JSON; doc in full sentences.
template <auto Pointer>
Row Field(std::string_view name, std::string_view doc) {
  using Owner = typename MemberOf<decltype(Pointer)>::Owner;
  using Type = typename MemberOf<decltype(Pointer)>::Type;
  Row row;
  row.name = name;
  row.doc = doc;
  row.type = &TypeOf<Type>();
  row.member = [](void* object) -> void* { return &(static_cast<Owner*>(object)->*Pointer); };
  return row;
}

inline Row Unread(std::string_view name, std::string_view doc) {
  Row row;
  row.name = name;
  row.doc = doc;
  row.presence = Presence::kUnread;
  return row;
}

// A field of the plan that this version cannot enforce: refused with that reason, never ignored.
inline Row Reserved(std::string_view name, std::string_view because) {
  Row row;
  row.name = name;
  row.doc = because;
  row.presence = Presence::kReserved;
  return row;
}

template <class Struct>
class StructTable final : public Table {
 public:
  explicit StructTable(std::vector<Row> rows) : Table(std::move(rows), &Fallback()) {}

  // Runs after the fields were read, also when some were wrong: works out derived defaults and tells impossible combinations.
  StructTable&& Check(void (*check)(Struct&, const Given&)) && {
    check_ = [check](void* object, const Given& given) { check(*static_cast<Struct*>(object), given); };
    return std::move(*this);
  }
  StructTable&& Cel(std::string_view rule, std::string_view message) && {
    cel_rules_.push_back({rule, message});
    return std::move(*this);
  }
  // Fields without a row belong to somebody else and are left alone.
  StructTable&& Foreign() && {
    foreign_ = true;
    return std::move(*this);
  }

 private:
  static const Struct& Fallback() {
    static const Struct fallback{};
    return fallback;
  }
};

}  // namespace hullwright::api
