// A failed step in the one vocabulary of reasons (policy/reason.h). Pure.
#pragma once

#include "policy/trust_facts.h"
#include "verify/failure.h"

namespace hullwright::verify {

policy::ReasonWord WordOf(Step step);
policy::Doubt DoubtOf(const Failure& failure);

}  // namespace hullwright::verify
