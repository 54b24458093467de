#include "policy/coverage_index.h"

#include <algorithm>

namespace hullwright::policy {
namespace {

std::string LabelKey(std::string_view key, std::string_view value) {
  return std::string(key) + '\n' + std::string(value);
}

// Labels of which a namespace must carry at least one for the selector to match; empty when the selector demands none.
std::vector<std::string> DemandedLabels(const api::PolicyMatch* match) {
  if (match == nullptr || !match->namespace_selector) return {};
  const api::LabelSelector& selector = *match->namespace_selector;
  if (!selector.match_labels.empty()) {
    const auto& [key, value] = *selector.match_labels.begin();
    return {LabelKey(key, value)};
  }
  for (const api::SelectorRequirement& requirement : selector.match_expressions) {
    if (requirement.op != api::SelectorOperator::kIn) continue;
    std::vector<std::string> labels;
    labels.reserve(requirement.values.size());
    for (const std::string& value : requirement.values) labels.push_back(LabelKey(requirement.key, value));
    return labels;
  }
  return {};
}

std::vector<std::string> Prefixes(const api::PolicyMatch* match) {
  if (match == nullptr || match->images.empty()) return {""};
  std::vector<std::string> prefixes;
  prefixes.reserve(match->images.size());
  for (const ImagePattern& pattern : match->images) prefixes.push_back(pattern.literal_prefix());
  return prefixes;
}

void Append(std::vector<CoverageIndex::Position>& found, const std::vector<CoverageIndex::Position>& more) {
  found.insert(found.end(), more.begin(), more.end());
}

}  // namespace

void CoverageIndex::Add(Position position, std::string_view namespace_, const api::PolicyMatch* match) {
  Scope& scope = namespace_.empty() ? cluster_ : namespaces_[std::string(namespace_)];
  const auto add_to = [&](ByPrefix& index) {
    for (const std::string& prefix : Prefixes(match)) index[prefix].push_back(position);
  };
  const bool selects_namespaces = namespace_.empty();  // the namespaced kind has no selector that counts
  const std::vector<std::string> labels = selects_namespaces ? DemandedLabels(match) : std::vector<std::string>();
  if (labels.empty()) add_to(scope.any_namespace);
  for (const std::string& label : labels) add_to(scope.by_label[label]);
}

void CoverageIndex::FindByPrefix(const ByPrefix& index, std::string_view name, bool has_name, std::vector<Position>& found) {
  if (!has_name) {
    for (const auto& [prefix, positions] : index) Append(found, positions);
    return;
  }
  const auto look_up = [&](std::string_view prefix) {
    if (const auto at = index.find(prefix); at != index.end()) Append(found, at->second);
  };
  look_up("");
  for (std::size_t end = name.find('/'); end != std::string_view::npos; end = name.find('/', end + 1)) look_up(name.substr(0, end));
  look_up(name);
}

void CoverageIndex::FindInScope(const Scope& scope, const Subject& subject, std::string_view name, bool has_name,
                                std::vector<Position>& found) {
  FindByPrefix(scope.any_namespace, name, has_name, found);
  if (scope.by_label.empty()) return;
  if (!subject.namespace_labels) {  // any of them may apply
    for (const auto& [label, index] : scope.by_label) FindByPrefix(index, name, has_name, found);
    return;
  }
  for (const auto& [key, value] : *subject.namespace_labels)
    if (const auto at = scope.by_label.find(LabelKey(key, value)); at != scope.by_label.end())
      FindByPrefix(at->second, name, has_name, found);
}

std::vector<CoverageIndex::Position> CoverageIndex::Find(const Subject& subject, const ImageReference* reference) const {
  const std::string name = reference != nullptr ? reference->Name() : std::string();
  std::vector<Position> found;
  FindInScope(cluster_, subject, name, reference != nullptr, found);
  if (const auto at = namespaces_.find(subject.namespace_); at != namespaces_.end())
    FindInScope(at->second, subject, name, reference != nullptr, found);
  std::ranges::sort(found);
  const auto doubles = std::ranges::unique(found);
  found.erase(doubles.begin(), doubles.end());
  return found;
}

}  // namespace hullwright::policy
