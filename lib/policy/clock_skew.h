// How far the clocks of others may be ahead of ours.
#pragma once

#include <chrono>

namespace hullwright::policy {

// Clocks of scanners, builders, logs and time-stamp authorities may differ from ours by this much before a date counts as being in the
// future.
inline constexpr std::chrono::minutes kClockSkew{5};

}  // namespace hullwright::policy
