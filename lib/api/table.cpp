#include "api/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace hullwright::api {
namespace {

constexpr std::size_t kNoRow = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxListedFields = 14;

std::uint64_t Bit(std::size_t index) {
  return std::uint64_t{1} << index;
}

}  // namespace

bool Given::Marked(std::uint64_t marks, std::string_view field) const {
  const Row* row = table_.Find(field);
  assert(row != nullptr && "a check asks for a field without a row");
  return (marks & Bit(static_cast<std::size_t>(row - table_.rows().data()))) != 0;
}

bool Given::Has(std::string_view field) const {
  return Marked(seen_, field);
}

bool Given::HasGood(std::string_view field) const {
  return Marked(good_, field);
}

void Given::Mistake(std::string_view field, std::string_view what) const {
  decoding_.mistakes.Add(field.empty() ? path_ : Path(path_, field), what);
}

void Given::MistakeInItem(std::string_view list, std::size_t index, std::string_view field, std::string_view what) const {
  Path list_path(path_, list);
  Path item_path(list_path, index);
  decoding_.mistakes.Add(field.empty() ? item_path : Path(item_path, field), what);
}

void Given::RequireOnly(std::string_view member, std::initializer_list<std::string_view> members, std::string_view because) const {
  for (std::string_view each : members) {
    if (each == member && !Has(each)) Mistake(each, fmt::format("is required with {}", because));
    if (each != member && Has(each)) Mistake(each, fmt::format("must be left out with {}", because));
  }
}

void Given::RequireOneOf(std::initializer_list<std::string_view> members) const {
  const auto given = std::ranges::count_if(members, [&](std::string_view member) { return Has(member); });
  if (given == 1) return;
  Mistake("", fmt::format("needs exactly one of {}, not {}", Listed(members), given));
}

Table::Table(std::vector<Row> rows, const void* fallback) : rows_(std::move(rows)), fallback_(fallback) {
  assert(rows_.size() <= 64 && "the marks of Decode are 64 bits");
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].presence == Presence::kRequired) required_ |= Bit(i);
  }
}

const Row* Table::Find(std::string_view name) const {
  auto found = std::ranges::find(rows_, name, &Row::name);
  return found == rows_.end() ? nullptr : &*found;
}

std::size_t Table::IndexOf(std::string_view name, std::size_t hint) const {
  for (std::size_t i = hint; i < rows_.size(); ++i) {
    if (rows_[i].name == name) return i;
  }
  for (std::size_t i = 0; i < std::min(hint, rows_.size()); ++i) {
    if (rows_[i].name == name) return i;
  }
  return kNoRow;
}

void Table::AddUnknown(std::string_view name, const Path& path, Decoding& decoding) const {
  std::vector<std::string_view> known;
  for (const Row& row : rows_) {
    if (row.presence != Presence::kReserved && (!row.cluster_kind_only || decoding.cluster_kind)) known.push_back(row.name);
  }
  std::string_view nearest = Nearest(name, known);
  if (!nearest.empty()) return decoding.mistakes.Add(path, fmt::format("unknown field, did you mean {}?", nearest));
  decoding.mistakes.Add(path, known.size() > kMaxListedFields ? "unknown field" : "unknown field, known here are " + Listed(known));
}

bool Table::DecodeField(const Row& row, JsonElement element, void* object, const Path& path, Decoding& decoding) const {
  std::size_t mistakes_before = decoding.mistakes.count();
  if (row.presence == Presence::kReserved) {
    decoding.mistakes.AddUnsupported(path, row.doc);
  } else if (row.cluster_kind_only && !decoding.cluster_kind) {
    decoding.mistakes.Add(path,
                          fmt::format("is for the cluster-scoped twin only: a policy of kind {} covers its own namespace", decoding.kind));
  } else if (row.lenient) {
    Mistakes ignored;
    Decoding lenient{ignored, decoding.cluster_kind, decoding.kind};
    row.type->Decode(element, row.member(object), row.limits, path, lenient);
  } else if (row.presence != Presence::kUnread) {
    row.type->Decode(element, row.member(object), row.limits, path, decoding);
  }
  return decoding.mistakes.count() == mistakes_before;
}

