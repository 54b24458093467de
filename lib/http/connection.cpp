#include "http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <exception>

#include "base/log.h"
#include "http/event_loop.h"
#include "http/response_text.h"

namespace hullwright::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBaseBufferBytes = 16u << 10;
// What an ordinary reply fits in; a larger one's memory is given back after it was sent.
constexpr std::size_t kKeptReplyBytes = 64u << 10;
constexpr std::size_t kMaxDiscardedBytes = 256u << 10;
constexpr milliseconds kLingerTime{1000};
// At drain: how long a connection that has not sent its first request yet may still do so.
constexpr milliseconds kFirstRequestGrace{1000};

Response InternalError() {
  Response response;
  response.status = 500;
  response.body = R"({"error":"internal error"})";
  return response;
}

}  // namespace

Connection::Connection(Socket socket, SslPointer session, ServerState& state, EventLoop& loop)
    : socket_(std::move(socket)),
      state_(state),
      loop_(loop),
      transport_(socket_.native_handle(), std::move(session)),
      buffer_(std::max(kBaseBufferBytes, state.options.max_header_bytes), state.body_budget),
      parser_(state.options.max_header_bytes),
      phase_(transport_.is_tls() ? Phase::kHandshake : Phase::kHead),
      opened_(steady_clock::now()),
      deadline_(opened_ + (transport_.is_tls() ? state.options.handshake_timeout : state.options.read_timeout)),
      arrived_(opened_) {}

Connection::~Connection() = default;

void Connection::Start() {
  Advance();
}

void Connection::Expire(Deadline now) {
  if (now >= deadline_) Close();
}

void Connection::BeginDrain() {
  if (phase_ == Phase::kHandshake || (IsIdle() && requests_ == 0)) {
    deadline_ = std::min(deadline_, steady_clock::now() + kFirstRequestGrace);
    return;
  }
  if (!IsIdle()) return;
  readable_ = true;  // a request that has crossed with our decision is still answered
  Advance();
  if (IsIdle()) {
    transport_.ShutdownWrite();
    Close();
  }
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  state_.open_connections.Remove();
  loop_.Forget(*this);
}

// Runs until the connection has to wait for somebody. What it throws (memory) ends this connection only.
void Connection::Advance() {
  try {
    for (;;) {
      switch (Step()) {
        case Next::kContinue:
          continue;
        case Next::kWaitRead:
          return WaitRead();
        case Next::kWaitWrite:
          return WaitWrite();
        case Next::kPark:
          return;
      }
    }
  } catch (const std::exception& error) {
    log::Error("connection failed", {{"error", error.what()}});
    Close();
  }
}

Connection::Next Connection::Step() {
  switch (phase_) {
    case Phase::kHandshake:
      return Handshake();
    case Phase::kHead:
      return ReadHead();
    case Phase::kBody:
      return ReadBody();
    case Phase::kWriting:
      return Write();
    case Phase::kLingering:
      return Linger();
    case Phase::kHandler:
    case Phase::kClosed:
      break;
  }
  return Next::kPark;
}

// What an operation that is not done waits for; it never comes from a connection that is gone.
Connection::Next Connection::Await(IoStatus status) {
  if (status == IoStatus::kWantRead) return Next::kWaitRead;
  if (status == IoStatus::kWantWrite) return Next::kWaitWrite;
  Close();
  return Next::kPark;
}

Connection::Next Connection::Handshake() {
  if (const IoResult result = transport_.Handshake(); result.status != IoStatus::kDone) return Await(result.status);
  peer_subject_ = transport_.PeerCommonName();
  phase_ = Phase::kHead;
  readable_ = true;  // the first request may have come with the end of the handshake
  deadline_ = steady_clock::now() + state_.options.read_timeout;
  return Next::kContinue;
}

