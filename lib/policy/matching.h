// Whether a policy covers one image of a request.
#pragma once

#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

enum class Coverage {
  kNo,
  kYes,
  kNamespaceUnknown,  // everything else matches, but the labels that the namespace selector asks for are not known
};

// A reference that does not parse is covered whatever the patterns say: they cannot be asked. A policy of the namespaced kind covers its
// own namespace only, and its namespaceSelector, which its API does not have, is not looked at. No container types given means all four.
Coverage CoverageOf(const api::ImageAdmissionPolicy& policy, const Subject& subject, const ImageFacts& image);

// As above for a policy without a good version: unknown labels count as selected, an unreadable match as everything in its scope.
bool MayCover(const BrokenPolicy& policy, const Subject& subject, const ImageFacts& image);

}  // namespace hullwright::policy
