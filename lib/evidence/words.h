// What registries say, in the one vocabulary of reasons (policy/reason.h); of verification: verify/doubt.h.
#pragma once

#include "policy/trust_facts.h"
#include "registry/answer.h"

namespace hullwright::evidence {

// What was being read when a registry did not give it: the image itself, or something beside it that claims to be a signature.
enum class Sought { kImage, kSignature };

policy::Doubt DoubtOf(const registry::Problem& problem, Sought sought);

}  // namespace hullwright::evidence
