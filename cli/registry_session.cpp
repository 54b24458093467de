#include "cli/registry_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "cli/files.h"
#include "cli/local_data.h"
#include "cli/manifests.h"
#include "evidence/revocation_fetcher.h"
#include "evidence/trust_fetcher.h"
#include "evidence/trust_reader.h"
#include "evidence/tuf_roots.h"
#include "registry/oci_layout.h"
#include "registry/oci_registry.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxConfigBytes = 4u << 20;

Deadline Soon() {
  return std::chrono::steady_clock::now() + kRegistryPatience;
}

Result<void> AddRegistry(const ManifestObject& object, evidence::Catalogue& catalogue) {
  JsonReader reader;
  const auto element = reader.Read(object.json, {.max_bytes = 4 * kMaxManifestBytes});
  if (!element) return std::unexpected(element.error());
  auto decoded = api::DecodeObject(*element);
  if (!decoded) return std::unexpected(decoded.error());
  if (!std::holds_alternative<api::Registry>(*decoded))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} is no Registry, and nothing else is read here", object.ToString()));
  catalogue.Put({"Registry", "", object.identity.name}, object.place.ToString(), std::move(decoded));
  return {};
}

Result<void> AddRegistries(const RegistryOptions& options, evidence::Catalogue& catalogue, const Environment& environment) {
  const Manifests manifests = ReadManifests(options.registries, environment);
  for (const ManifestError& error : manifests.errors)
    return Fail(ErrorCode::kUnavailable, fmt::format("--registries: {}: {}", error.place.ToString(), error.error));
  for (const ManifestObject& object : manifests.objects) {
    if (auto added = AddRegistry(object, catalogue); !added)
      return std::unexpected(added.error().Within(fmt::format("--registries: {}", object.place.ToString())));
  }
  catalogue.Publish();
  return {};
}

// As if there were a Registry object that says plainHTTP.
Result<void> AddPlainHosts(const std::vector<std::string>& hosts, evidence::Catalogue& catalogue) {
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const auto trust = catalogue.Trust();
    const auto known = std::ranges::find(trust->registries, hosts[i], [](const api::Registry& registry) { return registry.spec.host; });
    if (known != trust->registries.end() && known->spec.plain_http) continue;
    if (known != trust->registries.end()) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("--plain-http {}: Registry {} says how this host is asked: write plainHTTP there",
                                                        hosts[i], known->metadata.name));
    }
    api::Registry registry;
    registry.metadata.name = fmt::format("plain-http-{}", i + 1);
    registry.spec.host = hosts[i];
    registry.spec.plain_http = true;
    const api::ObjectKey key{"Registry", "", registry.metadata.name};
    catalogue.Put(key, "--plain-http", api::Object(std::move(registry)));
    catalogue.Publish();
  }
  return {};
}

// "" when none was named and there is none where other tools have theirs.
Result<std::string> ReadConfig(const RegistryOptions& options, const Environment& environment) {
  const bool is_named = !options.registry_config.empty();
  const std::string& path = is_named ? options.registry_config : environment.docker_config;
  if (path.empty()) return "";
  auto text = ReadFile(path, kMaxConfigBytes);
  if (!text && !is_named && text.error().code == ErrorCode::kNotFound) return "";
  if (!text) return std::unexpected(text.error().Within(path));
  // The gatherer would pass over what it cannot read, as the kubelet does.
  registry::Keyring keyring;
  if (auto added = keyring.Add(registry::PullSecretFormat::kDockerConfigJson, *text); !added)
    return std::unexpected(added.error().Within(path));
  return text;
}

}  // namespace

// What fetches trust for one run: TUF repositories once, before anything is judged, and answers about revocation as they are asked for.
struct RegistrySession::Online {
  Online(std::shared_ptr<const registry::Hosts> hosts, const Clock& clock)
      : fetcher(std::move(hosts)), tuf(fetcher, nullptr, clock), revocation(fetcher, clock) {}

  evidence::HttpTrustFetcher fetcher;
  evidence::TufRoots tuf;
  evidence::RevocationFetcher revocation;
};

RegistrySession::RegistrySession() = default;
RegistrySession::~RegistrySession() = default;

Result<void> RegistrySession::OpenNetwork(const RegistryOptions& options, const evidence::TrustObjects& objects, const Clock& clock) {
  evidence::TrustReader reader(*data_, options.release_namespace);
  auto hosts = reader.ReadHosts(objects, Soon());
  if (!hosts) return std::unexpected(hosts.error());
  registry_ = std::make_unique<registry::OciRegistry>(*hosts);
  online_ = std::make_unique<Online>(std::move(*hosts), clock);
  return {};
}

Result<void> RegistrySession::OpenLayout(const std::string& folder) {
  auto layout = registry::OciLayout::Open(folder);
  if (!layout) return std::unexpected(layout.error().Within("--layout"));
  registry_ = std::move(*layout);
  return {};
}

void RegistrySession::ReadTrust(const RegistryOptions& options, const evidence::TrustObjects& objects) {
  evidence::TufRoots* const tuf = online_ ? &online_->tuf : nullptr;
  evidence::TrustReader reader(*data_, options.release_namespace, tuf);
  trust_ = reader.ReadTrust(objects, Soon());
  if (tuf == nullptr) return;
  tuf->RefreshDue();  // of those that were just named
  if (tuf->changes() > 0) trust_ = reader.ReadTrust(objects, Soon());
}

Result<std::unique_ptr<RegistrySession>> RegistrySession::Open(const RegistryOptions& options, evidence::Catalogue& catalogue,
                                                               const Environment& environment, const Clock& clock,
                                                               evidence::Observer* observer) {
  if (auto added = AddRegistries(options, catalogue, environment); !added) return std::unexpected(added.error());
  if (auto added = AddPlainHosts(options.plain_http, catalogue); !added) return std::unexpected(added.error());
  std::string config;
  if (options.layout.empty()) {
    auto read = ReadConfig(options, environment);
    if (!read) return std::unexpected(read.error());
    config = std::move(*read);
  }
  std::unique_ptr<RegistrySession> session(new RegistrySession);
  session->data_ = std::make_unique<LocalData>(options.cluster_data, std::move(config));
  session->keyrings_ = std::make_unique<evidence::Keyrings>(*session->data_, clock);
  session->pull_ = LocalData::PullContext();
  const auto objects = catalogue.Trust();
  auto opened = options.layout.empty() ? session->OpenNetwork(options, *objects, clock) : session->OpenLayout(options.layout);
  if (!opened) return std::unexpected(opened.error());
  session->ReadTrust(options, *objects);
  const evidence::GathererSources sources{.registry = *session->registry_,
                                          .keyrings = *session->keyrings_,
                                          .trust = [trust = session->trust_] { return trust; },
                                          .clock = clock,
                                          .observer = observer,
                                          .revocation = session->online_ ? &session->online_->revocation : nullptr};
  session->gatherer_ = std::make_unique<evidence::Gatherer>(sources, evidence::GathererOptions{.flight_time = kRegistryPatience});
  return session;
}

Result<registry::Call> RegistrySession::NewCall() {
  registry::Call call{.deadline = Soon()};
  auto keyring = keyrings_->Read(pull_, call.deadline);
  if (!keyring) return std::unexpected(keyring.error());
  call.keyring = std::move(*keyring);
  return call;
}

}  // namespace hullwright::cli
