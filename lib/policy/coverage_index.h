// An index over what policies cover: which of thousands may cover one image, without asking each.
//
//   scope (cluster or one namespace) → a label the namespace selector demands → the literal prefix of an image pattern → positions
//
// An image is looked up under each prefix of its name ("host", "host/a", "host/a/b") and each label of its namespace, so that the cost
// grows with the length of the name and the policies found. The index leaves none out that covers; it may give some that do not.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/image_admission_policy.h"
#include "base/image_reference.h"
#include "policy/facts.h"

namespace hullwright::policy {

// Immutable once filled; then thread-safe.
class CoverageIndex {
 public:
  using Position = std::uint32_t;

  // namespace_: "" for the cluster kind. match: nullptr covers everything in its scope.
  void Add(Position position, std::string_view namespace_, const api::PolicyMatch* match);

  // Ascending, without doubles. reference: nullptr for every policy in scope.
  std::vector<Position> Find(const Subject& subject, const ImageReference* reference) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  // By literal prefix; the patterns that begin with no literal are under "".
  using ByPrefix = ByText<std::vector<Position>>;
  struct Scope {
    ByPrefix any_namespace;     // no label demanded that could be indexed
    ByText<ByPrefix> by_label;  // "key\nvalue" of a demanded label
  };

  static void FindByPrefix(const ByPrefix& index, std::string_view name, bool has_name, std::vector<Position>& found);
  static void FindInScope(const Scope& scope, const Subject& subject, std::string_view name, bool has_name, std::vector<Position>& found);

  Scope cluster_;
  ByText<Scope> namespaces_;
};

}  // namespace hullwright::policy
