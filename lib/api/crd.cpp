#include <fmt/format.h>

#include "api/generate.h"
#include "api/kind.h"

namespace hullwright::api {
namespace {

constexpr std::string_view kHeader = "# Written by `make generate` from the field tables in lib/api. Change those, not this.\n";

// Block style, with every text in double quotes as JSON writes it: YAML reads JSON's quoted text as it is.
void WriteYaml(const OrderedJson& value, std::size_t indent, std::string& out);

void WriteMember(const std::string& key, const OrderedJson& value, std::size_t indent, std::string& out) {
  out += key + ":";
  bool nested = value.is_structured() && !value.empty();
  if (!nested) {
    out += " " + value.dump() + "\n";
    return;
  }
  out += "\n";
  std::size_t deeper = value.is_array() ? indent : indent + 2;
  out.append(deeper, ' ');
  WriteYaml(value, deeper, out);
}

// The cursor stands at indent already.
void WriteYaml(const OrderedJson& value, std::size_t indent, std::string& out) {
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out.append(indent, ' ');
    first = false;
    if (value.is_object()) {
      WriteMember(key, item, indent, out);
      continue;
    }
    out += "- ";
    if (item.is_object() && !item.empty()) {
      WriteYaml(item, indent + 2, out);
    } else {
      out += item.dump() + "\n";
    }
  }
}

OrderedJson Validations(const std::vector<CelRule>& of_table, const std::vector<CelRule>& of_kind) {
  OrderedJson rules = OrderedJson::array();
  for (const auto* list : {&of_table, &of_kind}) {
    for (const CelRule& rule : *list) rules.push_back({{"rule", rule.rule}, {"message", rule.message}});
  }
  return rules;
}

// metadata is Kubernetes' own; spec lets unknown fields through to our webhook; status is written by us.
OrderedJson RootSchema(const Kind& kind) {
  OrderedJson properties = OrderedJson::object();
  for (const Row& row : kind.table.rows()) {
    OrderedJson field = {{"description", Describe(row, kind.table)}};
    if (row.name == "metadata") {
      field = {{"type", "object"}};  // the API server allows nothing else of it
    } else if (row.presence == Presence::kUnread) {
      field["type"] = "string";
    } else {
      field.update(row.type->Schema(row.limits, {.cluster_kind = !kind.info.namespaced, .preserve_unknown = row.name == "spec"}));
    }
    properties[std::string(row.name)] = std::move(field);
  }
  OrderedJson schema = {{"description", kind.doc}, {"type", "object"}, {"required", {"spec"}}};
  OrderedJson rules = Validations(kind.table.cel_rules(), kind.cel_rules);
  if (!rules.empty()) schema["x-kubernetes-validations"] = std::move(rules);
  schema["properties"] = std::move(properties);
  return schema;
}

OrderedJson Columns(const Kind& kind) {
  OrderedJson columns = OrderedJson::array();
  for (const PrinterColumn& column : kind.columns) {
    columns.push_back({{"name", column.name}, {"type", column.type}, {"jsonPath", column.json_path}, {"description", column.description}});
  }
  columns.push_back({{"name", "Age"}, {"type", "date"}, {"jsonPath", ".metadata.creationTimestamp"}});
  return columns;
}

OrderedJson Names(const Kind& kind) {
  return {{"kind", kind.info.kind},         {"listKind", kind.info.kind + "List"}, {"plural", kind.info.plural},
          {"singular", kind.info.singular}, {"shortNames", {kind.short_name}},     {"categories", {"hullwright"}}};
}

OrderedJson Definition(const Kind& kind) {
  OrderedJson version = {{"name", kVersion},
                         {"served", true},
                         {"storage", true},
                         {"subresources", {{"status", OrderedJson::object()}}},
                         {"additionalPrinterColumns", Columns(kind)},
                         {"schema", {{"openAPIV3Schema", RootSchema(kind)}}}};
  OrderedJson spec = {{"group", kGroup},
                      {"names", Names(kind)},
                      {"scope", kind.info.namespaced ? "Namespaced" : "Cluster"},
                      {"conversion", {{"strategy", "None"}}}};
  spec["versions"].push_back(std::move(version));
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", fmt::format("{}.{}", kind.info.plural, kGroup)}}},
          {"spec", std::move(spec)}};
}

}  // namespace

std::vector<GeneratedFile> GenerateCrds() {
  std::vector<GeneratedFile> files;
  for (const Kind* kind : AllKinds()) {
    GeneratedFile file{fmt::format("{}.{}.yaml", kind->info.plural, kGroup), std::string(kHeader)};
    WriteYaml(Definition(*kind), 0, file.text);
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace hullwright::api
