// How much we ask of the API server (client-go: util/flowcontrol, rest.Config QPS and Burst).
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "base/monotonic_clock.h"
#include "kube/client.h"

namespace hullwright::kube {

// A token bucket, full at first (golang.org/x/time/rate). now is monotonic; a now before an earlier one counts as that. Not thread-safe.
class TokenBucket {
 public:
  TokenBucket(double tokens_per_second, int burst);  // both above 0

  // Takes a token if there is one now.
  bool TryTake(Deadline now);
  // Takes one in any case, and says how long to wait until it is there.
  std::chrono::milliseconds Take(Deadline now);
  // How long to wait for one; takes none.
  std::chrono::milliseconds Wait(Deadline now) const;
  bool IsFull(Deadline now) const;

 private:
  double TokensAt(Deadline now) const;

  double per_second_, burst_, tokens_;
  Deadline at_{};
};

struct RateLimit {
  double queries_per_second = 20;  // controller-runtime's defaults
  int burst = 30;
};

// A client that asks no more often than the limit: calls wait for their turn. One whose turn would come after its deadline is kDeadline at
// once, without having taken anybody's place. A watch counts once, when it begins. client and clock outlive it.
std::unique_ptr<KubeClient> LimitRate(KubeClient& client, const RateLimit& limit, MonotonicClock& clock);

}  // namespace hullwright::kube
