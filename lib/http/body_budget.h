// The bytes that all connections together may hold for large bodies. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>

namespace hullwright::http {

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Whether that much would be granted now; grants nothing.
  bool HasRoomFor(std::size_t bytes) const {
    const std::size_t used = used_.load(std::memory_order_relaxed);
    return used <= max_bytes_ && bytes <= max_bytes_ - used;
  }
  [[nodiscard]] bool TryTake(std::size_t bytes) {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used > max_bytes_ || bytes > max_bytes_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void GiveBack(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t max_bytes_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace hullwright::http
