// One at a time for each key: who comes second finds what the first has remembered.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace hullwright::evidence {

// Thread-safe. Whoever holds a turn takes no other one that somebody may hold who waits for this.
class Turns {
 public:
  class Turn {
   public:
    Turn(Turns& turns, std::string key) : turns_(turns), key_(std::move(key)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { turns_.Leave(key_); }

   private:
    Turns& turns_;
    const std::string key_;
  };

  [[nodiscard]] Turn Take(const std::string& key) {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [&] { return taken_.insert(key).second; });
    return {*this, key};
  }

 private:
  void Leave(const std::string& key) {
    {
      std::lock_guard lock(mutex_);
      taken_.erase(key);
    }
    left_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  std::set<std::string> taken_;
};

}  // namespace hullwright::evidence
