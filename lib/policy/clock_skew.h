// What the dates of others may be.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace hullwright::policy {

// Clocks of scanners, builders, logs and time-stamp authorities may differ from ours by this much before a date counts as being in the
// future.
inline constexpr std::chrono::minutes kClockSkew{5};

// 1980-01-01: what archives and reproducible builds write for "no time" is before it or equal to it (ZIP's epoch, and Unix' own).
inline constexpr Time kFirstCreation{std::chrono::sys_days(std::chrono::year{1980} / 1 / 2)};

}  // namespace hullwright::policy
