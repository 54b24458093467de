// What waits for one thread that works it off: bounded, so that a slow thread costs what it does not get to and never memory.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>

namespace hullwright {

// Thread-safe; Take and Done belong to the one thread.
template <class Item>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t max_items, std::size_t max_bytes) : max_items_(max_items), max_bytes_(max_bytes) {}

  // bytes: what the item is counted as. owner: null, or whose it is; nobody may hold more than a quarter of the queue, so that none keeps
  // the others out. False, and nothing is kept, when it does not fit.
  bool Push(Item item, std::size_t bytes, const std::string* owner = nullptr) {
    bool wake = false;
    {
      std::lock_guard lock(mutex_);
      if (items_.size() >= max_items_ || bytes_ + bytes > max_bytes_) return false;
      if (owner && !TakeShare(*owner, bytes)) return false;
      bytes_ += bytes;
      items_.push_back(std::move(item));
      wake = waiting_;
    }
    if (wake) changed_.notify_all();
    return true;
  }

  // Everything there is, after at most timeout. gather: how long to wait for more once there is something, since waking the thread costs
  // who pushes some microseconds.
  std::deque<Item> Take(const std::stop_token& stop, std::chrono::milliseconds timeout, std::chrono::milliseconds gather = {}) {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.wait_for(lock, stop, timeout, [&] { return !items_.empty(); });
    waiting_ = false;
    if (gather.count() > 0 && !items_.empty()) changed_.wait_for(lock, stop, gather, [] { return false; });
    bytes_ = 0;
    shares_.clear();
    taken_ = !items_.empty();
    return std::exchange(items_, {});
  }

  // What was taken last is worked off or given up.
  void Done() {
    {
      std::lock_guard lock(mutex_);
      taken_ = false;
    }
    changed_.notify_all();
  }

  void WaitUntilIdle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return items_.empty() && !taken_; });
  }

 private:
  struct Share {
    std::size_t items = 0, bytes = 0;
  };
  bool TakeShare(const std::string& owner, std::size_t bytes) {
    constexpr std::size_t kParts = 4;
    Share& share = shares_[owner];
    if (share.items >= max_items_ / kParts || share.bytes + bytes > max_bytes_ / kParts) return false;
    ++share.items;
    share.bytes += bytes;
    return true;
  }

  const std::size_t max_items_, max_bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> items_;
  std::unordered_map<std::string, Share> shares_;  // of those who own something
  std::size_t bytes_ = 0;
  bool taken_ = false, waiting_ = false;
};

}  // namespace hullwright
