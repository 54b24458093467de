// How long to wait before the next try (client-go: util/wait, exponential backoff manager).
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace hullwright::kube {

// Not thread-safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most, std::chrono::milliseconds reset_after)
      : first_(first), most_(most), reset_after_(reset_after), next_(first) {}

  // now: monotonic; chance: 0 … 1, spreads clients that failed together.
  std::chrono::milliseconds Next(Deadline now, double chance) {
    if (now - last_ >= reset_after_) next_ = first_;
    last_ = now;
    const auto base = next_;
    next_ = std::min(next_ * 2, most_);
    return std::min(base + std::chrono::duration_cast<std::chrono::milliseconds>(base * chance), most_);
  }

 private:
  const std::chrono::milliseconds first_, most_, reset_after_;
  std::chrono::milliseconds next_;
  Deadline last_{};
};

}  // namespace hullwright::kube
