// What registries and verification say, in the one vocabulary of reasons (policy/reason.h).
#pragma once

#include "policy/trust_facts.h"
#include "registry/answer.h"
#include "verify/failure.h"

namespace hullwright::evidence {

// What was being read when a registry did not give it: the image itself, or something beside it that claims to be a signature.
enum class Sought { kImage, kSignature };

policy::Doubt DoubtOf(const registry::Problem& problem, Sought sought);
policy::Doubt DoubtOf(const verify::Failure& failure);

policy::ReasonWord WordOf(verify::Step step);

}  // namespace hullwright::evidence
