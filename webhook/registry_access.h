// Everything behind facts of registries, built in order and destroyed in reverse: client, cache file, credentials, trust and what is
// fetched for it, gatherer.
#pragma once

#include <memory>
#include <string>

#include "evidence/gatherer.h"
#include "evidence/keyrings.h"
#include "evidence/revocation_fetcher.h"
#include "evidence/trust_fetcher.h"
#include "evidence/trust_refresher.h"
#include "evidence/tuf_roots.h"
#include "registry/oci_registry.h"
#include "store/byte_cache.h"
#include "webhook/metrics.h"

namespace hullwright::webhook {

struct RegistryAccessOptions {
  std::string cache_file;  // "" for none
  std::string namespace_;  // of the ConfigMaps and Secrets that our objects name
};

// Thread-safe. The collaborators outlive it.
class RegistryAccess {
 public:
  // Errors: a cache file that can never be one.
  static Result<std::unique_ptr<RegistryAccess>> Open(const RegistryAccessOptions& options, const evidence::Catalogue& catalogue,
                                                      evidence::ClusterData& cluster, const Clock& clock);

  registry::Registry& registry() { return registry_; }
  evidence::Gatherer& gatherer() { return gatherer_; }
  RegistryStatistics Statistics() const;
  std::vector<evidence::Problem> TrustProblems() const { return trust_.Problems(); }

 private:
  RegistryAccess(const RegistryAccessOptions& options, std::unique_ptr<store::ByteCache> cache,
                 std::shared_ptr<const registry::Hosts> hosts, const evidence::Catalogue& catalogue, evidence::ClusterData& cluster,
                 const Clock& clock);

  registry::OciRegistry registry_;
  std::unique_ptr<store::ByteCache> cache_;
  evidence::Keyrings keyrings_;
  evidence::HttpTrustFetcher fetcher_;
  evidence::TufRoots tuf_;
  evidence::RevocationFetcher revocation_;
  evidence::TrustRefresher trust_;
  evidence::Gatherer gatherer_;
};

}  // namespace hullwright::webhook
