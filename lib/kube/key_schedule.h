// Which key is worked next: client-go's work queue (util/workqueue: queue, delaying_queue, default_rate_limiters) as a value, without
// threads and without a clock. WorkQueue adds both.
//
//   Add ─► dirty, in line ─► Take ─► processing ─► Done ─► gone, or in line again when it was added meanwhile
//
// So no key is ever worked twice at once, and any number of Adds before its turn are one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "kube/rate_limit.h"

namespace hullwright::kube {

struct WorkQueueOptions {
  // The pause before try n+1 of a key that failed n times, n from 0: first · 2^n, at most most …
  std::chrono::milliseconds first_retry{5}, most_retry{1'000'000};
  // … and never sooner than the bucket of all retries allows.
  double retries_per_second = 10;
  int retry_burst = 100;
};

// For metrics. Sums since the beginning; a histogram is the caller's business.
struct WorkQueueStatus {
  std::size_t waiting = 0, delayed = 0, processing = 0, failing = 0;  // keys now; failing: failed since they were last forgotten
  std::uint64_t adds = 0, retries = 0, done = 0;
  std::chrono::milliseconds waited{0};           // from being due to being taken, of all taken
  std::chrono::milliseconds worked{0};           // from being taken to done, of all done
  std::chrono::milliseconds longest_waiting{0};  // of those that wait now
  std::chrono::milliseconds longest_working{0};  // of those that are processed now: one that hangs shows here
};

// now is monotonic. Not thread-safe. As large as the set of keys it was given.
class KeySchedule {
 public:
  explicit KeySchedule(const WorkQueueOptions& options) : options_(options), retries_(options.retries_per_second, options.retry_burst) {}

  void Add(const std::string& key, Deadline now);
  // In line after the delay, unless it is due sooner already.
  void AddAfter(const std::string& key, std::chrono::milliseconds delay, Deadline now);
  // After a failure: in line after the key's own backoff. Answers the pause.
  std::chrono::milliseconds AddRateLimited(const std::string& key, Deadline now);
  // The key's backoff begins from the first again. It stays in line.
  void Forget(const std::string& key) { failures_.erase(key); }
  int Failures(const std::string& key) const;

  // The key that has waited longest, which is processing from now on; nullopt: none is due.
  std::optional<std::string> Take(Deadline now);
  void Done(const std::string& key, Deadline now);
  // When the next delayed key is due; nullopt: none is delayed.
  std::optional<Deadline> NextDue() const;
  // Something is in line or delayed.
  bool HasMore() const { return !line_.empty() || !delayed_.empty(); }
  void DropDelayed();

  WorkQueueStatus status(Deadline now) const;

 private:
  void MoveDue(Deadline now);

  const WorkQueueOptions options_;
  TokenBucket retries_;
  std::deque<std::string> line_;
  std::unordered_map<std::string, Deadline> dirty_;       // and since when
  std::unordered_map<std::string, Deadline> processing_;  // and since when
  std::set<std::pair<Deadline, std::string>> delayed_;
  std::unordered_map<std::string, Deadline> due_;  // of delayed_, by key
  std::unordered_map<std::string, int> failures_;
  WorkQueueStatus sums_;
};

}  // namespace hullwright::kube
