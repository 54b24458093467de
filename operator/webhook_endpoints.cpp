#include "operator/webhook_endpoints.h"

#include <optional>
#include <string_view>

#include "base/log.h"
#include "http/peer_connection.h"
#include "http/peer_tls.h"

namespace hullwright::controller {
namespace {

constexpr std::size_t kMostAddresses = 1000;  // an EndpointSlice has at most so many endpoints

// The elements of a member that is a list; none otherwise.
std::vector<JsonElement> ArrayAt(JsonElement object, std::string_view key) {
  std::vector<JsonElement> elements;
  JsonArray array;
  const auto member = Member(object, key);
  if (!member || member->get(array) != simdjson::SUCCESS) return elements;
  for (const JsonElement element : array) elements.push_back(element);
  return elements;
}

// The Service has one port, so its slices have one.
std::uint16_t PortOf(JsonElement slice) {
  for (const JsonElement port : ArrayAt(slice, "ports")) {
    const auto number = Member(port, "port");
    std::int64_t value = 0;
    if (number && number->get(value) == simdjson::SUCCESS && value > 0 && value <= 65'535) return static_cast<std::uint16_t>(value);
  }
  return 0;
}

bool IsReady(JsonElement endpoint) {
  const auto conditions = Member(endpoint, "conditions");
  const auto ready = conditions ? Member(*conditions, "ready") : std::nullopt;
  bool value = true;
  return !ready || (ready->get(value) == simdjson::SUCCESS && value);
}

// The first is the one that a proxy takes (API reference: Endpoint.addresses).
std::optional<http::IpAddress> FirstAddress(JsonElement endpoint) {
  for (const JsonElement address : ArrayAt(endpoint, "addresses")) {
    std::string_view text;
    if (address.get(text) == simdjson::SUCCESS) return http::IpAddress::Parse(text);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<WebhookAddress>> ReadyAddresses(JsonElement slice) {
  const auto endpoints = Member(slice, "endpoints");
  std::vector<WebhookAddress> ready;
  if (!endpoints) return ready;
  if (!endpoints->is_array()) return Fail(ErrorCode::kInvalidInput, "endpoints: expected a list");
  const std::uint16_t port = PortOf(slice);
  if (port == 0) return ready;
  for (const JsonElement endpoint : ArrayAt(slice, "endpoints")) {
    const auto address = FirstAddress(endpoint);
    if (address && IsReady(endpoint) && ready.size() < kMostAddresses) ready.push_back({*address, port});
  }
  return ready;
}

Presented TlsProbe::Ask(const WebhookAddress& address, const std::string& server_name, const std::string& bundle, Deadline deadline) {
  const auto tls = http::PeerTls::Make({.ca_pem = bundle});
  if (bundle.empty() || !tls) return Presented::kUntrusted;
  const auto connection = http::PeerConnection::Open({true, server_name, address.port}, address.address, *tls, deadline);
  if (connection) return Presented::kTrusted;
  log::Debug("webhook does not present a trusted certificate", {{"error", connection.error().message}});
  return connection.error().failure == http::PeerFailure::kTls ? Presented::kUntrusted : Presented::kUnreachable;
}

}  // namespace hullwright::controller
