// A bound on work that nobody can tell before it is done, since it grows with what is found: counted instead of timed, so that the same
// question has the same answer.
#pragma once

#include <cstdint>
#include <limits>

namespace hullwright::policy {

// In comparisons, as EngineOptions::max_comparisons. For one thread.
class Budget {
 public:
  explicit Budget(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) : most_(most) {}

  // Asked before work is done. False: it is too much, and must not be done; what rests on it then speaks for nobody, because the request is
  // refused whole. So it stays, however little is asked for later.
  [[nodiscard]] bool Spend(std::uint64_t comparisons) {
    if (!is_exceeded()) spent_ += comparisons;
    return !is_exceeded();
  }
  bool is_exceeded() const { return spent_ > most_; }
  std::uint64_t spent() const { return spent_; }  // with what was asked for last, if that was too much

 private:
  std::uint64_t most_;
  std::uint64_t spent_ = 0;
};

}  // namespace hullwright::policy
