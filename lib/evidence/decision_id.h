// Ids of decisions: ULIDs (github.com/ulid/spec), 48 bits of milliseconds and 80 random ones in Crockford's base 32. They sort by time, and
// nobody can guess one.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace hullwright::evidence {

// "01KAJ3ZQ8R6M2V7C0D5X9T4W1B". Thread-safe.
std::string NewDecisionId(Time at);
// 26 characters of the alphabet.
bool IsDecisionId(std::string_view text);

}  // namespace hullwright::evidence
