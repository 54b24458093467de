#include "evidence/together.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

namespace hullwright::evidence {
namespace {

// Shared with helpers that may come when all is done and the caller has left: such a one finds nothing to take, and so never touches work.
class Round {
 public:
  Round(std::size_t count, const std::function<void(std::size_t)>& work) : count_(count), work_(work) {}

  void Help() {
    while (const auto index = Take()) {
      std::exception_ptr failure;
      try {
        work_(*index);
      } catch (...) {
        failure = std::current_exception();
      }
      Finish(failure);
    }
  }

  // Nothing is left to take: waits for what others have taken.
  void Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return under_way_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::optional<std::size_t> Take() {
    std::lock_guard lock(mutex_);
    if (next_ == count_) return std::nullopt;
    ++under_way_;
    return next_++;
  }

  void Finish(const std::exception_ptr& failure) {
    std::lock_guard lock(mutex_);
    if (failure && !failure_) failure_ = failure;
    if (failure) next_ = count_;
    // Under the lock: the caller may leave as soon as it is free.
    if (--under_way_ == 0) changed_.notify_all();
  }

  const std::size_t count_;
  const std::function<void(std::size_t)>& work_;  // lives as long as something is under way
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0, under_way_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void ForEachTogether(WorkPool& pool, Urgency urgency, std::size_t count, const std::function<void(std::size_t)>& work) {
  const auto round = std::make_shared<Round>(count, work);
  for (std::size_t helpers = 1; helpers < std::min(count, kMaxTogether); ++helpers)
    if (!pool.SubmitToIdle(urgency, [round] { round->Help(); })) break;
  round->Help();
  round->Await();
}

}  // namespace hullwright::evidence
