// Which key is worked when, by whom, and after which pause.
#include "kube/work_queue.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>

#include "kube/key_schedule.h"
#include "support/process.h"

namespace hullwright::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::WaitUntil;

constexpr auto kPatience = seconds(30);
constexpr Deadline kBegin{std::chrono::hours(1000)};

// ── The rules, without a clock ──

TEST_CASE("Keys are taken in the order they came, each once however often it was added", "[kube]") {
  KeySchedule schedule({});
  for (const char* key : {"b", "a", "b", "b", "a"}) schedule.Add(key, kBegin);
  CHECK(schedule.Take(kBegin) == "b");
  CHECK(schedule.Take(kBegin) == "a");
  CHECK(schedule.Take(kBegin) == std::nullopt);
  CHECK(schedule.status(kBegin).adds == 2);
}

TEST_CASE("A key that is added while it is processed waits until that is done", "[kube]") {
  KeySchedule schedule({});
  schedule.Add("a", kBegin);
  REQUIRE(schedule.Take(kBegin) == "a");
  schedule.Add("a", kBegin);
  schedule.Add("a", kBegin);
  CHECK(schedule.Take(kBegin) == std::nullopt);
  schedule.Done("a", kBegin);
  CHECK(schedule.Take(kBegin) == "a");
  schedule.Done("a", kBegin);
  CHECK(schedule.Take(kBegin) == std::nullopt);
  schedule.Done("a", kBegin);  // not processing: nothing
  CHECK_FALSE(schedule.HasMore());
}

TEST_CASE("A delayed key comes at its time; the sooner of two times counts", "[kube]") {
  KeySchedule schedule({});
  schedule.AddAfter("late", seconds(10), kBegin);
  schedule.AddAfter("both", seconds(20), kBegin);
  schedule.AddAfter("both", seconds(5), kBegin);
  schedule.AddAfter("both", seconds(30), kBegin);
  schedule.AddAfter("now", seconds(0), kBegin);
  CHECK(schedule.NextDue() == kBegin + seconds(5));
  CHECK(schedule.Take(kBegin) == "now");
  CHECK(schedule.Take(kBegin + seconds(4)) == std::nullopt);
  CHECK(schedule.Take(kBegin + seconds(10)) == "both");
  CHECK(schedule.Take(kBegin + seconds(10)) == "late");
  CHECK(schedule.NextDue() == std::nullopt);
  CHECK(schedule.Take(kBegin + seconds(100)) == std::nullopt);
}

TEST_CASE("A key that is added at once does not lose its later turn", "[kube]") {
  KeySchedule schedule({});
  schedule.AddAfter("a", seconds(5), kBegin);
  schedule.Add("a", kBegin);
  CHECK(schedule.Take(kBegin) == "a");
  schedule.Done("a", kBegin);
  CHECK(schedule.Take(kBegin + seconds(5)) == "a");
}

TEST_CASE("Failures of a key double its pause up to the most, and Forget begins anew", "[kube]") {
  WorkQueueOptions options;
  options.retry_burst = 1000;
  KeySchedule schedule(options);
  CHECK(schedule.AddRateLimited("a", kBegin) == milliseconds(5));
  CHECK(schedule.AddRateLimited("a", kBegin) == milliseconds(10));
  CHECK(schedule.AddRateLimited("a", kBegin) == milliseconds(20));
  CHECK(schedule.AddRateLimited("b", kBegin) == milliseconds(5));
  CHECK(schedule.Failures("a") == 3);
  for (int i = 0; i < 200; ++i) schedule.AddRateLimited("a", kBegin);
  CHECK(schedule.AddRateLimited("a", kBegin) == seconds(1000));
  CHECK(schedule.status(kBegin).failing == 2);
  schedule.Forget("a");
  CHECK(schedule.Failures("a") == 0);
  CHECK(schedule.AddRateLimited("a", kBegin) == milliseconds(5));
}

TEST_CASE("Retries of all keys together keep to the bucket", "[kube]") {
  WorkQueueOptions options;
  options.retry_burst = 2;
  KeySchedule schedule(options);
  CHECK(schedule.AddRateLimited("a", kBegin) == milliseconds(5));
  CHECK(schedule.AddRateLimited("b", kBegin) == milliseconds(5));
  CHECK(schedule.AddRateLimited("c", kBegin) == milliseconds(100));
  CHECK(schedule.AddRateLimited("d", kBegin) == milliseconds(200));
}

TEST_CASE("The schedule tells how long keys wait and are worked", "[kube]") {
  KeySchedule schedule({});
  schedule.Add("a", kBegin);
  schedule.AddAfter("b", seconds(1), kBegin);
  REQUIRE(schedule.Take(kBegin + seconds(3)) == "a");
  auto status = schedule.status(kBegin + seconds(7));
  CHECK(status.waiting == 1);
  CHECK(status.delayed == 0);
  CHECK(status.processing == 1);
  CHECK(status.longest_working == seconds(4));
  CHECK(status.longest_waiting == seconds(6));
  REQUIRE(schedule.Take(kBegin + seconds(7)) == "b");
  schedule.Done("a", kBegin + seconds(8));
  status = schedule.status(kBegin + seconds(8));
  CHECK(status.waited == seconds(3 + 6));
  CHECK(status.worked == seconds(5));
  CHECK(status.done == 1);
  CHECK(status.adds == 2);
}

