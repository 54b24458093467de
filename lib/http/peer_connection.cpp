#include "http/peer_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "http/peer_tls.h"

namespace hullwright::http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 2 * kMaxHeadBytes;  // a head, or a chunk's, always fits
constexpr int kMaxInterimResponses = 4;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress ToSocketAddress(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.is_ipv4()) {
    auto* ipv4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    std::copy_n(address.bytes().begin() + 12, 4, reinterpret_cast<std::uint8_t*>(&ipv4->sin_addr));
    result.size = sizeof(sockaddr_in);
  } else {
    auto* ipv6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    std::ranges::copy(address.bytes(), ipv6->sin6_addr.s6_addr);
    result.size = sizeof(sockaddr_in6);
  }
  return result;
}

std::string SystemReason(int error) {
  return std::generic_category().message(error);
}

// Why a handshake failed, in OpenSSL's words; a certificate's failing comes first.
std::string HandshakeReason(SSL* session) {
  const long verified = SSL_get_verify_result(session);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  return "the peer closed, or speaks no TLS";
}

}  // namespace

PeerConnection::~PeerConnection() {
  transport_.reset();
  close(socket_);
}

std::unexpected<PeerError> PeerConnection::LateError() const {
  return std::unexpected(PeerError{PeerFailure::kDeadline, peer_ + ": no complete answer in the time allowed"});
}

bool PeerConnection::WaitFor(short events, Deadline deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd ready{socket_, events, 0};
    if (poll(&ready, 1, static_cast<int>(std::min<long>(left, 60'000))) > 0) return true;
  }
}

bool PeerConnection::WaitFor(IoStatus status, Deadline deadline) const {
  return WaitFor(static_cast<short>(status == IoStatus::kWantWrite ? POLLOUT : POLLIN), deadline);
}

PeerResult<std::unique_ptr<PeerConnection>> PeerConnection::Open(const Origin& origin, const IpAddress& address,
                                                                 std::shared_ptr<const PeerTls> tls, Deadline deadline) {
  const std::string peer = fmt::format("{} ({})", origin.ToString(), address.ToString());
  const int fd = socket(address.is_ipv4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return std::unexpected(PeerError{PeerFailure::kConnect, fmt::format("{}: {}", peer, SystemReason(errno))});
  std::unique_ptr<PeerConnection> connection(new PeerConnection(peer, address, fd));
  if (const auto connected = connection->Connect(origin.port, deadline); !connected) return std::unexpected(connected.error());
  if (tls) {
    if (const auto secured = connection->StartTls(origin, std::move(tls), deadline); !secured) return std::unexpected(secured.error());
  } else {
    connection->transport_ = std::make_unique<Transport>(fd, nullptr);
  }
  return connection;
}

PeerResult<void> PeerConnection::Connect(std::uint16_t port, Deadline deadline) {
  const auto failed = [&](int error) {
    return std::unexpected(PeerError{PeerFailure::kConnect, fmt::format("{}: cannot connect: {}", peer_, SystemReason(error))});
  };
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const SocketAddress address = ToSocketAddress(address_, port);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return {};
  if (errno != EINPROGRESS) return failed(errno);
  if (!WaitFor(POLLOUT, deadline)) {
    return std::unexpected(PeerError{PeerFailure::kDeadline, peer_ + ": no connection in the time allowed"});
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(error);
  return {};
}

PeerResult<void> PeerConnection::StartTls(const Origin& origin, std::shared_ptr<const PeerTls> tls, Deadline deadline) {
  tls_ = std::move(tls);
  SslPointer session = tls_->NewSession(socket_, origin.host);
  if (!session) return std::unexpected(PeerError{PeerFailure::kTls, peer_ + ": OpenSSL cannot begin a session for this name"});
  SSL* const raw = session.get();
  transport_ = std::make_unique<Transport>(socket_, std::move(session));
  for (;;) {
    const IoResult result = transport_->Handshake();
    if (result.status == IoStatus::kDone) return {};
    if (result.status == IoStatus::kClosed) {
      return std::unexpected(PeerError{
          PeerFailure::kTls,
          fmt::format("{}: TLS failed: {}; expected a certificate for this host from a trusted CA", peer_, HandshakeReason(raw))});
    }
    if (!WaitFor(result.status, deadline)) return LateError();
  }
}

bool PeerConnection::IsQuiet() const {
  if (transport_->HasBuffered() || !buffer_.empty()) return false;
  pollfd ready{socket_, POLLIN, 0};
  return poll(&ready, 1, 0) == 0;
}

PeerResult<void> PeerConnection::SendAll(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const IoResult result = transport_->Write(bytes);
    if (result.status == IoStatus::kDone) {
      bytes.remove_prefix(result.bytes);
    } else if (result.status == IoStatus::kClosed) {
      return std::unexpected(PeerError{PeerFailure::kConnect, peer_ + ": the connection was closed while we sent"});
    } else if (!WaitFor(result.status, deadline)) {
      return LateError();
    }
  }
  return {};
}

PeerResult<std::size_t> PeerConnection::ReadMore(Deadline deadline) {
  const std::size_t before = buffer_.size();
  if (before >= kReadBytes) return std::unexpected(PeerError{PeerFailure::kTooLarge, peer_ + ": a head is larger than we read"});
  for (;;) {
    // A peer that always has a byte ready would never make us wait.
    if (steady_clock::now() >= deadline) return LateError();
    IoResult result;
    // Nothing is cleared first: 32 KiB for each read would push everything else out of the processor's first cache.
    buffer_.resize_and_overwrite(kReadBytes, [&](char* bytes, std::size_t) {
      result = transport_->Read({bytes + before, kReadBytes - before});
      return before + result.bytes;
    });
    if (result.status == IoStatus::kDone || result.status == IoStatus::kClosed) {
      received_ = received_ || result.bytes > 0;
      return result.bytes;
    }
    if (!WaitFor(result.status, deadline)) return LateError();
  }
}

PeerResult<Response> PeerConnection::ReadOne(const ResponseBounds& bounds, Deadline deadline) {
  ResponseReader reader(peer_, bounds);
  for (;;) {
    if (!buffer_.empty()) {
      const auto taken = reader.Feed(buffer_);
      if (!taken) return std::unexpected(taken.error());
      buffer_.erase(0, *taken);
    }
    if (reader.done()) break;
    const auto more = ReadMore(deadline);
    if (!more) return std::unexpected(more.error());
    if (*more > 0) continue;
    if (const auto ended = reader.End(); !ended) return std::unexpected(ended.error());
    break;
  }
  usable_ = reader.keep_alive();
  return reader.Take();
}

std::expected<Response, ExchangeFailure> PeerConnection::Exchange(std::string_view request, const ResponseBounds& bounds,
                                                                  Deadline deadline) {
  usable_ = received_ = false;
  const auto fail = [&](PeerError error) { return std::unexpected(ExchangeFailure{std::move(error), !received_}); };
  if (const auto sent = SendAll(request, deadline); !sent) return fail(sent.error());
  for (int interim = 0; interim <= kMaxInterimResponses; ++interim) {
    auto response = ReadOne(bounds, deadline);
    if (!response) return fail(response.error());
    if (response->status == 101) break;  // we never ask for another protocol
    if (response->status < 200) continue;
    // Bytes behind an answer belong to no question of ours.
    usable_ = usable_ && buffer_.empty();
    return std::move(*response);
  }
  usable_ = false;
  return fail({PeerFailure::kProtocol, peer_ + ": interim answers only"});
}

}  // namespace hullwright::http
