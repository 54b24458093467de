#include "policy/matching.h"

#include <algorithm>

namespace hullwright::policy {
namespace {

bool IsInScope(std::string_view policy_namespace, const Subject& subject) {
  return policy_namespace.empty() || policy_namespace == subject.namespace_;
}

bool IncludesType(const api::PolicyMatch& match, api::ContainerType type) {
  return match.container_types.empty() || std::ranges::find(match.container_types, type) != match.container_types.end();
}

bool MatchesAny(const std::vector<ImagePattern>& patterns, const ImageReference& image) {
  return std::ranges::any_of(patterns, [&image](const ImagePattern& pattern) { return pattern.Matches(image); });
}

bool IncludesImage(const api::PolicyMatch& match, const Result<ImageReference>& image) {
  if (!image) return true;
  return (match.images.empty() || MatchesAny(match.images, *image)) && !MatchesAny(match.exclude_images, *image);
}

bool IsEmpty(const api::LabelSelector& selector) {
  return selector.match_labels.empty() && selector.match_expressions.empty();
}

Coverage NamespaceCoverage(const api::PolicyMatch& match, const Subject& subject) {
  if (!match.namespace_selector || IsEmpty(*match.namespace_selector)) return Coverage::kYes;
  if (!subject.namespace_labels) return Coverage::kNamespaceUnknown;
  return match.namespace_selector->Matches(*subject.namespace_labels) ? Coverage::kYes : Coverage::kNo;
}

Coverage MatchCoverage(const api::PolicyMatch& match, bool selects_namespaces, const Subject& subject, const ImageFacts& image) {
  if (!IncludesType(match, image.use.type) || !IncludesImage(match, image.reference)) return Coverage::kNo;
  return selects_namespaces ? NamespaceCoverage(match, subject) : Coverage::kYes;
}

}  // namespace

Coverage CoverageOf(const api::ImageAdmissionPolicy& policy, const Subject& subject, const ImageFacts& image) {
  if (!IsInScope(policy.metadata.namespace_, subject)) return Coverage::kNo;
  return MatchCoverage(policy.spec.match, policy.IsCluster(), subject, image);
}

bool MayCover(const BrokenPolicy& policy, const Subject& subject, const ImageFacts& image) {
  if (!IsInScope(policy.namespace_, subject)) return false;
  if (!policy.match) return true;
  return MatchCoverage(*policy.match, policy.namespace_.empty(), subject, image) != Coverage::kNo;
}

}  // namespace hullwright::policy
