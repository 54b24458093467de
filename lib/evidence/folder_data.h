// Secrets, ConfigMaps and ServiceAccounts of files mode: one file for each key, as Kubernetes mounts them.
//
//   DIR/NAMESPACE/secrets/NAME/KEY      the value, as bytes; a key .dockerconfigjson or .dockercfg makes it a pull secret
//   DIR/NAMESPACE/configmaps/NAME/KEY
//   DIR/NAMESPACE/serviceaccounts/NAME  the names of its pull secrets, one in a line
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "evidence/cluster_data.h"

namespace hullwright::evidence {

// Thread-safe: reads the files each time. An empty folder name has nothing.
class FolderData final : public ClusterData {
 public:
  explicit FolderData(std::string folder) : folder_(std::move(folder)) {}

  Result<SecretData> Secret(std::string_view namespace_, std::string_view name, Deadline deadline) override;
  Result<std::map<std::string, std::string>> ConfigMap(std::string_view namespace_, std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> PullSecretsOf(std::string_view namespace_, std::string_view service_account, Deadline deadline) override;

 private:
  Result<std::filesystem::path> PathOf(std::string_view namespace_, std::string_view kind, std::string_view name) const;

  const std::string folder_;
};

}  // namespace hullwright::evidence
