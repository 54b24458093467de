// The HTTPS server of the webhook, on Boost.Beast (docs/decisions/0009-http-server.md). HTTP/1.1 only: the API server speaks nothing
// else to services.
//
// Hostile clients are expected: anybody on the pod network can connect. Therefore
//   - header bytes, body bytes, the sum of body bytes in memory, connections and blocking calls are capped; over a cap the answer
//     is 413, 431 or 429 + "Retry-After: 1" (the API server retries only with that header), and the connection closes;
//   - a body needs Content-Length (411 for chunked or none on POST), and smuggling combinations are 400;
//   - a body that fits in a connection's own 16 KiB buffer takes nothing from the common budget, a larger one only as its bytes arrive:
//     announcing large bodies starves nobody;
//   - header and body must arrive inside read_timeout; an idle connection lives idle_timeout, which must exceed the 90 s after which
//     the API server drops idle connections (otherwise a POST meets a closing socket and fails, it is not retried).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "http/http.h"

namespace hullwright::http {

// A request as the handler sees it; views are valid until the handler has answered.
struct ServerRequest {
  std::string_view method;
  std::string_view path;  // without the query
  std::string_view query;
  std::string_view content_type;
  std::string_view body;
  std::optional<std::string> peer_subject;  // common name of the verified client certificate; nullopt without one
  Deadline deadline;       // when the caller gives up, less a margin: from ?timeout=Ns, else ServerOptions::request_deadline
  bool may_block = false;  // called on the pool of blocking_threads
};

// What a handler answers that finds it has to wait and may not: it is then called once more, on the pool, with may_block.
inline constexpr int kCallAgainBlocking = 0;

// May throw: the server answers 500 to that request, counts it and lives on.
using Handler = std::function<Response(const ServerRequest&)>;

struct Route {
  std::string method;  // "GET", "POST"
  std::string path;    // exact
  Handler handler;
  // A blocking handler runs on the small pool of blocking_threads, others on the connection's own thread, where they must only
  // compute: memory, no I/O. One that has to wait only now and then answers with the status kCallAgainBlocking.
  bool blocking = false;
};

struct ServerOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 8443;                // 0: any free port, see HttpServer::port()
  std::string certificate_file, key_file;   // PEM; empty both: plain HTTP (metrics port, tests)
  std::string client_ca_file;               // verify client certificates when they are given
  bool require_client_certificate = false;  // refuse connections without one
  unsigned threads = 2;
  unsigned blocking_threads = 4;
  std::size_t max_header_bytes = 16u << 10;
  std::size_t max_body_bytes = 7u << 20;  // JsonLimits::max_bytes
  std::size_t max_body_bytes_in_flight = 64u << 20;
  std::size_t max_connections = 4096;
  std::size_t max_blocking_queue = 64;
  std::chrono::milliseconds read_timeout{10'000};
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds max_connection_age{120'000};  // then "Connection: close", so that new replicas get load
  std::chrono::milliseconds request_deadline{9'000};
};

// What the server counts; read by /metrics. Plain numbers since start.
struct ServerStatistics {
  std::uint64_t connections_accepted = 0, connections_open = 0, connections_refused = 0;
  std::uint64_t requests = 0, requests_refused = 0;  // refused: 4xx given by the server itself, before any handler
  std::uint64_t handler_failures = 0;                // a handler threw
  std::uint64_t certificate_reloads = 0, certificate_reload_failures = 0;
};

// Thread-safe. Start → serve → Drain → destructor.
class HttpServer {
 public:
  // Binds and starts to serve. Errors name the address or file and what would be right (port in use, no such certificate, key does not
  // fit).
  static Result<std::unique_ptr<HttpServer>> Start(ServerOptions options, std::vector<Route> routes);
  virtual ~HttpServer() = default;

  virtual std::uint16_t port() const = 0;
  virtual ServerStatistics Statistics() const = 0;

  // Reads the certificate files again; new connections use them, open ones live on. A file that does not load leaves the old one in force.
  // The server also does this by itself when the files change (checked every second, follows the symlink swap of a mounted Secret).
  virtual Result<void> ReloadCertificate() = 0;
  // The end of validity of the served certificate; nullopt for plain HTTP.
  virtual std::optional<Time> CertificateExpiry() const = 0;

  // Every reply from now on carries "Connection: close"; connections are still accepted and served. Call when readiness goes off.
  virtual void AnnounceClose() = 0;
  // Stops accepting, closes idle connections, waits for requests under way until the deadline, then closes all.
  virtual void Drain(Deadline deadline) = 0;
};

}  // namespace hullwright::http
