// Monotonic time that passes only when somebody sleeps.
#pragma once

#include <algorithm>
#include <mutex>

#include "registry/pacing.h"

namespace hullwright::registry {

class FakeTimer final : public Timer {
 public:
  explicit FakeTimer(Deadline now = std::chrono::steady_clock::now()) : now_(now) {}

  Deadline Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void SleepUntil(Deadline time) override {
    const std::lock_guard lock(mutex_);
    now_ = std::max(now_, time);
  }
  void Pass(std::chrono::milliseconds time) { SleepUntil(Now() + time); }

 private:
  mutable std::mutex mutex_;
  Deadline now_;
};

}  // namespace hullwright::registry
