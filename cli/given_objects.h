// Objects in files that a command puts in place of those of their name: a policy that is not in force yet.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"
#include "cli/review.h"

namespace hullwright::cli {

// Policies, publishers and waivers; at least one of them a policy. Errors name option and place.
Result<std::vector<GivenObject>> ReadGivenObjects(const std::vector<std::string>& paths, std::string_view option,
                                                  const Environment& environment);

}  // namespace hullwright::cli
