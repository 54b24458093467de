// Registry over the OCI distribution protocol.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "http/bounded_client.h"
#include "registry/configuration.h"
#include "registry/pacing.h"
#include "registry/registry.h"

namespace hullwright::registry {

struct OciRegistryParts {
  std::shared_ptr<http::BoundedClient> client = {};  // null: one of its own
  std::shared_ptr<const Clock> clock = {};           // null: the system's
  std::shared_ptr<Timer> timer = {};                 // null: the system's
};

// Thread-safe.
class OciRegistry final : public Registry {
 public:
  explicit OciRegistry(std::shared_ptr<const Hosts> hosts, OciRegistryParts parts = {});
  ~OciRegistry() override;

  // For calls that begin from now on.
  void Configure(std::shared_ptr<const Hosts> hosts);

  Answer<std::shared_ptr<const Document>> Resolve(const RepositoryName& repository, std::string_view tag, const Call& call) override;
  Answer<std::shared_ptr<const Document>> Manifest(const RepositoryName& repository, const Digest& digest, const Call& call) override;
  Answer<std::shared_ptr<const std::string>> Blob(const RepositoryName& repository, const Descriptor& blob, const Call& call,
                                                  std::size_t max_bytes = kDefaultMaxBlobBytes) override;
  Answer<ReferrerList> Referrers(const RepositoryName& repository, const Digest& subject, std::string_view artifact_type,
                                 const Call& call) override;

  // Since it was made.
  struct Statistics {
    std::uint64_t requests = 0;  // HTTP requests sent, those for tokens included
    std::uint64_t token_requests = 0;
  };
  Statistics statistics() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::registry
