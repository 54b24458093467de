// Accepts connections and deals them out to the loops in turn: with the kernel's SO_REUSEPORT spreading, 16 connections easily land
// 11 to 5 on two threads.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "http/connection.h"
#include "http/event_loop.h"
#include "http/server_state.h"

namespace hullwright::http {

// After Open everything runs on the first loop's thread.
class Listener {
 public:
  Listener(ServerState& state, std::vector<std::unique_ptr<EventLoop>>& loops);

  Result<void> Open();
  std::uint16_t port() const { return port_; }
  // Thread-safe. Takes over what waits in the kernel's queue already, then stops listening; returns when that is done.
  void CloseAndWait();

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  void AcceptNext();
  void OnAccepted(const boost::system::error_code& error);
  void HandOver(Socket socket, EventLoop& loop);
  void TakeBacklog();

  ServerState& state_;
  std::vector<std::unique_ptr<EventLoop>>& loops_;
  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::size_t next_ = 0;
  std::optional<Socket> accepted_;  // on loops_[next_]
  std::uint16_t port_ = 0;
};

}  // namespace hullwright::http
