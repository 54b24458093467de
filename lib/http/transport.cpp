#include "http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <cerrno>

namespace hullwright::http {
namespace {

IoResult FromSystemCall(ssize_t result, IoStatus when_blocked) {
  if (result > 0) return {IoStatus::kDone, static_cast<std::size_t>(result)};
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {when_blocked};
  return {IoStatus::kClosed};
}

}  // namespace

IoResult Transport::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  return result == 1 ? IoResult{IoStatus::kDone} : Explain(result);
}

IoResult Transport::Read(std::span<char> into) {
  if (!is_tls()) return FromSystemCall(recv(socket_, into.data(), into.size(), 0), IoStatus::kWantRead);
  ERR_clear_error();  // SSL_get_error reads the thread's queue, which may hold another connection's failure
  std::size_t received = 0;
  const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &received);
  return result == 1 ? IoResult{IoStatus::kDone, received} : Explain(result);
}

IoResult Transport::Write(std::string_view bytes) {
  if (!is_tls()) return FromSystemCall(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), IoStatus::kWantWrite);
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
  return result == 1 ? IoResult{IoStatus::kDone, sent} : Explain(result);
}

bool Transport::HasBuffered() const {
  return is_tls() && SSL_has_pending(session_.get()) == 1;
}

void Transport::ShutdownWrite() {
  if (is_tls() && SSL_is_init_finished(session_.get())) {
    ERR_clear_error();
    SSL_shutdown(session_.get());  // close_notify, as far as it fits; the answer is not waited for
    ERR_clear_error();
  }
  shutdown(socket_, SHUT_WR);
}

IoResult Transport::Discard(std::span<char> scratch) {
  return FromSystemCall(recv(socket_, scratch.data(), scratch.size(), 0), IoStatus::kWantRead);
}

IoResult Transport::Explain(int result) const {
  const int error = SSL_get_error(session_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return {IoStatus::kWantRead};
  if (error == SSL_ERROR_WANT_WRITE) return {IoStatus::kWantWrite};
  return {IoStatus::kClosed};
}

std::optional<std::string> Transport::PeerCommonName() const {
  if (!is_tls()) return std::nullopt;
  X509* certificate = SSL_get0_peer_certificate(session_.get());
  if (certificate == nullptr || SSL_get_verify_result(session_.get()) != X509_V_OK) return std::nullopt;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) return std::nullopt;
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
  if (size < 0) return std::nullopt;
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace hullwright::http
