#include "evidence/trust_fetcher.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "http/url.h"
#include "registry/address_rules.h"

namespace hullwright::evidence {
namespace {

ErrorCode CodeOf(http::PeerFailure failure) {
  switch (failure) {
    case http::PeerFailure::kRequest:
      return ErrorCode::kInvalidInput;
    case http::PeerFailure::kAddress:
      return ErrorCode::kDenied;
    case http::PeerFailure::kTooLarge:
    case http::PeerFailure::kBudget:
      return ErrorCode::kTooLarge;
    case http::PeerFailure::kDeadline:
      return ErrorCode::kDeadline;
    case http::PeerFailure::kName:
    case http::PeerFailure::kConnect:
    case http::PeerFailure::kTls:
    case http::PeerFailure::kProtocol:
    case http::PeerFailure::kEncoding:
      return ErrorCode::kUnavailable;
  }
  return ErrorCode::kUnavailable;
}

Error PeerErrorOf(const http::PeerError& error, const http::Origin& origin) {
  std::string message = error.message;
  if (error.failure == http::PeerFailure::kAddress)
    message +=
        fmt::format("; if {} is yours, configure it as a Registry{}", origin.HostHeader(), origin.tls ? "" : " with plainHTTP: true");
  return {CodeOf(error.failure), std::move(message)};
}

Result<std::string> BodyOf(http::Response response, const http::Url& url) {
  if (response.status == 200) return std::move(response.body);
  const std::string where = Printable(url.ToString());
  if (response.status == 404 || response.status == 403)
    return Fail(ErrorCode::kNotFound, fmt::format("{} answers {}: there is none", where, response.status));
  const std::string_view hint = response.status / 100 == 3 ? ", and redirects are not followed" : "";
  return Fail(ErrorCode::kUnavailable, fmt::format("{} answers {}{}", where, response.status, hint));
}

}  // namespace

HttpTrustFetcher::HttpTrustFetcher(std::shared_ptr<const registry::Hosts> hosts, std::shared_ptr<http::BoundedClient> client)
    : client_(client ? std::move(client) : http::MakeBoundedClient()), hosts_(std::move(hosts)) {}

Result<std::string> HttpTrustFetcher::Fetch(const FetchRequest& request) {
  const auto url = http::ParseUrl(request.url);
  if (!url) return std::unexpected(url.error());
  const auto hosts = hosts_.Get();
  const auto configured = hosts->FindOrigin(url->origin);
  http::PeerTrust trust;
  trust.tls = configured ? configured->tls : hosts->default_tls();
  trust.may_connect = [reach = configured ? registry::Reach::kInternalToo : registry::Reach::kPublicOnly,
                       &ranges = hosts->internal_ranges()](const http::IpAddress& address) { return MayConnect(address, reach, ranges); };
  http::PeerRequest sent{.origin = url->origin, .target = url->target, .max_body_bytes = request.max_bytes};
  if (!request.body.empty()) {
    sent.method = "POST";
    sent.content_type = request.content_type;
    sent.body = request.body;
  }
  auto response = client_->Send(sent, trust, request.deadline, nullptr);
  if (!response) return std::unexpected(PeerErrorOf(response.error(), url->origin));
  return BodyOf(std::move(*response), *url);
}

}  // namespace hullwright::evidence
