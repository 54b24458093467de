#include "registry/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace hullwright::registry {
namespace {

// The API of Docker Hub is not at the name that references carry.
constexpr std::string_view kHubHost = "docker.io";
constexpr std::string_view kHubApiHost = "registry-1.docker.io";

// Token services that belong to public registries under another name.
std::vector<std::string> KnownTokenHosts(std::string_view host) {
  if (host == kHubHost) return {"auth.docker.io"};
  if (host == "registry.gitlab.com") return {"gitlab.com"};
  return {};
}

Result<http::Origin> OriginOf(const std::string& host, bool plain_http) {
  return http::ParseOrigin(host == kHubHost ? kHubApiHost : std::string_view(host), !plain_http);
}

Result<void> CheckSettings(const HostSettings& settings) {
  if (!(settings.requests_per_second > 0) || !std::isfinite(settings.requests_per_second)) {
    return Fail(ErrorCode::kInvalidInput, "requestsPerSecond must be more than 0");
  }
  if (settings.mirrors_only && settings.mirrors.empty())
    return Fail(ErrorCode::kInvalidInput, "there is no mirror, and nothing else may be asked");
  for (const auto& mirror : settings.mirrors) {
    if (const auto origin = OriginOf(mirror.host, false); !origin) return std::unexpected(origin.error().Within("mirror"));
  }
  return {};
}

Result<std::shared_ptr<const Host>> Compile(HostSettings settings) {
  auto origin = OriginOf(settings.host, settings.plain_http);
  if (!origin) return std::unexpected(origin.error());
  if (const auto checked = CheckSettings(settings); !checked) return std::unexpected(checked.error());
  auto tls = http::PeerTls::Make(settings.tls);
  if (!tls) return std::unexpected(tls.error());
  for (auto& known : KnownTokenHosts(settings.host)) settings.token_hosts.push_back(std::move(known));
  return std::make_shared<const Host>(Host{std::move(settings), std::move(*origin), std::move(*tls), true});
}

}  // namespace

Result<std::shared_ptr<const Hosts>> Hosts::Make(Configuration configuration) {
  std::shared_ptr<Hosts> hosts(new Hosts);
  for (auto& settings : configuration.hosts) {
    const std::string name = settings.host;
    auto host = Compile(std::move(settings));
    if (!host) return std::unexpected(host.error().Within("registry " + Printable(name, 128)));
    if (!hosts->hosts_.emplace(name, std::move(*host)).second) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("registry {}: configured twice", Printable(name, 128)));
    }
  }
  if (const auto checked = CheckSettings(configuration.other_hosts); !checked)
    return std::unexpected(checked.error().Within("other registries"));
  auto tls = http::PeerTls::Make(configuration.other_hosts.tls);
  if (!tls) return std::unexpected(tls.error().Within("other registries"));
  hosts->default_tls_ = std::move(*tls);
  hosts->other_hosts_ = std::move(configuration.other_hosts);
  hosts->internal_ranges_ = std::move(configuration.internal_ranges);
  return hosts;
}

Result<std::shared_ptr<const Host>> Hosts::Find(const std::string& host) const {
  if (const auto found = hosts_.find(host); found != hosts_.end()) return found->second;
  auto origin = OriginOf(host, false);
  if (!origin) return std::unexpected(origin.error());
  HostSettings settings;
  settings.host = host;
  settings.requests_per_second = other_hosts_.requests_per_second;
  settings.token_hosts = KnownTokenHosts(host);
  return std::make_shared<const Host>(Host{std::move(settings), std::move(*origin), default_tls_, false});
}

std::shared_ptr<const Host> Hosts::FindOrigin(const http::Origin& origin) const {
  const auto found = std::ranges::find_if(hosts_, [&](const auto& entry) { return entry.second->origin == origin; });
  return found == hosts_.end() ? nullptr : found->second;
}

}  // namespace hullwright::registry
