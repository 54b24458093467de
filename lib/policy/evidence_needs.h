// What must be gathered about an image before it can be decided: asked by lib/evidence, so that no registry is asked for what no policy
// wants, and nothing that a policy wants is left out.
#pragma once

#include <set>
#include <string>

#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

struct EvidenceNeeds {
  bool resolution = false;                // the digest of a reference that has none
  std::set<std::string> publishers;       // TrustedPublishers (Signature, covering the image) whose signatures count
  std::set<std::string> attesters;        // those whose attestations count …
  std::set<std::string> predicate_types;  // … of these types
  std::set<std::string> vex_publishers;   // those whose VEX documents count (kVexPredicateTypes), where there are any
  bool manifests = false;                 // TrustFacts::platforms
  bool configurations = false;            // PlatformManifest::configuration
  bool base_images = false;               // TrustFacts::base_images
  bool every_platform = false;            // signatures and attestations about each manifest of an index, not about the index alone

  // Whether a registry must be asked at all.
  bool any() const { return resolution || manifests || !publishers.empty() || !attesters.empty() || !vex_publishers.empty(); }
  void Add(EvidenceNeeds other);
};

// Of all policies that may cover the image, by its use and reference alone. A reference that does not parse needs nothing.
EvidenceNeeds NeedsOf(const PolicySet& policies, const Subject& subject, const ImageFacts& image);

}  // namespace hullwright::policy
