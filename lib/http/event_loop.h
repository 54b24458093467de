// One thread that serves its share of the connections. A connection never changes its thread, so that nothing in it needs a lock;
// instead of a timer for each operation one coarse tick looks at all deadlines.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "http/connection.h"
#include "http/server_state.h"

namespace hullwright::http {

class EventLoop {
 public:
  explicit EventLoop(ServerState& state);
  ~EventLoop();  // stops

  boost::asio::io_context& io() { return io_; }

  // Thread-safe.
  template <class Task>
  void Post(Task task) {
    boost::asio::post(io_, std::move(task));
  }
  void BeginDrain();
  void CloseAll();
  void Stop();

  // On this loop's thread only.
  void Adopt(Socket socket);  // already counted in ServerState::open_connections
  void Forget(Connection& connection);
  std::string_view date() const { return date_; }

 private:
  void Run();
  void Tick();
  template <class Action>
  void ForEach(Action action);

  ServerState& state_;
  boost::asio::io_context io_;
  boost::asio::steady_timer tick_;
  std::chrono::milliseconds tick_interval_;
  std::string date_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::jthread thread_;
};

}  // namespace hullwright::http
