// One connection to a server on 127.0.0.1 that sends exactly the bytes it is told to: what a well-behaved client library would not send.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/http.h"

struct ssl_st;

namespace hullwright::testing {

struct RawTls {
  std::string ca_file = {};  // verifies the server when set
  std::string client_certificate_file = {}, client_key_file = {};
  std::string protocols = {};  // ALPN, one name such as "h2"; empty: none offered
};

class RawConnection {
 public:
  // Not connected when the server refused; see is_open(). Every wait ends after patience.
  explicit RawConnection(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(10));
  RawConnection(std::uint16_t port, const RawTls& tls, std::chrono::milliseconds patience = std::chrono::seconds(10));
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept;

  bool is_open() const { return socket_ >= 0; }  // for TLS: the handshake went well

  // False: the connection is gone.
  bool Send(std::string_view bytes);
  // The next whole response; nullopt when the connection ended or patience ran out before.
  std::optional<http::Response> Receive();
  std::optional<http::Response> Exchange(std::string_view request) { return Send(request) ? Receive() : std::nullopt; }
  // Whether the server closes (or resets) the connection within patience; what it sends before is dropped.
  bool IsClosedByPeer();

  std::string protocol() const;     // the ALPN protocol agreed on
  std::string peer_serial() const;  // of the server's certificate, in hex

 private:
  long Read(char* into, std::size_t size);
  void Close();

  int socket_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string leftover_;
};

// "POST <path> HTTP/1.1" with what such a request needs.
std::string PostRequest(std::string_view path, std::string_view body, std::string_view further_headers = "");
std::string GetRequest(std::string_view path, std::string_view further_headers = "");

}  // namespace hullwright::testing
