// The bytes that all connections together may hold for large bodies. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace hullwright::http {

class BodyBudget {
 public:
  // common: null, or what several budgets have together: what is taken here is taken there as well, and given back when this one ends.
  explicit BodyBudget(std::size_t max_bytes, std::shared_ptr<BodyBudget> common = nullptr)
      : max_bytes_(max_bytes), common_(std::move(common)) {}
  ~BodyBudget() {
    if (common_ != nullptr) common_->GiveBack(used());
  }
  BodyBudget(BodyBudget&&) = delete;

  // Whether that much would be granted now, were there no common one; grants nothing.
  bool HasRoomFor(std::size_t bytes) const {
    const std::size_t used = used_.load(std::memory_order_relaxed);
    return used <= max_bytes_ && bytes <= max_bytes_ - used;
  }
  [[nodiscard]] bool TryTake(std::size_t bytes) {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used > max_bytes_ || bytes > max_bytes_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    if (common_ == nullptr || common_->TryTake(bytes)) return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    common_was_full_.store(true, std::memory_order_relaxed);
    return false;
  }
  void GiveBack(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (common_ != nullptr) common_->GiveBack(bytes);
  }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  // Whether something was refused because of others, and would have been granted to this one alone.
  bool common_was_full() const { return common_was_full_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_bytes_;
  const std::shared_ptr<BodyBudget> common_;
  std::atomic<std::size_t> used_{0};
  std::atomic<bool> common_was_full_{false};
};

}  // namespace hullwright::http
