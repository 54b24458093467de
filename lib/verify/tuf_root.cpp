#include "verify/tuf_root.h"

#include <fmt/format.h>

#include <utility>

namespace hullwright::verify {
namespace {

Checked<TufRoot> Parse(std::string_view json) {
  JsonReader reader;
  auto document = ReadTufDocument(reader, json, "root");
  if (!document) return std::unexpected(document.error());
  const JsonFields& part = document->signed_part;
  TufRoot root{std::move(document->metadata), false, {}, {}, {}, {}};
  const auto consistent = part.Find("consistent_snapshot");
  if (consistent && consistent->get(root.consistent_snapshot) != simdjson::SUCCESS) {
    return Reject(Step::kStructure, "consistent_snapshot of the root metadata is no boolean");
  }
  const auto keys = ReadTufKeys(part);
  if (!keys) return std::unexpected(keys.error());
  const auto roles = part.Object("roles");
  if (!roles) return std::unexpected(roles.error());
  const std::pair<std::string_view, TufRole*> wanted[] = {
      {"root", &root.root}, {"timestamp", &root.timestamp}, {"snapshot", &root.snapshot}, {"targets", &root.targets}};
  for (const auto& [name, place] : wanted) {
    if (const auto read = Store(ReadTufRole(*roles, name, *keys), *place); !read) return std::unexpected(read.error());
  }
  return root;
}

}  // namespace

Checked<TufRoot> TufRoot::ParseTrusted(std::string_view json) {
  auto root = Parse(json);
  if (!root) return root;
  if (const auto own = RequireRole(root->metadata, root->root); !own) return std::unexpected(own.error());
  return root;
}

Checked<TufRoot> TufRoot::Successor(std::string_view json) const {
  auto next = Parse(json);
  if (!next) return next;
  if (next->metadata.version != metadata.version + 1) {
    return Reject(Step::kTrustRoot,
                  fmt::format("version {} of the root metadata does not follow version {}", next->metadata.version, metadata.version));
  }
  if (const auto by_previous = RequireRole(next->metadata, root); !by_previous) return std::unexpected(by_previous.error());
  if (const auto by_itself = RequireRole(next->metadata, next->root); !by_itself) return std::unexpected(by_itself.error());
  return next;
}

}  // namespace hullwright::verify