void Table::Decode(JsonElement element, void* object, const Path& path, Decoding& decoding) const {
  JsonObject members;
  if (element.get_object().get(members) != simdjson::SUCCESS) return AddWrongType("object", element, path, decoding);
  std::uint64_t seen = 0, good = 0;
  std::size_t next = 0;
  for (auto [name, value] : members) {
    if (foreign_ && value.is_null()) continue;
    std::size_t index = IndexOf(name, next);
    Path field_path(path, name);
    if (index == kNoRow) {
      if (!foreign_) AddUnknown(name, field_path, decoding);
      continue;
    }
    next = index + 1;
    if ((seen & Bit(index)) != 0) {
      decoding.mistakes.Add(field_path, "is given twice");
      continue;
    }
    seen |= Bit(index);
    if (DecodeField(rows_[index], value, object, field_path, decoding)) good |= Bit(index);
  }
  if ((required_ & ~seen) != 0) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if ((required_ & ~seen & Bit(i)) == 0) continue;
      decoding.mistakes.Add(Path(path, rows_[i].name), "is required: " + rows_[i].type->Words(rows_[i].limits));
    }
  }
  if (check_) check_(object, Given(*this, seen, good, path, decoding));
}

OrderedJson Table::Encode(const void* object) const {
  OrderedJson encoded = OrderedJson::object();
  for (const Row& row : rows_) {
    if (row.type == nullptr) continue;
    const void* value = row.Member(object);
    if (row.presence == Presence::kOptional && !row.written && row.type->IsDefault(value, row.Member(fallback_))) continue;
    encoded[std::string(row.name)] = row.type->Encode(value);
  }
  return encoded;
}

bool Table::IsDefault(const void* object) const {
  return std::ranges::all_of(
      rows_, [&](const Row& row) { return row.type == nullptr || row.type->IsDefault(row.Member(object), row.Member(fallback_)); });
}

void Table::AppendKey(const void* object, std::string& key, const std::vector<std::string_view>& fields) const {
  for (const Row& row : rows_) {
    if (row.type == nullptr || (!fields.empty() && std::ranges::find(fields, row.name) == fields.end())) continue;
    row.type->AppendKey(row.Member(object), key);
    key += '\0';
  }
}

OrderedJson Table::Schema(const SchemaContext& context) const {
  OrderedJson properties = OrderedJson::object();
  OrderedJson required = OrderedJson::array();
  for (const Row& row : rows_) {
    if (row.presence == Presence::kReserved || (row.cluster_kind_only && !context.cluster_kind)) continue;
    OrderedJson field = {{"description", Describe(row, *this)}};
    if (row.presence == Presence::kUnread) {
      field["type"] = "string";
    } else {
      field.update(row.type->Schema(row.limits, context));
    }
    properties[std::string(row.name)] = std::move(field);
    if (row.presence == Presence::kRequired) required.push_back(row.name);
  }
  OrderedJson schema = {{"type", "object"}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (context.preserve_unknown) schema["x-kubernetes-preserve-unknown-fields"] = true;
  for (const CelRule& rule : cel_rules_) {
    schema["x-kubernetes-validations"].push_back({{"rule", rule.rule}, {"message", rule.message}});
  }
  schema["properties"] = std::move(properties);
  return schema;
}

std::string DefaultWords(const Row& row, const Table& table) {
  if (row.presence == Presence::kDerived) return std::string(row.derived_from);
  return row.presence == Presence::kOptional ? row.type->DefaultWords(row.Member(table.fallback())) : "";
}

std::string Describe(const Row& row, const Table& table) {
  std::string text(row.doc);
  if (row.type != nullptr && !row.type->Note().empty()) text += " " + row.type->Note();
  std::string fallback = DefaultWords(row, table);
  if (!fallback.empty()) text += " Default: " + fallback + ".";
  return text;
}

}  // namespace hullwright::api
