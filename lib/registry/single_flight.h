// The same work asked for at the same time is done once, and everybody gets its answer. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "registry/answer.h"

namespace hullwright::registry {

template <class T>
class SingleFlight {
 public:
  // Does the work, or waits until deadline for somebody who does it under this key. An answer that only tells of the other's bounds (its
  // time or bytes ran out) is nobody else's: then the work is done again.
  Answer<T> Do(const std::string& key, Deadline deadline, const std::function<Answer<T>()>& work) {
    for (;;) {
      std::unique_lock lock(mutex_);
      const auto [at, is_mine] = flights_.try_emplace(key);
      if (is_mine) {
        const auto flight = at->second = std::make_shared<Flight>();
        lock.unlock();
        return Lead(key, *flight, work);
      }
      const auto flight = at->second;
      if (!landed_.wait_until(lock, deadline, [&] { return flight->answer.has_value(); })) {
        return Decline(Why::kDeadline, key + ": no answer in the time allowed");
      }
      if (!IsOfItsOwnBounds(*flight->answer)) return *flight->answer;
    }
  }

 private:
  struct Flight {
    std::optional<Answer<T>> answer;  // under mutex_
  };

  static bool IsOfItsOwnBounds(const Answer<T>& answer) {
    if (answer) return false;
    const Why why = answer.error().why;
    return why == Why::kDeadline || why == Why::kBudget || why == Why::kRateLimited;
  }

  // Whatever happens in the work, those who wait are told.
  Answer<T> Lead(const std::string& key, Flight& flight, const std::function<Answer<T>()>& work) {
    try {
      Answer<T> answer = work();
      Land(key, flight, answer);
      return answer;
    } catch (...) {
      Land(key, flight, Decline(Why::kUnavailable, key + ": the fetch failed unexpectedly"));
      throw;
    }
  }

  void Land(const std::string& key, Flight& flight, Answer<T> answer) {
    const std::lock_guard lock(mutex_);
    flights_.erase(key);
    flight.answer = std::move(answer);
    landed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable landed_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace hullwright::registry
