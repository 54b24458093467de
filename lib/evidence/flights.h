// One piece of work for each key at a time: whoever asks for the same meanwhile waits for the same result.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "evidence/work_pool.h"

namespace hullwright::evidence {

// Thread-safe. The work runs on the pool and not on the thread of who asked first, so that its result is there for those who come later
// even when the first has given up. The pool is destroyed before this, since its work refers to it.
template <class Value>
class Flights {
 public:
  using Flight = std::shared_future<Value>;

  // The flight of this key: the one under way, otherwise work() on the pool. nullopt when too much waits already. work may throw: then
  // Await throws the same. When admission asks for what waits in the background, it waits with admission from then on.
  template <class Work>
  std::optional<Flight> Join(const std::string& key, Urgency urgency, WorkPool& pool, Work work) {
    return under_way_.With([&](auto& all) -> std::optional<Flight> {
      const auto known = all.find(key);
      // One that has landed has left its result where the caller looked before; whoever asks now wants a later one.
      const bool is_new = known == all.end() || HasLanded(known->second->flight);
      auto task = is_new ? std::make_shared<Task>(std::move(work), urgency) : known->second;
      const bool raise = !is_new && urgency == Urgency::kAdmission && std::exchange(task->urgency, urgency) == Urgency::kBackground;
      if (!is_new && !raise) return task->flight;
      // Of a raised task the place among the background stays, and finds it started.
      const bool taken = pool.Submit(urgency, [this, key, task] { Run(key, task); });
      if (is_new && !taken) return std::nullopt;
      if (is_new) all.insert_or_assign(key, task);
      return task->flight;
    });
  }

  // nullopt: not finished by the deadline.
  static std::optional<Value> Await(const Flight& flight, Deadline deadline) {
    if (flight.wait_until(deadline) != std::future_status::ready) return std::nullopt;
    return flight.get();
  }

 private:
  struct Task {
    template <class Work>
    Task(Work work, Urgency first) : run(std::move(work)), flight(run.get_future().share()), urgency(first) {}

    std::packaged_task<Value()> run;
    Flight flight;
    Urgency urgency;  // under the lock of under_way_
    std::atomic<bool> started = false;
  };

  static bool HasLanded(const Flight& flight) { return flight.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

  void Run(const std::string& key, const std::shared_ptr<Task>& task) {
    if (task->started.exchange(true)) return;
    task->run();
    under_way_.With([&](auto& all) {
      const auto mine = all.find(key);
      if (mine != all.end() && mine->second == task) all.erase(mine);
    });
  }

  Guarded<std::map<std::string, std::shared_ptr<Task>>> under_way_;
};

}  // namespace hullwright::evidence
