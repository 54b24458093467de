// What the threads of one server share: settings that do not change, counters, and the current certificate.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "http/body_budget.h"
#include "http/server.h"
#include "http/tls_context.h"

namespace hullwright::http {

struct Counters {
  std::atomic<std::uint64_t> connections_accepted{0}, connections_refused{0};
  std::atomic<std::uint64_t> requests{0}, requests_refused{0}, handler_failures{0};
  std::atomic<std::uint64_t> certificate_reloads{0}, certificate_reload_failures{0};
};

inline void Increment(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

// How many connections are open, with an upper bound. Thread-safe.
class OpenConnections {
 public:
  explicit OpenConnections(std::size_t most) : most_(most) {}

  [[nodiscard]] bool TryAdd() {
    std::lock_guard lock(mutex_);
    if (count_ >= most_) return false;
    ++count_;
    return true;
  }
  void Remove() {
    std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  std::size_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }
  // Whether all were gone before the deadline.
  bool WaitForNone(Deadline deadline) {
    std::unique_lock lock(mutex_);
    return none_.wait_until(lock, deadline, [this] { return count_ == 0; });
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
};

struct ServerState {
  ServerState(ServerOptions server_options, std::vector<Route> server_routes)
      : options(std::move(server_options)),
        routes(std::move(server_routes)),
        body_budget(options.max_body_bytes_in_flight),
        open_connections(options.max_connections),
        blocking_pool(options.blocking_threads) {}

  const ServerOptions options;
  const std::vector<Route> routes;
  Counters counters;
  BodyBudget body_budget;
  OpenConnections open_connections;
  Snapshot<TlsContext> tls;  // holds nothing: plain HTTP
  std::atomic<bool> announce_close{false};
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> blocking_calls{0};  // running and waiting
  boost::asio::thread_pool blocking_pool;
};

}  // namespace hullwright::http
