// The server's side of TLS: certificate, key and client CA read from PEM files into an OpenSSL context. Immutable once made, so that
// connections share it across threads; a new certificate means a new context for new connections.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"

struct ssl_st;
struct ssl_ctx_st;

namespace hullwright::http {

struct SslDeleter {
  void operator()(ssl_st* ssl) const;
};
using SslPointer = std::unique_ptr<ssl_st, SslDeleter>;

struct TlsFiles {
  std::string certificate_file;  // PEM chain, leaf first
  std::string key_file;          // PEM, without a password
  std::string client_ca_file;    // PEM; empty: client certificates are not asked for
  bool require_client_certificate = false;
};

class TlsContext {
 public:
  // Errors name the file, what is wrong with it and what would be right; kInvalidInput throughout.
  static Result<std::shared_ptr<const TlsContext>> Load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(TlsContext&&) = delete;

  Time expiry() const { return expiry_; }  // of the leaf

  // A server-side session on a non-blocking socket, which it does not own; nullptr when memory is short.
  SslPointer NewSession(int socket) const;

 private:
  TlsContext(ssl_ctx_st* context, Time expiry) : context_(context), expiry_(expiry) {}

  ssl_ctx_st* context_;
  Time expiry_;
};

}  // namespace hullwright::http
