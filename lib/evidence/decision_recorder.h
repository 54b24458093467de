// Writes decisions into the history, off the request path: who decides hands over what it decided by and goes on; a thread of its own makes
// documents of it, judges once more for the explanation, and writes.
//
// It never delays or fails a request: what the queue has no room for is dropped and counted. No namespace gets more than a quarter of it,
// so that whoever may create Pods in one, which need not be let in, does not push out what is decided of the others.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/bounded_queue.h"
#include "evidence/judge.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

struct RecorderOptions {
  std::size_t max_queued = 8192;              // decisions
  std::size_t max_queued_bytes = 64u << 20;   // of them, about
  std::chrono::milliseconds gather_time{50};  // how long a decision may wait for others that are written with it
};

// Plain numbers since start.
struct RecorderStatistics {
  store::HistoryStatistics history;
  std::uint64_t lost = 0;  // decisions that never came to the file: no room in the queue, or no memory
};

// Digests of documents that many decisions share, so that each is encoded once. For one thread.
class SharedDocuments {
 public:
  store::NewDocument Scan(const std::shared_ptr<const policy::ScanRecord>& scan);
  // Of one moment's objects; namespace_: "" for those of the cluster.
  store::NewDocument Objects(const std::shared_ptr<const policy::PolicySet>& policies, const std::string& namespace_);

 private:
  struct KnownScan {
    std::weak_ptr<const policy::ScanRecord> scan;  // tells another one at the same address
    std::string digest;
  };
  std::unordered_map<const policy::ScanRecord*, KnownScan> scans_;
  std::weak_ptr<const policy::PolicySet> policies_;          // whose objects are known
  std::map<std::string, std::string, std::less<>> objects_;  // by namespace
};

// What the history keeps of a decision.
store::NewDecision ToDecision(store::DecisionRow row, const std::shared_ptr<const Basis>& basis, SharedDocuments& shared);

// Thread-safe.
class DecisionRecorder {
 public:
  explicit DecisionRecorder(std::unique_ptr<store::DecisionHistory> history, RecorderOptions options = {});
  ~DecisionRecorder();  // what waits is written first
  DecisionRecorder(DecisionRecorder&&) = delete;

  // row: all but id and time. Returns the id under which the decision will be found; "" when it is dropped.
  std::string Record(store::DecisionRow row, Basis basis) noexcept;

  // Waits until everything recorded so far is written or dropped. For tests.
  void Flush() { queue_.WaitUntilIdle(); }
  RecorderStatistics Statistics() const { return {history_->Statistics(), lost_}; }

 private:
  struct Waiting {
    store::DecisionRow row;
    std::shared_ptr<const Basis> basis;
  };
  void Run(const std::stop_token& stop);
  void Write(std::deque<Waiting> waiting);

  const RecorderOptions options_;
  const std::unique_ptr<store::DecisionHistory> history_;
  BoundedQueue<Waiting> queue_;
  SharedDocuments shared_;  // of the thread
  std::atomic<std::uint64_t> lost_ = 0;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace hullwright::evidence
