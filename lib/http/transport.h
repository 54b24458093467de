// Bytes in and out of a non-blocking socket, plain or TLS. OpenSSL works on the socket itself: asio::ssl::stream, which copies
// through a pair of memory buffers, answered the same 6 KB POST in 18 µs where this takes 13 µs (p50, one connection, nginx 12 µs).
// Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/tls_context.h"

namespace hullwright::http {

enum class IoStatus {
  kDone,
  kWantRead,  // wait until the socket is readable, then call again
  kWantWrite,
  kClosed,  // the peer is gone, or it does not speak TLS: close
};

struct IoResult {
  IoStatus status = IoStatus::kDone;
  std::size_t bytes = 0;  // with kDone: at least one
};

class Transport {
 public:
  // The socket belongs to the caller and outlives this. Without a session: plain.
  Transport(int socket, SslPointer session) : socket_(socket), session_(std::move(session)) {}

  bool is_tls() const { return session_ != nullptr; }
  IoResult Handshake();
  IoResult Read(std::span<char> into);
  IoResult Write(std::string_view bytes);
  // Bytes that Read may return although the socket is not readable any more.
  bool HasBuffered() const;
  // Says that nothing more will be written; the peer's bytes can still be discarded.
  void ShutdownWrite();
  // Reads and forgets what the peer still sends, without decrypting.
  IoResult Discard(std::span<char> scratch);

  // The common name of the client certificate that was verified in the handshake. A subject with several names or with
  // characters that cut a C string is no name.
  std::optional<std::string> PeerCommonName() const;

 private:
  IoResult Explain(int result) const;

  int socket_;
  SslPointer session_;
};

}  // namespace hullwright::http
