// Shared data inside its lock, and published immutable snapshots: the two ways threads share anything here.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace hullwright {

// Owns a value that can be reached only while its lock is held. Thread-safe.
// Do no I/O and call no callback of others inside With().
template <class T>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  // Calls use(T&) under the lock and returns what it returns, by value.
  template <class Use>
  auto With(Use&& use) {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <class Use>
  auto With(Use&& use) const {
    std::lock_guard lock(mutex_);
    return std::forward<Use>(use)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

// The latest version of an immutable value. Readers keep the version they took for as long as they like. Thread-safe.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first = nullptr) : current_(std::move(first)) {}

  std::shared_ptr<const T> Get() const {
    return current_.With([](const auto& current) { return current; });
  }
  void Publish(std::shared_ptr<const T> next) {
    // The old version dies outside the lock: its destructor may be long.
    current_.With([&](auto& current) { current.swap(next); });
  }

 private:
  Guarded<std::shared_ptr<const T>> current_;
};

}  // namespace hullwright
