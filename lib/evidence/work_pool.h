// A few threads for what must wait for a registry: admission first, warm-up and refreshing behind it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace hullwright::evidence {

enum class Urgency { kAdmission, kBackground };

// Thread-safe. The destructor lets what runs finish and forgets what waits.
class WorkPool {
 public:
  struct Options {
    unsigned threads = 16;
    unsigned background_threads = 4;  // at most so many of them do background work
    std::size_t max_waiting = 1024;   // of each urgency
  };

  WorkPool() : WorkPool(Options()) {}
  explicit WorkPool(Options options);
  ~WorkPool();

  // False when too much waits already. The work must not wait for other work of this pool, and must not throw.
  bool Submit(Urgency urgency, std::function<void()> work);
  // The same, and false when no thread is free for it, or for background work none of its places: nothing else has to wait behind it.
  bool SubmitToIdle(Urgency urgency, std::function<void()> work);

 private:
  void Run(const std::stop_token& stop);
  bool HasWork() const;

  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> admission_, background_;
  unsigned background_running_ = 0;
  std::size_t idle_;                   // threads without work
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace hullwright::evidence
