// A clock that stands until the test moves it.
#pragma once

#include "base/clock.h"

namespace hullwright::testing {

struct SetClock final : Clock {
  Time Now() const override { return now; }
  Time now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};
};

}  // namespace hullwright::testing
