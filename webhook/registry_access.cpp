#include "webhook/registry_access.h"

#include <utility>

namespace hullwright::webhook {

Result<std::unique_ptr<RegistryAccess>> RegistryAccess::Open(const RegistryAccessOptions& options, const evidence::Catalogue& catalogue,
                                                             evidence::ClusterData& cluster, const Clock& clock) {
  std::unique_ptr<store::ByteCache> cache;
  if (!options.cache_file.empty()) {
    auto opened = store::ByteCache::Open({.path = options.cache_file}, clock);
    if (!opened) return std::unexpected(opened.error().Within("--cache"));
    cache = std::move(*opened);
  }
  auto hosts = registry::Hosts::Make({});
  if (!hosts) return std::unexpected(hosts.error());
  return std::unique_ptr<RegistryAccess>(new RegistryAccess(options, std::move(cache), std::move(*hosts), catalogue, cluster, clock));
}

RegistryAccess::RegistryAccess(const RegistryAccessOptions& options, std::unique_ptr<store::ByteCache> cache,
                               std::shared_ptr<const registry::Hosts> hosts, const evidence::Catalogue& catalogue,
                               evidence::ClusterData& cluster, const Clock& clock)
    : registry_(hosts),
      cache_(std::move(cache)),
      keyrings_(cluster, clock),
      fetcher_(std::move(hosts)),
      tuf_(fetcher_, cache_.get(), clock),
      revocation_(fetcher_, clock),
      trust_(
          catalogue, cluster, options.namespace_,
          [this](const std::shared_ptr<const registry::Hosts>& changed) {
            registry_.Configure(changed);
            fetcher_.Configure(changed);
          },
          &tuf_),
      gatherer_({.registry = registry_,
                 .cache = cache_.get(),
                 .keyrings = keyrings_,
                 .trust = [this] { return trust_.Current(); },
                 .clock = clock,
                 .revocation = &revocation_}) {}

RegistryStatistics RegistryAccess::Statistics() const {
  RegistryStatistics statistics;
  statistics.gatherer = gatherer_.Statistics();
  statistics.requests = registry_.statistics().requests;
  statistics.trust_reads = trust_.reads();
  statistics.revocation = revocation_.Statistics();
  if (cache_) statistics.cache = cache_->Statistics();
  return statistics;
}

}  // namespace hullwright::webhook
