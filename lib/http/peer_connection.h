// One connection to a checked address. Every wait ends at the deadline. Not thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/bounded_client.h"
#include "http/response_reader.h"
#include "http/transport.h"

namespace hullwright::http {

// What became of a request that got no answer: whether the peer had seen any of our bytes answered.
struct ExchangeFailure {
  PeerError error;
  bool nothing_received = false;  // a kept connection that the peer had closed meanwhile looks like this
};

class PeerConnection {
 public:
  // tls: null for plain HTTP.
  static PeerResult<std::unique_ptr<PeerConnection>> Open(const Origin& origin, const IpAddress& address,
                                                          std::shared_ptr<const PeerTls> tls, Deadline deadline);
  ~PeerConnection();
  PeerConnection(PeerConnection&&) = delete;

  const IpAddress& address() const { return address_; }
  // Whether nothing waits to be read: what a peer says unasked, or its close, makes a connection useless.
  bool IsQuiet() const;
  // Whether the last response left it in a state for another.
  bool can_be_used_again() const { return usable_; }

  // Sends the bytes and reads the final response; interim ones (1xx) are passed over.
  std::expected<Response, ExchangeFailure> Exchange(std::string_view request, const ResponseBounds& bounds, Deadline deadline);

 private:
  PeerConnection(std::string peer, const IpAddress& address, int socket) : peer_(std::move(peer)), address_(address), socket_(socket) {}

  PeerResult<void> Connect(std::uint16_t port, Deadline deadline);
  PeerResult<void> StartTls(const Origin& origin, std::shared_ptr<const PeerTls> tls, Deadline deadline);
  bool WaitFor(short events, Deadline deadline) const;
  bool WaitFor(IoStatus status, Deadline deadline) const;
  PeerResult<void> SendAll(std::string_view bytes, Deadline deadline);
  PeerResult<Response> ReadOne(const ResponseBounds& bounds, Deadline deadline);
  PeerResult<std::size_t> ReadMore(Deadline deadline);  // 0: the peer has closed
  std::unexpected<PeerError> LateError() const;

  const std::string peer_;
  const IpAddress address_;
  const int socket_;
  std::shared_ptr<const PeerTls> tls_;
  std::unique_ptr<Transport> transport_;
  std::string buffer_;
  bool received_ = false;
  bool usable_ = false;
};

}  // namespace hullwright::http
