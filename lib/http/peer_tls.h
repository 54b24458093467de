// The client's side of TLS towards one peer: which roots are trusted and who we are. Takes PEM text, since both may come from objects of
// the cluster as well as from files.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "http/certificate_files.h"
#include "http/tls_context.h"

namespace hullwright::http {

struct TlsMaterial {
  std::string ca_pem = {};  // roots that alone are trusted; empty: the system's
  std::string client_certificate_pem = {}, client_key_pem = {};

  bool operator==(const TlsMaterial&) const = default;
};

// Immutable, so thread-safe.
class PeerTls {
 public:
  // Errors: kInvalidInput, with what cannot be read.
  static Result<std::shared_ptr<const PeerTls>> Make(const TlsMaterial& material);

  // A client's session on a non-blocking socket, which it does not own. host: the name, sent as SNI, or the IP address that the
  // certificate must be for; its subject's common name never counts. nullptr when memory is short.
  SslPointer NewSession(int socket, const std::string& host) const;

 private:
  explicit PeerTls(ContextPointer context) : context_(std::move(context)) {}

  ContextPointer context_;
};

}  // namespace hullwright::http
