// Shows that several threads are somewhere at the same time: nobody goes on before all are there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace hullwright::testing {

// Thread-safe.
class Meeting {
 public:
  explicit Meeting(int members) : members_(members) {}

  // Waits for the others, but not for ever: where they never come, took_place() is false.
  void Attend() {
    std::unique_lock lock(mutex_);
    if (++present_ >= members_) took_place_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::seconds(10), [this] { return took_place_; });
  }

  bool took_place() const {
    std::lock_guard lock(mutex_);
    return took_place_;
  }

 private:
  const int members_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int present_ = 0;  // ever
  bool took_place_ = false;
};

}  // namespace hullwright::testing
