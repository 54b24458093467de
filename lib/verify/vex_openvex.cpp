// OpenVEX (openvex/spec: OPENVEX-SPEC.md, ATTESTING.md). Before 0.2.0 vulnerabilities, products and subcomponents were strings, and the
// subcomponents stood beside the products.
#include <fmt/format.h>

#include "base/text.h"
#include "verify/limits.h"
#include "verify/vex_formats.h"

namespace hullwright::verify {
namespace {

using policy::VexImage;
using policy::VexPackage;
using policy::VexProduct;
using policy::VexStatement;
using policy::VexStatus;

constexpr std::string_view kOpenVexContext = "https://openvex.dev/ns";

// What an entry of products or subcomponents is called, in the order in which it is asked.
struct VexIds {
  std::string id, purl, sha256;
};

Checked<VexIds> VexIdsOf(JsonElement element, const std::string& where) {
  VexIds names;
  if (element.is_string()) {
    if (auto stored = Store(VexName(element, where), names.id); !stored) return std::unexpected(stored.error());
    return names;
  }
  const auto entry = JsonFields::Of(element, where);
  if (!entry) return std::unexpected(entry.error());
  if (entry->Has("@id"))
    if (auto stored = Store(VexName(*entry, "@id"), names.id); !stored) return std::unexpected(stored.error());
  if (entry->Has("identifiers")) {
    const auto identifiers = entry->Object("identifiers");
    if (!identifiers) return std::unexpected(identifiers.error());
    if (identifiers->Has("purl"))
      if (auto stored = Store(VexName(*identifiers, "purl"), names.purl); !stored) return std::unexpected(stored.error());
  }
  if (entry->Has("hashes")) {
    const auto hashes = entry->Object("hashes");
    if (!hashes) return std::unexpected(hashes.error());
    if (hashes->Has("sha-256"))
      if (auto stored = Store(VexName(*hashes, "sha-256"), names.sha256); !stored) return std::unexpected(stored.error());
  }
  return names;
}

VexImage VexImageOf(const VexIds& names) {
  for (const std::string* name : {&names.id, &names.purl}) {
    VexImage image = VexImage::Parse(*name);
    if (image.kind == VexImage::Kind::kNamed) return image;
  }
  VexImage image = VexImage::Parse("");
  const auto digest = Digest::Parse("sha256:" + LowerCase(names.sha256));
  if (!digest) return image;
  image.kind = VexImage::Kind::kNamed;
  image.digest = *digest;
  return image;
}

VexPackage VexPackageOf(const VexIds& names) {
  VexPackage package = VexPackage::Parse(names.id);
  return package.url ? package : VexPackage::Parse(names.purl);
}

Checked<void> ReadSubcomponents(const JsonFields& owner, VexStatements& statements, std::vector<VexPackage>& packages) {
  const auto list = owner.List("subcomponents", limits::kVexProducts);
  if (!list) return std::unexpected(list.error());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto names = VexIdsOf((*list)[i], VexPlace("subcomponents", i) + " of " + owner.where());
    if (!names) return std::unexpected(names.error());
    if (auto room = statements.TakeRoom(); !room) return room;
    packages.push_back(VexPackageOf(*names));
  }
  return {};
}

Checked<VexProduct> ReadProduct(JsonElement element, const std::string& where, VexStatements& statements) {
  const auto names = VexIdsOf(element, where);
  if (!names) return std::unexpected(names.error());
  if (auto room = statements.TakeRoom(); !room) return std::unexpected(room.error());
  VexProduct product{VexImageOf(*names)};
  if (!element.is_object()) return product;
  if (auto read = ReadSubcomponents(*JsonFields::Of(element, where), statements, product.packages); !read)
    return std::unexpected(read.error());
  return product;
}

// Without products a statement is about what the document is attached to.
Checked<void> ReadProducts(const JsonFields& fields, VexStatements& statements, VexStatement& statement) {
  const auto list = fields.List("products", limits::kVexProducts);
  if (!list) return std::unexpected(list.error());
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto product = ReadProduct((*list)[i], VexPlace("products", i) + " of " + fields.where(), statements);
    if (!product) return std::unexpected(product.error());
    statement.products.push_back(std::move(*product));
  }
  if (statement.products.empty()) statement.products.emplace_back();
  std::vector<VexPackage> beside;
  if (auto read = ReadSubcomponents(fields, statements, beside); !read) return read;
  for (VexProduct& product : statement.products) {
    if (!product.packages.empty()) continue;
    for (std::size_t i = 0; i < beside.size(); ++i)
      if (auto room = statements.TakeRoom(); !room) return room;
    product.packages = beside;
  }
  return {};
}

