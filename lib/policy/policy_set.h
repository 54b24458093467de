// All policies, publishers and waivers of a moment, prepared for deciding: immutable, built once per change, shared by all requests.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/object.h"

namespace hullwright::policy {

struct Policy {
  api::ImageAdmissionPolicy object;
  std::string id;                    // "ClusterImageAdmissionPolicy/production", "ImageAdmissionPolicy/shop/extra"
};

// A policy without a good version. It denies what its match covers; without a readable match, everything in its scope.
struct BrokenPolicy {
  std::string id;
  std::string namespace_;            // "" for the cluster kind
  std::optional<api::PolicyMatch> match;
  std::string error;
};

// A waiver of any of the three kinds, with what the engine needs in one shape.
struct Waiver {
  std::string id;                    // "VulnerabilityException/shop/openssl"
  api::WaiverKind kind;
  std::variant<api::VulnerabilityException, api::BreakGlass> object;
};

// What PolicySet is made of.
struct PolicySetParts {
  std::vector<api::ImageAdmissionPolicy> policies;
  std::vector<BrokenPolicy> broken_policies;
  std::vector<api::TrustedPublisher> publishers;
  std::vector<std::string> broken_publishers;    // names
  std::vector<api::VulnerabilityException> exceptions;
  std::vector<api::BreakGlass> break_glasses;
};

// Thread-safe (immutable).
class PolicySet {
 public:
  explicit PolicySet(PolicySetParts parts);

  // The policies whose scope and image patterns may cover an image, by an index over the patterns' literal prefixes, so that the cost
  // grows with the policies that match and not with all. Namespace selectors and container types are still to be checked.
  // reference: nullptr when the image's reference does not parse: then every policy of the scope.
  std::vector<const Policy*> Candidates(std::string_view namespace_, const ImageReference* reference) const;
  std::vector<const BrokenPolicy*> BrokenCandidates(std::string_view namespace_, const ImageReference* reference) const;

  // nullptr: there is none of that name. broken: it exists without a good version.
  const api::TrustedPublisher* FindPublisher(std::string_view name) const;
  bool IsBrokenPublisher(std::string_view name) const;

  // Waivers that live in the namespace, and the cluster-wide ones.
  const std::vector<const Waiver*>& WaiversFor(std::string_view namespace_) const;

  std::size_t policy_count() const { return policies_.size(); }

 private:
  // Chosen by the implementation; see policy_set.cpp.
  std::vector<Policy> policies_;
  std::vector<BrokenPolicy> broken_policies_;
  std::map<std::string, api::TrustedPublisher, std::less<>> publishers_;
  std::map<std::string, bool, std::less<>> broken_publishers_;
  std::vector<Waiver> waivers_;
};

}  // namespace hullwright::policy
