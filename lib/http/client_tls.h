// The client's side of TLS: which roots are trusted and who we are, read once and put into each new connection's context.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/certificate_files.h"
#include "http/client.h"

namespace hullwright::http {

// Immutable, so thread-safe.
class ClientTls {
 public:
  // host: the name or IP address that the server's certificate must be for.
  static Result<std::shared_ptr<const ClientTls>> Load(const ClientOptions& options, std::string host);

  // Throws std::runtime_error when OpenSSL refuses; cpprestsdk turns that into a failed request.
  void Configure(SSL_CTX* context) const;

 private:
  ClientTls() = default;

  std::string host_;
  StorePointer roots_;  // null: the system's
  std::optional<Identity> identity_;
  std::string certificate_file_;
};

// Whether host is an IPv4 address, for which names and server name indication do not apply.
bool IsIpAddress(const std::string& host);

}  // namespace hullwright::http