Checked<void> ReadOpenVexNames(const JsonFields& fields, VexStatement& statement) {
  const auto vulnerability = fields.Find("vulnerability");
  if (!vulnerability) return Reject(Step::kStructure, fields.where() + " names no vulnerability");
  if (vulnerability->is_string()) return Store(VexName(fields, "vulnerability"), statement.names.emplace_back());
  const auto object = fields.Object("vulnerability");
  if (!object) return std::unexpected(object.error());
  if (auto stored = Store(VexName(*object, "name"), statement.names.emplace_back()); !stored) return stored;
  const auto aliases = object->List("aliases", limits::kVexNames - 1);
  if (!aliases) return std::unexpected(aliases.error());
  for (std::size_t i = 0; i < aliases->size(); ++i) {
    auto stored = Store(VexName((*aliases)[i], VexPlace("aliases", i) + " of " + object->where()), statement.names.emplace_back());
    if (!stored) return stored;
  }
  return {};
}

Checked<VexStatus> VexStatusOf(const JsonFields& fields) {
  const auto word = fields.Text("status");
  if (!word) return std::unexpected(word.error());
  for (const VexStatus status : {VexStatus::kFixed, VexStatus::kNotAffected, VexStatus::kUnderInvestigation, VexStatus::kAffected})
    if (policy::ToString(status) == *word) return status;
  return Reject(Step::kStructure,
                fmt::format("\"status\" of {} is \"{}\", and must be one of not_affected, affected, fixed, under_investigation",
                            fields.where(), Printable(*word, 32)));
}

// Section "Status Justifications": not_affected needs one of the words, or else an impact statement.
void CheckReason(const JsonFields& fields, VexStatement& statement) {
  if (!IsVexJustification(statement.justification)) {
    if (statement.text.empty() && statement.status == VexStatus::kNotAffected)
      statement.defect =
          fmt::format("{} says not_affected without a justification of the specification or an impact_statement", fields.where());
    statement.justification.clear();
  }
}

Checked<VexStatement> ReadOpenVexStatement(const JsonFields& fields, const std::optional<Time>& of_document, VexStatements& statements) {
  VexStatement statement;
  if (auto read = ReadOpenVexNames(fields, statement); !read) return std::unexpected(read.error());
  if (auto read = Store(VexStatusOf(fields), statement.status); !read) return std::unexpected(read.error());
  if (auto read = Store(VexText(fields, "justification"), statement.justification); !read) return std::unexpected(read.error());
  if (auto read = Store(VexText(fields, "impact_statement"), statement.text); !read) return std::unexpected(read.error());
  if (auto read = Store(OptionalTime(fields, "timestamp"), statement.timestamp); !read) return std::unexpected(read.error());
  if (!statement.timestamp) statement.timestamp = of_document;
  if (auto read = ReadProducts(fields, statements, statement); !read) return std::unexpected(read.error());
  CheckReason(fields, statement);
  return statement;
}

}  // namespace

Checked<policy::VexDocument> DecodeOpenVex(const JsonFields& document) {
  if (document.Has("@context")) {
    const auto context = document.Text("@context");
    if (!context) return std::unexpected(context.error());
    if (!context->starts_with(kOpenVexContext))
      return Reject(Step::kUnsupported,
                    fmt::format("@context is \"{}\", and must begin with {}", Printable(*context, 64), kOpenVexContext));
  }
  const auto time = OptionalTime(document, "timestamp");
  if (!time) return std::unexpected(time.error());
  const auto list = document.List("statements", limits::kVexStatements);
  if (!list) return std::unexpected(list.error());
  VexStatements statements;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto fields = JsonFields::Of((*list)[i], VexPlace("statements", i));
    if (!fields) return std::unexpected(fields.error());
    auto statement = ReadOpenVexStatement(*fields, *time, statements);
    if (!statement) return std::unexpected(statement.error());
    if (auto added = statements.Add(std::move(*statement)); !added) return std::unexpected(added.error());
  }
  return policy::VexDocument("OpenVEX", statements.Take());
}

}  // namespace hullwright::verify
