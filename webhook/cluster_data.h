// Secrets, ConfigMaps and ServiceAccounts of a cluster, each asked for by its name.
#pragma once

#include "evidence/cluster_data.h"
#include "kube/client.h"

namespace hullwright::webhook {

// Thread-safe. The client outlives it.
class KubeClusterData final : public evidence::ClusterData {
 public:
  explicit KubeClusterData(kube::KubeClient& client) : client_(client) {}

  Result<evidence::SecretData> Secret(std::string_view namespace_, std::string_view name, Deadline deadline) override;
  Result<std::map<std::string, std::string>> ConfigMap(std::string_view namespace_, std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> PullSecretsOf(std::string_view namespace_, std::string_view service_account, Deadline deadline) override;

 private:
  kube::KubeClient& client_;
};

}  // namespace hullwright::webhook
