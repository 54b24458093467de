// All policies, publishers and waivers of a moment, prepared for deciding: immutable, built once per change, shared by all requests.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/break_glass.h"
#include "api/image_admission_policy.h"
#include "api/trusted_publisher.h"
#include "api/vulnerability_exception.h"
#include "policy/coverage_index.h"
#include "policy/facts.h"
#include "policy/forbid.h"
#include "policy/forbidden_licenses.h"
#include "policy/waiver_index.h"

namespace hullwright::policy {

// "ClusterImageAdmissionPolicy/production", "ImageAdmissionPolicy/shop/extra".
std::string PolicyId(const api::ImageAdmissionPolicy& policy);

struct Policy {
  api::ImageAdmissionPolicy object;
  std::string id;                                                      // PolicyId
  std::vector<ForbiddenIds> forbidden_ids = {};                        // of each entry of rules.vulnerabilities.forbid
  std::optional<ForbiddenLicenses> forbidden_licenses = std::nullopt;  // where there is a rules.image.licenses
};

// A policy without a good version. It denies what its match covers; without a readable match, everything in its scope.
struct BrokenPolicy {
  std::string id;
  std::string namespace_;  // "" for the cluster kind
  std::optional<api::PolicyMatch> match;
  std::string error;
};

// What PolicySet is made of.
struct PolicySetParts {
  std::vector<api::ImageAdmissionPolicy> policies;
  std::vector<BrokenPolicy> broken_policies;
  std::vector<api::TrustedPublisher> publishers;
  std::vector<std::string> broken_publishers;  // names
  std::vector<api::VulnerabilityException> exceptions;
  std::vector<api::BreakGlass> break_glasses;
};

// Thread-safe (immutable). Neither copied nor moved: it points into itself.
class PolicySet {
 public:
  explicit PolicySet(PolicySetParts parts);
  PolicySet(const PolicySet&) = delete;
  PolicySet& operator=(const PolicySet&) = delete;

  // The policies that may cover an image, by an index over scope, namespace selectors and the patterns' literal prefixes, so that the
  // cost grows with the policies that match and not with all. Never leaves one out that covers; whether one does is for matching.h to say.
  // In the order of their ids, the cluster kind first. reference: nullptr when the image's reference does not parse: then every policy
  // of the scope.
  std::vector<const Policy*> Candidates(const Subject& subject, const ImageReference* reference) const;
  std::vector<const BrokenPolicy*> BrokenCandidates(const Subject& subject, const ImageReference* reference) const;

  // nullptr: there is none of that name. broken: it exists without a good version.
  const api::TrustedPublisher* FindPublisher(std::string_view name) const;
  bool IsBrokenPublisher(std::string_view name) const;

  // Waivers that live in the namespace, then the cluster-wide ones; each in the order of their ids.
  std::array<const WaiverIndex*, 2> WaiversFor(std::string_view namespace_) const;

  std::size_t policy_count() const { return policies_.size(); }

  // Everything, for who keeps what was in force; policies and waivers in the order of their ids.
  const std::vector<Policy>& policies() const { return policies_; }
  const Policy* FindPolicy(std::string_view id) const;  // nullptr: there is none of that id
  const std::vector<BrokenPolicy>& broken_policies() const { return broken_policies_; }
  const std::map<std::string, api::TrustedPublisher, std::less<>>& publishers() const { return publishers_; }
  const std::vector<std::string>& broken_publishers() const { return broken_publishers_; }
  const std::vector<Waiver>& waivers() const { return waivers_; }

 private:
  void AddWaivers(PolicySetParts& parts);

  std::vector<Policy> policies_;
  std::vector<BrokenPolicy> broken_policies_;
  CoverageIndex policy_index_, broken_policy_index_;  // positions in the vectors above
  std::map<std::string, api::TrustedPublisher, std::less<>> publishers_;
  std::vector<std::string> broken_publishers_;  // sorted
  std::vector<Waiver> waivers_;
  WaiverIndex cluster_waivers_;
  std::map<std::string, WaiverIndex, std::less<>> namespace_waivers_;
};

}  // namespace hullwright::policy
