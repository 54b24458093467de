// Time that belongs to the test.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/monotonic_clock.h"
#include "support/process.h"

namespace hullwright::testing {

// Thread-safe. Stands still until Advance; a Sleep is over at once and has moved it on by its whole pause.
class OwnMonotonicClock final : public MonotonicClock {
 public:
  Deadline Now() const override {
    return now_.With([](Deadline now) { return now; });
  }
  void Sleep(std::chrono::milliseconds pause, const std::stop_token&) override {
    Advance(pause);
    Nap();  // others have their turn
  }
  void Advance(std::chrono::milliseconds by) {
    now_.With([&](Deadline& now) { now += by; });
  }

 private:
  Guarded<Deadline> now_{Deadline(std::chrono::hours(1000))};
};

// Thread-safe. A wall clock that somebody sets.
class OwnClock final : public Clock {
 public:
  explicit OwnClock(Time now = Time(std::chrono::seconds(1'772'366'400))) : now_(now) {}  // 2026-03-01T12:00:00Z
  Time Now() const override {
    return now_.With([](Time now) { return now; });
  }
  void Set(Time time) {
    now_.With([&](Time& now) { now = time; });
  }

 private:
  Guarded<Time> now_;
};

}  // namespace hullwright::testing
