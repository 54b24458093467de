#include "http/listener.h"

#include <fmt/format.h>

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "base/log.h"

namespace hullwright::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// While the process has no descriptor left, accepting at once again would spin.
constexpr std::chrono::milliseconds kPauseAfterFailure{100};

std::string Where(const ServerOptions& options) {
  return fmt::format("address {} port {}", options.address, options.port);
}

}  // namespace

Listener::Listener(ServerState& state, std::vector<std::unique_ptr<EventLoop>>& loops)
    : state_(state), loops_(loops), acceptor_(loops.front()->io()), pause_(loops.front()->io()) {}

Result<void> Listener::Open() {
  const ServerOptions& options = state_.options;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("listen address \"{}\": expected an IP address such as 0.0.0.0", options.address));
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error == asio::error::address_in_use) {
    return Fail(ErrorCode::kConflict, Where(options) + ": in use by another process; choose a free port");
  }
  if (error == asio::error::access_denied) {
    return Fail(ErrorCode::kDenied, Where(options) + ": not permitted; ports below 1024 need a privilege, choose a higher one");
  }
  if (error) {
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: cannot listen: {}", Where(options), error.message()));
  }
  port_ = acceptor_.local_endpoint().port();
  loops_.front()->Post([this] { AcceptNext(); });
  return {};
}

void Listener::AcceptNext() {
  if (!acceptor_.is_open()) return;
  accepted_.emplace(loops_[next_]->io());
  acceptor_.async_accept(*accepted_, [this](const boost::system::error_code& error) { OnAccepted(error); });
}

void Listener::OnAccepted(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) return;
  if (!error) {
    EventLoop& loop = *loops_[next_];
    Socket socket = *std::move(accepted_);
    next_ = (next_ + 1) % loops_.size();
    AcceptNext();
    return HandOver(std::move(socket), loop);
  }
  if (error == asio::error::connection_aborted) return AcceptNext();
  log::Warn("connection not accepted", {{"error", error.message()}});
  pause_.expires_after(kPauseAfterFailure);
  pause_.async_wait([this](const boost::system::error_code& stopped) {
    if (!stopped) AcceptNext();
  });
}

void Listener::HandOver(Socket socket, EventLoop& loop) {
  Increment(state_.counters.connections_accepted);
  if (!state_.open_connections.TryAdd()) {
    Increment(state_.counters.connections_refused);
    return;  // closes
  }
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  loop.Post([&loop, moved = std::move(socket)]() mutable { loop.Adopt(std::move(moved)); });
}

void Listener::TakeBacklog() {
  boost::system::error_code error;
  acceptor_.cancel(error);
  for (;;) {
    accepted_.emplace(loops_[next_]->io());
    acceptor_.accept(*accepted_, error);
    if (error) break;
    EventLoop& loop = *loops_[next_];
    next_ = (next_ + 1) % loops_.size();
    HandOver(*std::move(accepted_), loop);
  }
  acceptor_.close(error);
  pause_.cancel(error);
}

void Listener::CloseAndWait() {
  std::promise<void> closed;
  loops_.front()->Post([this, &closed] {
    if (acceptor_.is_open()) TakeBacklog();
    closed.set_value();
  });
  closed.get_future().wait();
}

}  // namespace hullwright::http
