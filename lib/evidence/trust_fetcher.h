// Fetches what trust rests on and what is signed itself, so that nobody on the way need be believed: metadata of TUF repositories,
// revocation lists, OCSP responses. One request and one answer: redirects are not followed, and no credentials are sent.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/guarded.h"
#include "http/bounded_client.h"
#include "registry/configuration.h"

namespace hullwright::evidence {

struct FetchRequest {
  std::string url;  // https or http
  std::size_t max_bytes = 1u << 20;
  Deadline deadline = {};
  std::string content_type = {}, body = {};  // with a body: POST
};

// Thread-safe; blocks until the deadline. Errors: kNotFound when the server says that there is none (404, and 403, which stores of objects
// answer instead), kDenied for an address that may not be asked, kTooLarge, kDeadline, kInvalidInput for what is no URL; all others are
// kUnavailable.
class TrustFetcher {
 public:
  virtual ~TrustFetcher() = default;
  // The body of an answer 200.
  virtual Result<std::string> Fetch(const FetchRequest& request) = 0;
};

// The address rules are those of registries: a host at an inner address is asked only if a Registry object names it (with plainHTTP for
// http), and with the certificates of that object.
class HttpTrustFetcher final : public TrustFetcher {
 public:
  // client: null for one of its own.
  explicit HttpTrustFetcher(std::shared_ptr<const registry::Hosts> hosts, std::shared_ptr<http::BoundedClient> client = nullptr);

  // For calls that begin from now on.
  void Configure(std::shared_ptr<const registry::Hosts> hosts) { hosts_.Publish(std::move(hosts)); }

  Result<std::string> Fetch(const FetchRequest& request) override;

 private:
  const std::shared_ptr<http::BoundedClient> client_;
  Snapshot<registry::Hosts> hosts_;
};

}  // namespace hullwright::evidence
