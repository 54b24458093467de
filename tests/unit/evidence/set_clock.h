// A clock that stands until the test moves it. Thread-safe: what a test moves it under goes on in the background.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace hullwright::testing {

class SetClock final : public Clock {
 public:
  Time Now() const override { return now_; }
  void Set(Time now) { now_ = now; }
  void MoveOn(Time::duration by) { now_ = now_.load() + by; }  // only the test moves it

 private:
  std::atomic<Time> now_{Time(std::chrono::sys_days{std::chrono::year{2026} / 11 / 21})};
};

}  // namespace hullwright::testing
