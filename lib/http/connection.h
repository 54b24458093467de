// One connection, from accept to close. It lives on the thread of its EventLoop; every function here is called on that thread.
//
//   kHandshake → kHead → kBody → kHandler → kWriting → kHead (keep-alive)
//                  └──────┴── refused ────────┤
//                                             └→ kLingering → kClosed
//
// A refused request may have sent more than was read. Closing a socket with unread bytes resets it, and the peer could lose the
// answer; kLingering reads and forgets a little first.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/receive_buffer.h"
#include "http/request_head.h"
#include "http/request_rules.h"
#include "http/server_state.h"
#include "http/transport.h"

namespace hullwright::http {

class EventLoop;

// Without asio's polymorphic executor: it costs an allocation and virtual calls each wait.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, SslPointer session, ServerState& state, EventLoop& loop);
  ~Connection();

  void Start();
  // Closes when the time for what it is doing has run out.
  void Expire(Deadline now);
  // Closes when idle; a request under way is answered with "Connection: close".
  void BeginDrain();
  void Close();

 private:
  enum class Phase { kHandshake, kHead, kBody, kHandler, kWriting, kLingering, kClosed };
  enum class Next { kContinue, kWaitRead, kWaitWrite, kPark };

  void Advance();
  Next Step();
  Next Await(IoStatus status);
  Next Handshake();
  Next ReadHead();
  Next ReadBody();
  Next Receive();
  Next Write();
  Next Linger();

  Next AcceptHead();
  Next Dispatch();
  Next CallBlocking();
  Response CallHandler() const;
  Next Refuse(int status, std::string_view reason);
  Next Refuse(const Refusal& refusal);
  Next Reply(const Response& response);
  Next AfterReply();

  bool MustClose() const;
  bool IsIdle() const { return phase_ == Phase::kHead && buffer_.empty(); }
  void WaitRead();
  void WaitWrite();
  template <class Waiting>
  void OnReady(Waiting waiting, const boost::system::error_code& error);

  Socket socket_;
  ServerState& state_;
  EventLoop& loop_;
  Transport transport_;
  ReceiveBuffer buffer_;
  RequestHeadParser parser_;
  std::optional<std::string> peer_subject_;

  Phase phase_;
  Deadline opened_, deadline_, arrived_;
  const Route* route_ = nullptr;
  ServerRequest request_;
  std::size_t head_bytes_ = 0, body_bytes_ = 0;
  std::string out_;
  std::size_t written_ = 0, discarded_ = 0;
  std::uint64_t requests_ = 0;
  bool readable_ = false;  // the socket may have bytes for us
  bool unparsed_ = false;  // the buffer has bytes that the parser has not seen
  bool close_ = false;     // after the reply
  bool linger_ = false;
  bool waiting_read_ = false, waiting_write_ = false;
};

}  // namespace hullwright::http
