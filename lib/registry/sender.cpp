#include "registry/sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "registry/retry_after.h"

namespace hullwright::registry {
namespace {

constexpr int kMaxAttempts = 3;
constexpr std::chrono::seconds kDefaultRetryAfter{1};

Why WhyOf(http::PeerFailure failure) {
  switch (failure) {
    case http::PeerFailure::kRequest:
      return Why::kMisconfigured;
    case http::PeerFailure::kName:
    case http::PeerFailure::kConnect:
    case http::PeerFailure::kTls:
      return Why::kUnavailable;
    case http::PeerFailure::kAddress:
      return Why::kForbiddenAddress;
    case http::PeerFailure::kProtocol:
      return Why::kMalformed;
    case http::PeerFailure::kEncoding:
      return Why::kUnsupported;
    case http::PeerFailure::kTooLarge:
      return Why::kTooLarge;
    case http::PeerFailure::kBudget:
      return Why::kBudget;
    case http::PeerFailure::kDeadline:
      return Why::kDeadline;
  }
  return Why::kUnavailable;
}

Problem ToProblem(const http::PeerError& error, const Host& registry, Errand errand) {
  Problem problem{WhyOf(error.failure), error.message};
  if (problem.why == Why::kForbiddenAddress) {
    const std::string_view field = errand == Errand::kRegistry       ? "configure it as a Registry"
                                   : errand == Errand::kTokenService ? "name it in tokenHosts of the registry"
                                                                     : "name it in storageHosts of the registry";
    problem.message +=
        fmt::format("; if {} is yours, {} ({})", error.message.substr(0, error.message.find(' ')), field, registry.settings.host);
  }
  return problem;
}

// Whether a list of hosts names the origin's: "auth.example" means any port of it, "auth.example:8443" that one.
bool Names(const std::vector<std::string>& hosts, const http::Origin& origin) {
  return std::ranges::any_of(hosts, [&](const std::string& host) { return host == origin.host || host == origin.HostHeader(); });
}

}  // namespace

Answer<http::PeerTrust> Sender::TrustFor(const Hosts& hosts, const Host& registry, Errand errand, const http::Origin& origin) const {
  const auto configured = hosts.FindOrigin(origin);
  const bool is_registry = origin == registry.origin;
  if (!origin.tls && !(is_registry || configured)) {
    return Decline(Why::kForbiddenAddress, fmt::format("{} leads to {}, which is neither https nor configured with plainHTTP",
                                                       registry.settings.host, origin.ToString()));
  }
  const auto& further = errand == Errand::kTokenService ? registry.settings.token_hosts : registry.settings.storage_hosts;
  // Another port of the registry's own host is where a token service or store of an internal registry often is.
  const bool is_own_host = registry.is_configured && origin.host == registry.origin.host;
  const bool internal = configured || (is_registry && registry.is_configured) || is_own_host ||
                        (registry.is_configured && errand != Errand::kRegistry && Names(further, origin));
  http::PeerTrust trust;
  trust.tls = configured ? configured->tls : origin.host == registry.origin.host ? registry.tls : hosts.default_tls();
  trust.may_connect = [reach = internal ? Reach::kInternalToo : Reach::kPublicOnly,
                       ranges = hosts.internal_ranges()](const http::IpAddress& address) { return MayConnect(address, reach, ranges); };
  return trust;
}

Answer<http::Response> Sender::Send(const Hosts& hosts, const Host& registry, Errand errand, const http::PeerRequest& request,
                                    const Call& call) {
  const auto trust = TrustFor(hosts, registry, errand, request.origin);
  if (!trust) return std::unexpected(trust.error());
  const std::string host = request.origin.ToString();
  const double per_second = registry.settings.requests_per_second;
  for (int attempt = 1;; ++attempt) {
    if (const auto turn = pacing_.Wait(host, per_second, call.priority, call.deadline); !turn) return std::unexpected(turn.error());
    requests_.fetch_add(1, std::memory_order_relaxed);
    auto response = client_.Send(request, *trust, call.deadline, call.budget.get());
    if (!response) return std::unexpected(ToProblem(response.error(), registry, errand));
    if (response->status != 429) return std::move(*response);
    const auto wait =
        std::max(ParseRetryAfter(http::HeaderValue(response->headers, "Retry-After"), clock_.Now()).value_or(kDefaultRetryAfter),
                 kDefaultRetryAfter);
    pacing_.Silence(host, per_second, wait);
    if (attempt == kMaxAttempts || timer_.Now() + wait > call.deadline) {
      return std::unexpected(
          Problem{Why::kRateLimited, fmt::format("{}: too many requests (429), asked to wait {} s", host, wait.count()), wait});
    }
  }
}

}  // namespace hullwright::registry
