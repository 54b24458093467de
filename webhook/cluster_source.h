// Objects from an API server: one list-watch for each kind of our group, and one for namespaces, into a catalogue.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "evidence/catalogue.h"
#include "kube/client.h"
#include "kube/list_watch.h"
#include "webhook/metrics.h"

namespace hullwright::webhook {

// Thread-safe. Follows from construction to destruction; client and catalogue outlive it.
class ClusterSource {
 public:
  ClusterSource(kube::KubeClient& client, evidence::Catalogue& catalogue);
  ~ClusterSource();

  // nullopt when every first list has arrived; otherwise what is still missing and why. Once synced, always synced: when the API server
  // goes away, what is known stays in force.
  std::optional<std::string> Missing() const;
  std::vector<WatchState> States() const;

  // Asks once for a namespace that the watch has not told of yet, as when a Pod follows its new Namespace at once. Blocks until the
  // deadline at most; when it is not found, or strangers ask for too many, it stays unknown.
  void FetchNamespace(std::string_view name, Deadline deadline);

 private:
  class Sink;
  struct Followed;
  struct FetchBudget {
    std::chrono::steady_clock::time_point second_begins;
    int left = 0;
  };
  bool MayFetch();

  kube::KubeClient& client_;
  evidence::Catalogue& catalogue_;
  std::vector<std::unique_ptr<Followed>> followed_;
  Guarded<FetchBudget> fetch_budget_;
  mutable std::atomic<bool> all_synced_ = false;
};

}  // namespace hullwright::webhook
