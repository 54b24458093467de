// The three outcomes (docs/decisions/0002-three-outcomes.md).
#pragma once

#include <string_view>

namespace hullwright::policy {

// In increasing order of what an answer must report first: a violation outweighs could-not-tell.
enum class Outcome { kPass, kCouldNotTell, kViolation };

// "pass", "could-not-tell", "violation".
std::string_view ToString(Outcome outcome);

}  // namespace hullwright::policy