Connection::Next Connection::ReadHead() {
  if (!unparsed_) return Receive();
  const auto progress = parser_.Parse(buffer_.View().substr(head_bytes_));
  head_bytes_ += progress.consumed;
  const bool complete = progress.state == RequestHeadParser::State::kComplete;
  // Beast's limit alone is not enough: it counts anew after each piece in which whole fields arrived.
  if ((complete ? head_bytes_ : buffer_.size()) > state_.options.max_header_bytes) return Refuse(431, "the header is too large");
  switch (progress.state) {
    case RequestHeadParser::State::kComplete:
      return AcceptHead();
    case RequestHeadParser::State::kMalformed:
      return Refuse(400, "the request is malformed");
    case RequestHeadParser::State::kTooLarge:
      return Refuse(431, "the header is too large");
    case RequestHeadParser::State::kNeedMore:
      break;
  }
  unparsed_ = false;
  return buffer_.Free().empty() ? Refuse(431, "the header is too large") : Next::kContinue;
}

Connection::Next Connection::AcceptHead() {
  ++requests_;
  Increment(state_.counters.requests);
  const RequestHead& head = parser_.head();
  const auto route = FindRoute(head, state_.routes, state_.options.max_body_bytes);
  if (!route) return Refuse(route.error());
  route_ = *route;
  body_bytes_ = static_cast<std::size_t>(head.content_length.value_or(0));
  const std::size_t wanted = head_bytes_ + body_bytes_;
  if (wanted > buffer_.base_bytes() && !state_.body_budget.HasRoomFor(wanted - buffer_.base_bytes())) {
    return Refuse(429, "too many large requests at once");
  }
  phase_ = Phase::kBody;
  return Next::kContinue;
}

Connection::Next Connection::ReadBody() {
  const std::size_t wanted = head_bytes_ + body_bytes_;
  if (buffer_.size() >= wanted) return Dispatch();
  if (!buffer_.MakeRoom(wanted)) return Refuse(429, "too many large requests at once");
  return Receive();
}

Connection::Next Connection::Receive() {
  if (!readable_) return Next::kWaitRead;
  const std::span<char> free = buffer_.Free();
  const IoResult result = transport_.Read(free);
  if (result.status == IoStatus::kWantRead) readable_ = false;
  if (result.status != IoStatus::kDone) return Await(result.status);
  // Fewer bytes than there was room for: the socket is empty, and trying again would only cost a system call to hear so.
  readable_ = result.bytes == free.size() || transport_.HasBuffered();
  if (buffer_.empty()) {
    arrived_ = steady_clock::now();
    deadline_ = arrived_ + state_.options.read_timeout;
  }
  buffer_.Commit(result.bytes);
  unparsed_ = true;
  return Next::kContinue;
}

Connection::Next Connection::Dispatch() {
  const RequestHead& head = parser_.head();
  request_.method = head.method;
  request_.path = head.path;
  request_.query = head.query;
  request_.content_type = head.content_type;
  request_.body = buffer_.View().substr(head_bytes_, body_bytes_);
  request_.peer_subject = peer_subject_;
  request_.deadline = RequestDeadline(head.query, arrived_, state_.options.request_deadline);
  request_.may_block = route_->blocking;
  if (route_->blocking) return CallBlocking();
  const Response response = CallHandler();
  if (response.status != kCallAgainBlocking) return Reply(response);
  request_.may_block = true;
  return CallBlocking();
}

Connection::Next Connection::CallBlocking() {
  const std::size_t most = state_.options.max_blocking_queue + state_.options.blocking_threads;
  if (state_.blocking_calls.fetch_add(1) >= most) {
    state_.blocking_calls.fetch_sub(1);
    return Refuse(429, "too many requests wait for an answer");
  }
  phase_ = Phase::kHandler;
  deadline_ = Deadline::max();  // the handler keeps its own
  boost::asio::post(state_.blocking_pool, [self = shared_from_this()]() mutable {
    // Nobody waits any more for a call that stood in the queue beyond its deadline.
    const bool late = steady_clock::now() >= self->request_.deadline;
    Response response = late ? RefusalResponse({503, "the deadline passed before a thread was free"}) : self->CallHandler();
    self->state_.blocking_calls.fetch_sub(1);
    EventLoop& loop = self->loop_;
    loop.Post([self = std::move(self), response = std::move(response)] {
      if (self->phase_ != Phase::kHandler) return;  // closed meanwhile
      self->Reply(response);
      self->Advance();
    });
  });
  return Next::kPark;
}

