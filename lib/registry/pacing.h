// How often a host may be asked: a token bucket each, from which admissions are served before background work, and the silence that a 429
// asked for.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "registry/registry.h"

namespace hullwright::registry {

// Monotonic time and waiting, so that tests own both. Thread-safe.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual Deadline Now() const = 0;
  virtual void SleepUntil(Deadline time) = 0;
};

class SystemTimer final : public Timer {
 public:
  Deadline Now() const override { return std::chrono::steady_clock::now(); }
  void SleepUntil(Deadline time) override;
};

// One bucket. Not thread-safe.
class TokenBucket {
 public:
  TokenBucket(double per_second, Deadline now);

  // Takes a token for a request at the time returned, which may be later than now. An admission reserves its place at once; background work
  // takes only what admissions leave (half of the burst stays theirs), and reserves nothing: when the answer is later than now it has to
  // ask again then. Nothing is taken when the answer is later than latest.
  Deadline Take(Priority priority, Deadline now, Deadline latest);
  // From now on; what was taken stays taken.
  void SetRate(double per_second);
  // Nobody is served before that time.
  void BlockUntil(Deadline time);
  Deadline blocked_until() const { return blocked_until_; }

 private:
  double per_second_ = 0, burst_ = 0;
  double tokens_ = 0;  // below 0: reserved ahead
  Deadline refilled_, blocked_until_;
};

// Thread-safe.
class Pacing {
 public:
  explicit Pacing(Timer& timer) : timer_(timer) {}

  // Waits for the turn of a request to this host. kRateLimited when it would come after the deadline, without waiting for that.
  Answer<void> Wait(const std::string& host, double per_second, Priority priority, Deadline deadline);
  // The host asked for silence.
  void Silence(const std::string& host, double per_second, std::chrono::seconds duration);

 private:
  using Buckets = std::map<std::string, TokenBucket>;
  TokenBucket& Bucket(Buckets& buckets, const std::string& host, double per_second);

  Timer& timer_;
  Guarded<Buckets> buckets_;
};

}  // namespace hullwright::registry
