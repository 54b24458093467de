// What the operator follows of the cluster, on every replica, so that a new leader knows it at once: the ConfigMap with the wanted
// configurations, both live ones, and the addresses of the webhook's Service. A change adds the key of the controller it concerns.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.h"
#include "kube/list_watch.h"
#include "kube/work_queue.h"
#include "operator/names.h"
#include "operator/webhook_endpoints.h"

namespace hullwright::controller {

inline constexpr const char* kCertificatesKey = "certificates";
inline constexpr const char* kConfigurationKey = "webhook-configuration";

// Thread-safe. Client and queue outlive it.
class Watches {
 public:
  Watches(kube::KubeClient& client, const Names& names, kube::WorkQueue& queue);
  ~Watches();

  // nullopt when every first list has arrived; otherwise what is still missing.
  std::optional<std::string> Missing() const;
  std::map<std::string, kube::ListWatchStatus> States() const;  // by resource
  // Sorted, each once.
  std::vector<WebhookAddress> ReadyAddresses() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::controller
