// The HTTP/1.1 client for peers that nobody vouches for (registries, token services, revocation responders): every byte, address and
// second it may cost is bounded before it is spent (docs/decisions/0017-bounded-client.md). The API server is asked through client.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/body_budget.h"
#include "http/http.h"
#include "http/ip_address.h"
#include "http/name_resolver.h"
#include "http/url.h"

namespace hullwright::http {

class PeerTls;

enum class PeerFailure {
  kRequest,   // what we were about to send is no HTTP
  kName,      // the name does not resolve
  kAddress,   // every address of the name is forbidden by the caller's check
  kConnect,   // refused, reset, or gone in the middle of the answer
  kTls,       // no trusted certificate for this host, or no TLS at all
  kProtocol,  // what came back is no HTTP, or more than one way to read it
  kEncoding,  // compressed, which we never ask for
  kTooLarge,  // head or body over their bounds
  kBudget,    // the shared budget is used up
  kDeadline,
};
std::string_view ToString(PeerFailure failure);

struct PeerError {
  PeerFailure failure;
  std::string message;  // names the peer; printable
};
template <class T>
using PeerResult = std::expected<T, PeerError>;

struct PeerRequest {
  Origin origin = {};
  std::string method = "GET";
  std::string target = "/";  // already percent-encoded
  Headers headers = {};
  std::string content_type = {};  // of body
  std::string body = {};
  std::size_t max_body_bytes = 1u << 20;  // of an answer 2xx; of others the first kMaxErrorBytes are kept and the rest is not read
};

inline constexpr std::size_t kMaxErrorBytes = 16u << 10;
inline constexpr std::size_t kMaxHeadBytes = 16u << 10;

// What the caller knows of a peer.
struct PeerTrust {
  std::shared_ptr<const PeerTls> tls = {};  // for https
  // Whether this address may be asked for that name. Called for each address a name resolves to, and again when a connection is used again.
  std::function<bool(const IpAddress&)> may_connect = {};  // empty: any
};

// Thread-safe; Send blocks its caller. The program ignores SIGPIPE, which OpenSSL raises on a lost connection. Connections are kept for the
// next request to the same origin with the same PeerTls.
class BoundedClient {
 public:
  virtual ~BoundedClient() = default;

  // Any HTTP status is a Response; redirects are answers like any other. Body bytes are taken from budget (may be null) as they arrive.
  virtual PeerResult<Response> Send(const PeerRequest& request, const PeerTrust& trust, Deadline deadline, BodyBudget* budget) = 0;
};

struct BoundedClientOptions {
  std::shared_ptr<NameResolver> resolver = {};                          // null: the system's
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(3);  // of one address, TLS included
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(30);    // after which a connection is not used again
  std::size_t max_idle_connections = 64;
};

std::unique_ptr<BoundedClient> MakeBoundedClient(BoundedClientOptions options = {});

}  // namespace hullwright::http
