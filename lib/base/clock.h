// Time as values. Pure layers take `now` as a parameter; everything else takes a Clock, so that tests own the time.
#pragma once

#include <chrono>

namespace hullwright {

// Wall time in UTC; what objects, reports and people speak of.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// A point on the monotonic clock by which an operation must be finished. Unaffected by changes of the wall clock.
using Deadline = std::chrono::steady_clock::time_point;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time Now() const override { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }
};

}  // namespace hullwright