TEST_CASE("A time that goes back changes no rule", "[kube]") {
  KeySchedule schedule({});
  schedule.Add("a", kBegin);
  CHECK(schedule.Take(kBegin - seconds(100)) == "a");
  schedule.Done("a", kBegin - seconds(200));
  const auto status = schedule.status(kBegin - seconds(300));
  CHECK(status.waited == seconds(0));
  CHECK(status.worked == seconds(0));
}

// ── Threads ──

// Options under which retries come soon.
WorkQueueOptions Eager() {
  WorkQueueOptions options;
  options.most_retry = milliseconds(20);
  options.retries_per_second = 10'000;
  options.retry_burst = 10'000;
  return options;
}

TEST_CASE("Of many workers one has a key at a time, and none of its changes is missed", "[kube]") {
  WorkQueue queue(Eager());
  std::mutex mutex;
  std::set<std::string> under_way;
  std::map<std::string, int> wanted, seen;
  bool overlap = false;
  const auto reconcile = [&](const std::string& key, const std::stop_token&) -> Result<Reconciled> {
    int value = 0;
    {
      const std::lock_guard lock(mutex);
      overlap |= !under_way.insert(key).second;
      value = wanted[key];
    }
    std::this_thread::yield();
    const std::lock_guard lock(mutex);
    seen[key] = value;
    under_way.erase(key);
    return Reconciled::Done();
  };
  const Workers workers("test", queue, reconcile, 8);
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = "key-" + std::to_string(i % 7);
    {
      const std::lock_guard lock(mutex);
      ++wanted[key];
    }
    queue.Add(key);
  }
  CHECK(WaitUntil(
      [&] {
        const std::lock_guard lock(mutex);
        return seen == wanted;
      },
      kPatience));
  CHECK_FALSE(overlap);
  CHECK(workers.status().failed == 0);
}

TEST_CASE("A run that fails or throws is tried again, one that asks for it comes again, and success ends it", "[kube]") {
  WorkQueue queue(Eager());
  std::atomic<int> failing = 0, throwing = 0, again = 0;
  const auto reconcile = [&](const std::string& key, const std::stop_token&) -> Result<Reconciled> {
    if (key == "failing" && ++failing < 4) return Fail(ErrorCode::kUnavailable, "not yet");
    if (key == "throwing" && ++throwing < 3) throw std::runtime_error("surprise");
    if (key == "again" && ++again < 5) return Reconciled::Again(milliseconds(1));
    return Reconciled::Done();
  };
  const Workers workers("test", queue, reconcile, 2);
  for (const char* key : {"failing", "throwing", "again"}) queue.Add(key);
  CHECK(WaitUntil([&] { return failing == 4 && throwing == 3 && again == 5 && queue.status().done == 12; }, kPatience));
  CHECK(workers.status().failed == 5);
  CHECK(workers.status().thrown == 2);
  CHECK(workers.status().succeeded == 7);
  CHECK(queue.status().failing == 0);
  CHECK(queue.status().waiting + queue.status().delayed == 0);
}

TEST_CASE("A delayed key reaches a worker that has waited since before it was added, also while the others are busy", "[kube]") {
  WorkQueue queue;
  std::atomic<bool> release = false;
  std::atomic<int> begun = 0;
  const auto reconcile = [&](const std::string&, const std::stop_token&) -> Result<Reconciled> {
    ++begun;
    WaitUntil([&] { return release.load(); }, kPatience);
    return Reconciled::Done();
  };
  const Workers workers("test", queue, reconcile, 3);
  // All are due together: each must find a worker of its own, although each change wakes one.
  for (const char* key : {"a", "b", "c"}) queue.AddAfter(key, milliseconds(20));
  CHECK(WaitUntil([&] { return begun == 3; }, kPatience));
  release = true;
}

TEST_CASE("A queue that is shut down hands out what is in line and nothing more", "[kube]") {
  WorkQueue queue;
  queue.Add("a");
  queue.AddAfter("later", std::chrono::hours(1));
  queue.ShutDown();
  queue.Add("b");
  CHECK(queue.AddRateLimited("c") == milliseconds(0));
  CHECK(queue.Take({}) == "a");
  CHECK(queue.Take({}) == std::nullopt);
  CHECK(queue.status().delayed == 0);
}

TEST_CASE("Waiting workers end with their owner, and a run under way is told to", "[kube]") {
  WorkQueue queue;
  std::atomic<bool> begun = false, told = false;
  {
    const Workers workers(
        "test", queue,
        [&](const std::string&, const std::stop_token& stop) -> Result<Reconciled> {
          begun = true;
          told = WaitUntil([&] { return stop.stop_requested(); }, kPatience);
          return Fail(ErrorCode::kDeadline, "stopped");
        },
        4);
    queue.Add("a");
    CHECK(WaitUntil([&] { return begun.load(); }, kPatience));
  }
  CHECK(told);
  CHECK(queue.status().processing == 0);
  CHECK(queue.status().delayed == 0);
}

}  // namespace
}  // namespace hullwright::kube
