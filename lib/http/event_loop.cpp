#include "http/event_loop.h"

#include <algorithm>
#include <exception>
#include <vector>

#include "base/log.h"
#include "http/response_text.h"

namespace hullwright::http {
namespace {

using std::chrono::milliseconds;

// Fine enough that a timeout is late by a quarter at most.
milliseconds TickInterval(const ServerOptions& options) {
  const milliseconds shortest = std::min({options.read_timeout, options.handshake_timeout, options.idle_timeout});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(250));
}

}  // namespace

EventLoop::EventLoop(ServerState& state)
    : state_(state), io_(1), tick_(io_), tick_interval_(TickInterval(state.options)), date_(HttpDate()), thread_([this] { Run(); }) {}

EventLoop::~EventLoop() {
  Stop();
}

void EventLoop::Stop() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Run() {
  Post([this] { Tick(); });
  for (bool stopped = false; !stopped;) {
    try {
      io_.run();
      stopped = true;
    } catch (const std::exception& error) {
      log::Error("event loop goes on after an error", {{"error", error.what()}});  // out of memory, in practice
    }
  }
  // Here, on the thread that they belong to, and before the io_context goes.
  ForEach([](Connection& connection) { connection.Close(); });
}

void EventLoop::Tick() {
  const auto now = std::chrono::steady_clock::now();
  // First, so that the tick goes on whatever happens below.
  tick_.expires_at(now + tick_interval_);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
  ForEach([now](Connection& connection) { connection.Expire(now); });
  date_ = HttpDate();
}

// The action may close, and thereby remove, any connection.
template <class Action>
void EventLoop::ForEach(Action action) {
  std::vector<std::shared_ptr<Connection>> connections;
  connections.reserve(connections_.size());
  for (const auto& entry : connections_) connections.push_back(entry.second);
  for (const auto& connection : connections) action(*connection);
}

void EventLoop::BeginDrain() {
  Post([this] { ForEach([](Connection& connection) { connection.BeginDrain(); }); });
}

void EventLoop::CloseAll() {
  Post([this] { ForEach([](Connection& connection) { connection.Close(); }); });
}

void EventLoop::Adopt(Socket socket) {
  const auto tls = state_.tls.Get();
  SslPointer session;
  if (tls) {
    session = tls->NewSession(socket.native_handle());
    if (!session) {
      log::Warn("connection dropped: no memory for a TLS session");
      state_.open_connections.Remove();
      return;
    }
  }
  const auto connection = std::make_shared<Connection>(std::move(socket), std::move(session), state_, *this);
  connections_.emplace(connection.get(), connection);
  connection->Start();
  if (state_.draining) connection->BeginDrain();
}

void EventLoop::Forget(Connection& connection) {
  connections_.erase(&connection);
}

}  // namespace hullwright::http
