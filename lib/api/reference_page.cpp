#include <fmt/format.h>

#include <utility>

#include "api/generate.h"
#include "api/kind.h"

namespace hullwright::api {
namespace {

constexpr std::string_view kHead = R"(# API reference

<!-- Written by `make generate` from the field tables in lib/api. Change those, not this. -->

All kinds belong to `hullwright.dev/v1alpha1`. What this page does not list is refused, with the path of the field and what would be right.

- **Image patterns** (`registry.example/shop/**`): `**` stands for the rest of the name, `*` for characters inside one path segment. They are
  matched on the normalised name, so `nginx`, `docker.io/library/nginx` and its other spellings are one name. A pattern has no tag or digest.
- **Text** is counted in characters and may not be empty where it is needed. **Times** are RFC 3339. **Decimals** are text, like `"9.0"`.
- `null` is no value: leave the field out.
)";

std::string Cell(std::string_view text) {
  std::string cell;
  for (char letter : text) {
    if (letter == '|') cell += '\\';
    cell += letter;
  }
  return cell;
}

struct FieldTables {
  std::string fields, reserved;
};

void AddRows(const Table& table, const std::string& prefix, bool cluster_kind, FieldTables& tables) {
  for (const Row& row : table.rows()) {
    if (row.cluster_kind_only && !cluster_kind) continue;
    std::string path = prefix + std::string(row.name);
    if (row.presence == Presence::kReserved) {
      tables.reserved += fmt::format("| `{}` | {} |\n", path, Cell(row.doc));
      continue;
    }
    std::string fallback = DefaultWords(row, table);
    std::string needed = row.presence == Presence::kRequired ? "required" : fallback.empty() ? "optional" : "default " + fallback;
    std::string meaning = std::string(row.doc) + (row.type->Note().empty() ? "" : " " + row.type->Note());
    tables.fields += fmt::format("| `{}` | {} | {} | {} |\n", path, Cell(row.type->Words(row.limits)), Cell(needed), Cell(meaning));
    if (row.type->table() != nullptr) AddRows(*row.type->table(), path + (row.type->is_list() ? "[]." : "."), cluster_kind, tables);
  }
}

std::string Section(const Kind& kind) {
  std::string text = fmt::format("\n## {}\n\n{}\n\n{}, short name `{}`.\n\n```yaml\n{}```\n", kind.info.kind, kind.doc,
                                 kind.info.namespaced ? "Namespaced" : "Cluster-scoped", kind.short_name, kind.example);
  FieldTables tables;
  for (std::string_view part : {"spec", "status"}) {
    const Row* row = kind.table.Find(part);
    AddRows(*row->type->table(), std::string(part) + ".", !kind.info.namespaced, tables);
  }
  text += "\n| field | value | | meaning |\n|---|---|---|---|\n" + tables.fields;
  if (!tables.reserved.empty()) text += "\nPlanned, and refused until then:\n\n| field | why |\n|---|---|\n" + tables.reserved;
  return text;
}

}  // namespace

GeneratedFile GenerateReference() {
  std::string text(kHead);
  for (const Kind* kind : AllKinds()) text += Section(*kind);
  return {"api.md", std::move(text)};
}

}  // namespace hullwright::api
