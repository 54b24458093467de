// Sends one request on behalf of a registry: to which hosts and addresses it may go, at which pace, and what its failure means. Knows no
// credentials and follows nothing. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "http/bounded_client.h"
#include "registry/answer.h"
#include "registry/configuration.h"
#include "registry/pacing.h"
#include "registry/registry.h"

namespace hullwright::registry {

// What a URL is to the registry that led there.
enum class Errand { kRegistry, kTokenService, kStorage };

class Sender {
 public:
  Sender(http::BoundedClient& client, const Clock& clock, Timer& timer) : client_(client), clock_(clock), timer_(timer), pacing_(timer) {}

  // The answer, whatever its status but 429: that one is waited for as Retry-After says, while the deadline allows, a few times.
  Answer<http::Response> Send(const Hosts& hosts, const Host& registry, Errand errand, const http::PeerRequest& request, const Call& call);

  Timer& timer() { return timer_; }
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

 private:
  Answer<http::PeerTrust> TrustFor(const Hosts& hosts, const Host& registry, Errand errand, const http::Origin& origin) const;

  http::BoundedClient& client_;
  const Clock& clock_;
  Timer& timer_;
  Pacing pacing_;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace hullwright::registry
