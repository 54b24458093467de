#include "support/raw_http.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <csignal>
#include <utility>

namespace hullwright::testing {
namespace {

int ConnectTo(std::uint16_t port, std::chrono::milliseconds patience) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  close(socket);
  return -1;
}

SSL* NewSession(const RawTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (!tls.ca_file.empty()) {
    SSL_CTX_load_verify_file(context, tls.ca_file.c_str());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  }
  if (!tls.client_certificate_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context, tls.client_certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(context, tls.client_key_file.c_str(), SSL_FILETYPE_PEM);
  }
  if (!tls.protocols.empty()) {
    const std::string wire = static_cast<char>(tls.protocols.size()) + tls.protocols;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()), static_cast<unsigned>(wire.size()));
  }
  SSL* session = SSL_new(context);
  SSL_CTX_free(context);  // the session keeps it
  return session;
}

http::Response FromBeast(const boost::beast::http::response<boost::beast::http::string_body>& message) {
  http::Response response;
  response.status = static_cast<int>(message.result_int());
  response.body = message.body();
  response.content_type.clear();
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    if (field.name() == boost::beast::http::field::content_type) response.content_type = std::string(field.value());
  }
  return response;
}

}  // namespace

RawConnection::RawConnection(std::uint16_t port, std::chrono::milliseconds patience) : socket_(ConnectTo(port, patience)) {
  std::signal(SIGPIPE, SIG_IGN);  // for SSL_write to a closed connection
}

RawConnection::RawConnection(std::uint16_t port, const RawTls& tls, std::chrono::milliseconds patience) : RawConnection(port, patience) {
  if (!is_open()) return;
  ssl_ = NewSession(tls);
  SSL_set_fd(ssl_, socket_);
  if (SSL_connect(ssl_) != 1) Close();
}

RawConnection::RawConnection(RawConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), ssl_(std::exchange(other.ssl_, nullptr)), leftover_(std::move(other.leftover_)) {}

RawConnection::~RawConnection() {
  Close();
}

void RawConnection::Close() {
  SSL_free(std::exchange(ssl_, nullptr));
  if (socket_ >= 0) close(std::exchange(socket_, -1));
}

bool RawConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (socket_ < 0) return false;
    const int wanted = static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 20));
    const long sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), wanted)
                                      : send(socket_, bytes.data(), static_cast<std::size_t>(wanted), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

long RawConnection::Read(char* into, std::size_t size) {
  if (socket_ < 0) return -1;
  return ssl_ != nullptr ? SSL_read(ssl_, into, static_cast<int>(size)) : recv(socket_, into, size, 0);
}

std::optional<http::Response> RawConnection::Receive() {
  boost::beast::http::response_parser<boost::beast::http::string_body> parser;
  parser.eager(true);
  std::array<char, 64 << 10> piece;
  for (;;) {
    boost::system::error_code error;
    const std::size_t used = leftover_.empty() ? 0 : parser.put(boost::asio::buffer(leftover_), error);
    leftover_.erase(0, used);
    if (parser.is_done()) return FromBeast(parser.get());
    if (error && error != boost::beast::http::error::need_more) return std::nullopt;
    const long received = Read(piece.data(), piece.size());
    if (received <= 0) return std::nullopt;
    leftover_.append(piece.data(), static_cast<std::size_t>(received));
  }
}

bool RawConnection::IsClosedByPeer() {
  std::array<char, 4096> piece;
  for (;;) {
    errno = 0;
    const long received = Read(piece.data(), piece.size());
    if (received > 0) continue;
    return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

std::string RawConnection::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

std::string RawConnection::peer_serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(SSL_get0_peer_certificate(ssl_));
  return fmt::format("{:x}", ASN1_INTEGER_get(serial));
}

std::string PostRequest(std::string_view path, std::string_view body, std::string_view further_headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), further_headers, body);
}

std::string GetRequest(std::string_view path, std::string_view further_headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: webhook\r\n{}\r\n", path, further_headers);
}

}  // namespace hullwright::testing
