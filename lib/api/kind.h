// A kind of the group as decoder and generators see it: its names, the table of its fields, and what belongs to the kind and not to a
// field. One per file of a kind.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "api/field_table.h"
#include "api/object.h"

namespace hullwright::api {

struct PrinterColumn {
  std::string_view name, type, json_path, description;
};

struct Kind {
  KindInfo info;
  std::string_view short_name;
  std::string_view doc;                 // some sentences for the reference page and `kubectl explain`
  std::string_view example;             // YAML; a test decodes it
  std::vector<PrinterColumn> columns;   // without AGE, which all have
  std::vector<CelRule> cel_rules = {};  // of this twin only; the others are in the tables
  const Table& table;                   // of the whole object
  // What it gives is meaningless when there are mistakes.
  std::function<Object(JsonElement, const Kind&, Mistakes&)> decode;
};

template <class Struct>
Object DecodeAs(JsonElement element, const Kind& kind, Mistakes& mistakes) {
  Decoding decoding{mistakes, !kind.info.namespaced, kind.info.kind};
  Struct object{};
  TableOf<Struct>().Decode(element, &object, Path(), decoding);
  return Object(std::move(object));
}

// In the order of Kinds().
const std::vector<const Kind*>& AllKinds();
const Kind* FindKind(std::string_view kind);

const Kind& ClusterImageAdmissionPolicyKind();
const Kind& ImageAdmissionPolicyKind();
const Kind& TrustedPublisherKind();
const Kind& TrustRootKind();
const Kind& RegistryKind();
const Kind& VulnerabilityExceptionKind();
const Kind& ClusterVulnerabilityExceptionKind();
const Kind& BreakGlassKind();
const Kind& ImageScanKind();

}  // namespace hullwright::api
