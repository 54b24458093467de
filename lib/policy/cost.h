// What judging costs, told before it is done: a bound on it bounds the time of a request without a clock.
#pragma once

#include <cstdint>

#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

// Of judging one image by one policy, in comparisons of a finding with one condition, each about 10 ns. Whatever a report holds, judging
// takes no more than that, what is paid for from a Budget while it is done (the waivers and VEX statements that name a finding), and the
// text of reasons.
std::uint64_t CostOf(const Policy& policy, const PolicySet& policies, const Subject& subject, const ImageFacts& image);

}  // namespace hullwright::policy