// On the connection's thread or, for a blocking route, on one of the pool while the connection rests in kHandler.
Response Connection::CallHandler() const {
  try {
    Response response = route_->handler(request_);
    if (response.status != kCallAgainBlocking || !request_.may_block) return response;
    log::Error("request handler asked twice to be called again", {{"path", route_->path}});
  } catch (const std::exception& error) {
    log::Error("request handler failed", {{"path", route_->path}, {"error", error.what()}});
  } catch (...) {
    log::Error("request handler failed", {{"path", route_->path}, {"error", "not a std::exception"}});
  }
  Increment(state_.counters.handler_failures);
  return InternalError();
}

Connection::Next Connection::Refuse(int status, std::string_view reason) {
  return Refuse(Refusal{status, reason});
}

Connection::Next Connection::Refuse(const Refusal& refusal) {
  Increment(state_.counters.requests_refused);
  close_ = true;
  linger_ = true;
  return Reply(RefusalResponse(refusal));
}

bool Connection::MustClose() const {
  return close_ || !parser_.head().keep_alive || state_.announce_close.load(std::memory_order_relaxed) ||
         state_.draining.load(std::memory_order_relaxed) || arrived_ >= opened_ + state_.options.max_connection_age;
}

Connection::Next Connection::Reply(const Response& response) {
  close_ = MustClose();
  out_.clear();
  written_ = 0;
  AppendResponse(response, {.close = close_, .http11 = parser_.head().http11, .date = loop_.date()}, out_);
  phase_ = Phase::kWriting;
  deadline_ = steady_clock::now() + state_.options.read_timeout;
  return Next::kContinue;
}

Connection::Next Connection::Write() {
  while (written_ < out_.size()) {
    const IoResult result = transport_.Write(std::string_view(out_).substr(written_));
    if (result.status != IoStatus::kDone) return Await(result.status);
    written_ += result.bytes;
  }
  return AfterReply();
}

Connection::Next Connection::AfterReply() {
  if (close_) {
    transport_.ShutdownWrite();
    if (!linger_) {
      Close();
      return Next::kPark;
    }
    phase_ = Phase::kLingering;
    deadline_ = steady_clock::now() + kLingerTime;
    return Next::kContinue;
  }
  buffer_.Consume(head_bytes_ + body_bytes_);
  head_bytes_ = body_bytes_ = 0;
  parser_.Reset();
  if (out_.capacity() > kKeptReplyBytes) out_ = {};
  unparsed_ = !buffer_.empty();
  if (unparsed_) {
    arrived_ = steady_clock::now();
    deadline_ = arrived_ + state_.options.read_timeout;
  } else {
    deadline_ = steady_clock::now() + state_.options.idle_timeout;
  }
  phase_ = Phase::kHead;
  return Next::kContinue;
}

Connection::Next Connection::Linger() {
  std::array<char, 16 << 10> scratch;
  while (discarded_ < kMaxDiscardedBytes) {
    const IoResult result = transport_.Discard(scratch);
    if (result.status == IoStatus::kWantRead) return Next::kWaitRead;
    if (result.status != IoStatus::kDone) break;
    discarded_ += result.bytes;
  }
  Close();
  return Next::kPark;
}

template <class Waiting>
void Connection::OnReady(Waiting waiting, const boost::system::error_code& error) {
  this->*waiting = false;
  if (error || phase_ == Phase::kClosed) return;
  readable_ = true;
  Advance();
}

void Connection::WaitRead() {
  if (waiting_read_) return;
  waiting_read_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const auto& error) { self->OnReady(&Connection::waiting_read_, error); });
}

void Connection::WaitWrite() {
  if (waiting_write_) return;
  waiting_write_ = true;
  socket_.async_wait(Socket::wait_write,
                     [self = shared_from_this()](const auto& error) { self->OnReady(&Connection::waiting_write_, error); });
}

}  // namespace hullwright::http
