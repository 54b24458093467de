#include "policy/cost.h"

#include <algorithm>

namespace hullwright::policy {
namespace {

constexpr std::uint64_t kOfAnyPolicy = 100;
constexpr std::uint64_t kOfExploitation = 20;      // a name read, and looked up among scores and known exploits
constexpr std::uint64_t kOfAskingForWaivers = 50;  // or for VEX statements: a finding that meets an entry, told with who accepts it
constexpr std::uint64_t kOfALookup = 5;            // of a name, beside the comparisons
constexpr std::uint64_t kBytesPerComparison = 10;  // text is read at about a byte a nanosecond

// Each entry with expressions reads the predicates of its type, as strict JSON.
std::uint64_t CostOfPredicates(const Policy& policy, const ImageFacts& image) {
  std::uint64_t bytes = 0;
  for (const api::AttestationRule& rule : policy.object.spec.rules.attestations) {
    if (rule.match_expressions.empty() || !image.trust) continue;
    for (const Verified<Attestation>& attestation : image.trust->attestations)
      if (attestation->predicate && attestation->predicate_type == rule.predicate_type) bytes += attestation->predicate->size();
  }
  return bytes / kBytesPerComparison;
}

// Each license of a scan is compared with each that is forbidden.
std::uint64_t CostOfLicenses(const Policy& policy, const ImageFacts& image) {
  const auto& rules = policy.object.spec.rules.image;
  if (!rules || !rules->licenses) return 0;
  std::uint64_t bytes = 0;
  for (const auto& scan : image.scans)
    for (const api::ScanResult& result : scan->results())
      for (const api::LicenseUse& use : result.licenses) bytes += use.license.size();
  return bytes * rules->licenses->forbidden.size() / kBytesPerComparison;
}

// Of looking a finding up among the exceptions of its namespace and the cluster.
std::uint64_t CostOfWaivers(const PolicySet& policies, const Subject& subject) {
  std::uint64_t cost = 0;
  for (const WaiverIndex* waivers : policies.WaiversFor(subject.namespace_)) cost += kOfALookup + waivers->Comparisons();
  return cost;
}

// Of looking one name of a finding up in the image's VEX documents.
std::uint64_t CostOfVex(const ImageFacts& image) {
  std::uint64_t cost = 0;
  if (!image.trust) return cost;
  for (const Verified<Attestation>& attestation : image.trust->attestations)
    if (attestation->vex) cost += kOfALookup + attestation->vex->Comparisons();
  return cost;
}

// Any finding may meet every entry, and each time it is asked who accepts it.
std::uint64_t CostOfFindings(const Policy& policy, const PolicySet& policies, const Subject& subject, const ImageFacts& image) {
  const api::VulnerabilityRules& rules = *policy.object.spec.rules.vulnerabilities;
  const auto asks_exploitation = [](const api::ForbidEntry& entry) { return entry.min_epss || entry.known_exploited; };
  std::uint64_t of_finding = rules.forbid.size() + rules.scan.scanner_refs.size(), of_name = 0;
  for (const ForbiddenIds& ids : policy.forbidden_ids) of_name += ids.Comparisons();
  if (std::ranges::any_of(rules.forbid, asks_exploitation)) of_name += kOfExploitation;
  const auto waivable = static_cast<std::uint64_t>(std::ranges::count_if(rules.forbid, &api::ForbidEntry::waivable));
  if (rules.waivers || rules.vex) of_finding += waivable * kOfAskingForWaivers;
  if (rules.waivers) of_finding += waivable * CostOfWaivers(policies, subject);
  if (rules.vex) of_name += waivable * CostOfVex(image);
  std::uint64_t findings = 0, names = 0;
  for (const auto& scan : image.scans) {
    findings += scan->size();
    names += scan->name_count();
  }
  return findings * of_finding + names * of_name;
}

}  // namespace

std::uint64_t CostOf(const Policy& policy, const PolicySet& policies, const Subject& subject, const ImageFacts& image) {
  if (!image.reference) return kOfAnyPolicy;
  const std::uint64_t of_other_rules = kOfAnyPolicy + CostOfPredicates(policy, image) + CostOfLicenses(policy, image);
  if (!policy.object.spec.rules.vulnerabilities) return of_other_rules;
  return of_other_rules + CostOfFindings(policy, policies, subject, image);
}

}  // namespace hullwright::policy
