// Where the webhook's Pods listen, and whether what they present is believed by those who hold a bundle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "http/ip_address.h"

namespace hullwright::controller {

struct WebhookAddress {
  http::IpAddress address;
  std::uint16_t port = 0;

  auto operator<=>(const WebhookAddress&) const = default;
};

// The ready addresses of a discovery.k8s.io/v1 EndpointSlice (an endpoint that says nothing is ready: API reference). kInvalidInput.
Result<std::vector<WebhookAddress>> ReadyAddresses(JsonElement slice);

enum class Presented {
  kTrusted,      // a certificate for this name that leads to the bundle
  kUntrusted,    // a certificate that does not, or no TLS
  kUnreachable,  // no connection, or no answer in time
};

// Asks by a TLS handshake, as an API server would: with the Service's name and this bundle (PEM). An interface so that tests can own it.
class WebhookProbe {
 public:
  virtual ~WebhookProbe() = default;
  virtual Presented Ask(const WebhookAddress& address, const std::string& server_name, const std::string& bundle, Deadline deadline) = 0;
};

// Thread-safe.
class TlsProbe final : public WebhookProbe {
 public:
  Presented Ask(const WebhookAddress& address, const std::string& server_name, const std::string& bundle, Deadline deadline) override;
};

}  // namespace hullwright::controller
