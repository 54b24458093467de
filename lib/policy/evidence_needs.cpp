#include "policy/evidence_needs.h"

#include "policy/matching.h"
#include "policy/rules_image.h"

namespace hullwright::policy {
namespace {

// Whether the signatures of this publisher could count for the image.
bool IsAsked(const PolicySet& policies, const std::string& name, const ImageReference& image) {
  const api::TrustedPublisher* publisher = policies.FindPublisher(name);
  return publisher != nullptr && publisher->spec.verification == api::PublisherVerification::kSignature && publisher->Covers(image);
}

void AddAttestations(const PolicySet& policies, const api::PolicyRules& rules, const ImageReference& image, EvidenceNeeds& needs) {
  for (const api::AttestationRule& rule : rules.attestations) {
    for (const api::NameRef& ref : rule.publisher_refs) {
      if (!IsAsked(policies, ref.name, image)) continue;
      needs.attesters.insert(ref.name);
      needs.predicate_types.insert(rule.predicate_type);
    }
  }
}

void AddImageRules(const api::ImageRules& rules, EvidenceNeeds& needs) {
  const bool schedulable = rules.platforms == api::PlatformRule::kSchedulable;
  needs.base_images = rules.base_images && rules.base_images->proof == api::BaseImageProof::kLayers;
  needs.configurations =
      rules.base_images || rules.max_age_days || rules.max_size || rules.max_layers || rules.non_root == api::UserRule::kNonRoot;
  needs.every_platform = schedulable;
  needs.manifests = needs.configurations || schedulable;
}

bool AsksScansOrDigest(const api::PolicyRules& rules) {
  const api::DigestRule digest = rules.reference.value_or(api::ReferenceRules{}).digest;
  const bool asks_scans = rules.vulnerabilities || (rules.image && AsksScans(*rules.image));
  return digest == api::DigestRule::kPinned || asks_scans;
}

EvidenceNeeds NeedsOfPolicy(const PolicySet& policies, const Policy& policy, const ImageReference& image) {
  const api::PolicyRules& rules = policy.object.spec.rules;
  EvidenceNeeds needs;
  if (rules.publishers) {
    for (const api::NameRef& ref : rules.publishers->refs)
      if (IsAsked(policies, ref.name, image)) needs.publishers.insert(ref.name);
  }
  AddAttestations(policies, rules, image, needs);
  if (rules.vulnerabilities && rules.vulnerabilities->vex) {
    for (const api::NameRef& ref : rules.vulnerabilities->vex->publisher_refs)
      if (IsAsked(policies, ref.name, image)) needs.vex_publishers.insert(ref.name);
  }
  if (rules.image) AddImageRules(*rules.image, needs);
  needs.resolution = !image.digest && (needs.any() || AsksScansOrDigest(rules));
  return needs;
}

}  // namespace

void EvidenceNeeds::Add(EvidenceNeeds other) {
  resolution |= other.resolution;
  publishers.merge(other.publishers);
  attesters.merge(other.attesters);
  predicate_types.merge(other.predicate_types);
  vex_publishers.merge(other.vex_publishers);
  manifests |= other.manifests;
  configurations |= other.configurations;
  base_images |= other.base_images;
  every_platform |= other.every_platform;
}

EvidenceNeeds NeedsOf(const PolicySet& policies, const Subject& subject, const ImageFacts& image) {
  EvidenceNeeds needs;
  if (!image.reference) return needs;
  for (const Policy* policy : policies.Candidates(subject, &*image.reference)) {
    if (CoverageOf(policy->object, subject, image) == Coverage::kYes) needs.Add(NeedsOfPolicy(policies, *policy, *image.reference));
  }
  return needs;
}

}  // namespace hullwright::policy
