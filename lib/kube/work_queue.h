// A queue of keys for many workers, and the workers: one worker to a key, bursts collapse into one run, failures back off (key_schedule.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "kube/key_schedule.h"

namespace hullwright::kube {

// Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(const WorkQueueOptions& options = {}) : schedule_(options) {}

  void Add(const std::string& key);
  void AddAfter(const std::string& key, std::chrono::milliseconds delay);
  std::chrono::milliseconds AddRateLimited(const std::string& key);
  void Forget(const std::string& key);
  int Failures(const std::string& key) const;

  // Waits for a key; nullopt on stop or once the queue is shut down and nothing is in line. Every key taken must be given to Done.
  std::optional<std::string> Take(const std::stop_token& stop);
  void Done(const std::string& key);

  // From now on nothing is added; what is in line is still handed out, what is delayed is not.
  void ShutDown();

  WorkQueueStatus status() const;

 private:
  void PassOn();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  KeySchedule schedule_;
  bool shut_down_ = false;
};

// What one run for a key came to, when it did not fail.
struct Reconciled {
  std::optional<std::chrono::milliseconds> again_after = std::nullopt;  // nullopt: done until something changes

  static Reconciled Done() { return {}; }
  static Reconciled Again(std::chrono::milliseconds after) { return {after}; }
};

// Brings the world to what the key's object says, from what is there now (level, not edge). Called for one key by one thread at a time.
using Reconcile = std::function<Result<Reconciled>(const std::string& key, const std::stop_token& stop)>;

struct WorkersStatus {
  std::uint64_t succeeded = 0, failed = 0, thrown = 0;  // runs; thrown are failed ones too
};

// Threads that take keys and reconcile them: an Error, or an exception, is logged, counted and tried again after the key's backoff; success
// forgets the backoff. Runs from construction; the destructor stops: the runs under way get the stop and are waited for.
class Workers {
 public:
  // name: for the log. queue outlives it.
  Workers(std::string name, WorkQueue& queue, Reconcile reconcile, int threads = 1);
  ~Workers();

  WorkersStatus status() const;  // thread-safe

 private:
  class Runner;
  std::unique_ptr<Runner> runner_;
};

}  // namespace hullwright::kube
