#include "kube/work_queue.h"

#include <atomic>
#include <exception>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"

namespace hullwright::kube {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// ── The queue ──

void WorkQueue::Add(const std::string& key) {
  AddAfter(key, milliseconds(0));
}

void WorkQueue::AddAfter(const std::string& key, milliseconds delay) {
  {
    const std::lock_guard lock(mutex_);
    if (shut_down_) return;
    schedule_.AddAfter(key, delay, steady_clock::now());
  }
  changed_.notify_one();  // also for a delayed one: it may be due before what the others wait for
}

milliseconds WorkQueue::AddRateLimited(const std::string& key) {
  milliseconds pause{0};
  {
    const std::lock_guard lock(mutex_);
    if (shut_down_) return pause;
    pause = schedule_.AddRateLimited(key, steady_clock::now());
  }
  changed_.notify_one();
  return pause;
}

void WorkQueue::Forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  schedule_.Forget(key);
}

int WorkQueue::Failures(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return schedule_.Failures(key);
}

std::optional<std::string> WorkQueue::Take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    auto key = schedule_.Take(steady_clock::now());
    if (key || shut_down_) {
      PassOn();
      return key;
    }
    // Woken by a change, a stop or the time of the next delayed key; which of them it was shows above.
    bool woken = false;
    const auto is_woken = [&] { return std::exchange(woken, true); };
    const auto due = schedule_.NextDue();
    due ? changed_.wait_until(lock, stop, *due, is_woken) : changed_.wait(lock, stop, is_woken);
  }
  PassOn();
  return std::nullopt;
}

// Of several threads that wait, one is woken for each change, and it alone knows of the next delayed key: before it leaves, another takes
// its place.
void WorkQueue::PassOn() {
  if (schedule_.HasMore()) changed_.notify_one();
}

void WorkQueue::Done(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    schedule_.Done(key, steady_clock::now());
  }
  changed_.notify_one();  // it may be in line again
}

void WorkQueue::ShutDown() {
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    schedule_.DropDelayed();
  }
  changed_.notify_all();
}

WorkQueueStatus WorkQueue::status() const {
  const std::lock_guard lock(mutex_);
  return schedule_.status(steady_clock::now());
}

// ── The workers ──

class Workers::Runner {
 public:
  Runner(std::string name, WorkQueue& queue, Reconcile reconcile, int threads)
      : name_(std::move(name)), queue_(queue), reconcile_(std::move(reconcile)) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
  // All are told before one is waited for.
  ~Runner() {
    for (auto& thread : threads_) thread.request_stop();
  }

  WorkersStatus status() const {
    return status_.With([](const WorkersStatus& status) { return status; });
  }

 private:
  void Run(const std::stop_token& stop) {
    while (const auto key = queue_.Take(stop)) {
      Settle(*key, Try(*key, stop), stop);
      queue_.Done(*key);
    }
  }

  // The outermost edge of a controller: what is thrown below is the failure of this one key.
  Result<Reconciled> Try(const std::string& key, const std::stop_token& stop) {
    try {
      return reconcile_(key, stop);
    } catch (const std::exception& error) {
      status_.With([](WorkersStatus& status) { ++status.thrown; });
      return Fail(ErrorCode::kInternal, "exception: " + Printable(error.what()));
    }
  }

  void Settle(const std::string& key, const Result<Reconciled>& result, const std::stop_token& stop) {
    status_.With([&](WorkersStatus& status) { ++(result ? status.succeeded : status.failed); });
    if (result) {
      queue_.Forget(key);
      if (result->again_after) queue_.AddAfter(key, *result->again_after);
      return;
    }
    if (stop.stop_requested()) return;  // what failed because it was told to stop is no news
    const auto pause = queue_.AddRateLimited(key);
    log::Warn("reconcile failed", {{"controller", name_},
                                   {"key", Printable(key)},
                                   {"code", ToString(result.error().code)},
                                   {"error", result.error().message},
                                   {"retry_ms", pause.count()}});
  }

  const std::string name_;
  WorkQueue& queue_;
  const Reconcile reconcile_;
  Guarded<WorkersStatus> status_;
  std::vector<std::jthread> threads_;  // last: run on all of the above
};

Workers::Workers(std::string name, WorkQueue& queue, Reconcile reconcile, int threads)
    : runner_(std::make_unique<Runner>(std::move(name), queue, std::move(reconcile), threads)) {}
Workers::~Workers() = default;

WorkersStatus Workers::status() const {
  return runner_->status();
}

}  // namespace hullwright::kube
