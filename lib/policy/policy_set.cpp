#include "policy/policy_set.h"

#include <algorithm>
#include <utility>

namespace hullwright::policy {
namespace {

std::string Id(std::string_view kind, const api::ObjectMeta& metadata) {
  std::string id(kind);
  if (!metadata.namespace_.empty()) id += "/" + metadata.namespace_;
  return id + "/" + metadata.name;
}

Waiver FromException(api::VulnerabilityException exception) {
  const bool cluster = exception.IsCluster();
  std::string id = Id(cluster ? "ClusterVulnerabilityException" : "VulnerabilityException", exception.metadata);
  return {std::move(id), cluster ? api::WaiverKind::kClusterVulnerabilityException : api::WaiverKind::kVulnerabilityException,
          std::move(exception)};
}

Waiver FromBreakGlass(api::BreakGlass pass) {
  std::string id = Id("BreakGlass", pass.metadata);
  return {std::move(id), api::WaiverKind::kBreakGlass, std::move(pass)};
}

const std::string& NamespaceOf(const Waiver& waiver) {
  return std::visit([](const auto& object) -> const std::string& { return object.metadata.namespace_; }, waiver.object);
}

Policy Prepare(api::ImageAdmissionPolicy object) {
  Policy policy{std::move(object), ""};
  policy.id = PolicyId(policy.object);
  if (const auto& rules = policy.object.spec.rules.vulnerabilities) {
    for (const api::ForbidEntry& entry : rules->forbid) policy.forbidden_ids.emplace_back(entry.ids);
  }
  if (const auto& rules = policy.object.spec.rules.image; rules && rules->licenses)
    policy.forbidden_licenses.emplace(rules->licenses->forbidden);
  return policy;
}

std::vector<Policy> Prepared(std::vector<api::ImageAdmissionPolicy> objects) {
  std::vector<Policy> policies;
  policies.reserve(objects.size());
  for (api::ImageAdmissionPolicy& object : objects) policies.push_back(Prepare(std::move(object)));
  std::ranges::sort(policies, {}, &Policy::id);
  return policies;
}

template <class T>
std::vector<const T*> At(const std::vector<T>& all, const std::vector<CoverageIndex::Position>& positions) {
  std::vector<const T*> found;
  found.reserve(positions.size());
  for (const CoverageIndex::Position position : positions) found.push_back(&all[position]);
  return found;
}

}  // namespace

std::string PolicyId(const api::ImageAdmissionPolicy& policy) {
  return Id(policy.IsCluster() ? "ClusterImageAdmissionPolicy" : "ImageAdmissionPolicy", policy.metadata);
}

PolicySet::PolicySet(PolicySetParts parts)
    : policies_(Prepared(std::move(parts.policies))),
      broken_policies_(std::move(parts.broken_policies)),
      broken_publishers_(std::move(parts.broken_publishers)) {
  std::ranges::sort(broken_policies_, {}, &BrokenPolicy::id);
  std::ranges::sort(broken_publishers_);
  for (CoverageIndex::Position i = 0; i < policies_.size(); ++i)
    policy_index_.Add(i, policies_[i].object.metadata.namespace_, &policies_[i].object.spec.match);
  for (CoverageIndex::Position i = 0; i < broken_policies_.size(); ++i) {
    const BrokenPolicy& broken = broken_policies_[i];
    broken_policy_index_.Add(i, broken.namespace_, broken.match ? &*broken.match : nullptr);
  }
  for (api::TrustedPublisher& publisher : parts.publishers) {
    std::string name = publisher.metadata.name;
    publishers_.insert_or_assign(std::move(name), std::move(publisher));
  }
  AddWaivers(parts);
}

void PolicySet::AddWaivers(PolicySetParts& parts) {
  waivers_.reserve(parts.exceptions.size() + parts.break_glasses.size());
  for (api::VulnerabilityException& exception : parts.exceptions) waivers_.push_back(FromException(std::move(exception)));
  for (api::BreakGlass& pass : parts.break_glasses) waivers_.push_back(FromBreakGlass(std::move(pass)));
  std::ranges::sort(waivers_, {}, &Waiver::id);

  std::vector<const Waiver*> of_cluster;
  std::map<std::string_view, std::vector<const Waiver*>> by_namespace;
  for (const Waiver& waiver : waivers_) {
    if (waiver.kind == api::WaiverKind::kClusterVulnerabilityException) of_cluster.push_back(&waiver);
    // A BreakGlass without a namespace is not possible in the API; here it would count nowhere.
    else if (!NamespaceOf(waiver).empty())
      by_namespace[NamespaceOf(waiver)].push_back(&waiver);
  }
  cluster_waivers_ = WaiverIndex(of_cluster);
  for (const auto& [namespace_, waivers] : by_namespace) namespace_waivers_.emplace(namespace_, waivers);
}

std::vector<const Policy*> PolicySet::Candidates(const Subject& subject, const ImageReference* reference) const {
  return At(policies_, policy_index_.Find(subject, reference));
}

std::vector<const BrokenPolicy*> PolicySet::BrokenCandidates(const Subject& subject, const ImageReference* reference) const {
  return At(broken_policies_, broken_policy_index_.Find(subject, reference));
}

const Policy* PolicySet::FindPolicy(std::string_view id) const {
  const auto at = std::ranges::lower_bound(policies_, id, {}, &Policy::id);
  return at == policies_.end() || at->id != id ? nullptr : &*at;
}

const api::TrustedPublisher* PolicySet::FindPublisher(std::string_view name) const {
  const auto at = publishers_.find(name);
  return at == publishers_.end() ? nullptr : &at->second;
}

bool PolicySet::IsBrokenPublisher(std::string_view name) const {
  return std::ranges::binary_search(broken_publishers_, name);
}

std::array<const WaiverIndex*, 2> PolicySet::WaiversFor(std::string_view namespace_) const {
  static const WaiverIndex kNone;
  const auto at = namespace_waivers_.find(namespace_);
  return {at == namespace_waivers_.end() ? &kNone : &at->second, &cluster_waivers_};
}

}  // namespace hullwright::policy
