// The credentials of a Pod's pull secrets: read by name from its own namespace, as the kubelet would, and kept for a while so that a warm
// request reads none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "api/pull_context.h"
#include "base/clock.h"
#include "base/error.h"
#include "evidence/cluster_data.h"
#include "evidence/recent_map.h"
#include "registry/pull_secret.h"

namespace hullwright::evidence {

// Thread-safe; the collaborators outlive it.
class Keyrings {
 public:
  using Keyring = std::shared_ptr<const registry::Keyring>;

  Keyrings(ClusterData& cluster, const Clock& clock, std::size_t max_entries = 10'000, std::size_t max_bytes = 64u << 20);

  struct Recalled {
    Keyring keyring;
    bool refresh_due = false;  // still good, but Read should be called soon, off the request path
  };
  // From memory; nullopt: it has to be read. A Secret that was changed counts within kRefreshAfter of the next request, and at the latest
  // after kMaxAge.
  std::optional<Recalled> Recall(const api::PullContext& context) const;

  // Reads and remembers. A Secret or ServiceAccount that does not exist, that this program may not read, or that holds no credentials that
  // can be read, gives none: the registry then decides. An Error when the API server could not be asked.
  Result<Keyring> Read(const api::PullContext& context, Deadline deadline);

  static constexpr std::chrono::seconds kRefreshAfter{60};
  static constexpr std::chrono::hours kMaxAge{1};

 private:
  struct Known {
    Keyring keyring;
    Time read_at{};
  };
  Result<void> AddSecret(const api::PullContext& context, const std::string& name, registry::Keyring& keyring, Deadline deadline);

  ClusterData& cluster_;
  const Clock& clock_;
  RecentMap<Known> known_;
};

}  // namespace hullwright::evidence
