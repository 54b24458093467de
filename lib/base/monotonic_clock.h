// Monotonic time, and waiting on it, as something that a test can own: a jump of the wall clock cannot reach what goes by it.
#pragma once

#include <chrono>
#include <stop_token>

#include "base/clock.h"
#include "base/pause.h"

namespace hullwright {

// Thread-safe.
class MonotonicClock {
 public:
  virtual ~MonotonicClock() = default;
  virtual Deadline Now() const = 0;
  // Sleeps for so long; ends early on stop.
  virtual void Sleep(std::chrono::milliseconds pause, const std::stop_token& stop) = 0;
};

class SteadyClock final : public MonotonicClock {
 public:
  Deadline Now() const override { return std::chrono::steady_clock::now(); }
  void Sleep(std::chrono::milliseconds pause, const std::stop_token& stop) override { Pause(pause, stop); }
};

}  // namespace hullwright
