// What a cluster would hold, from this machine's files: ConfigMaps and Secrets of a folder (evidence/folder_data.h), and a docker
// config.json as if it were a pull secret.
#pragma once

#include <string>

#include "api/pull_context.h"
#include "evidence/folder_data.h"

namespace hullwright::cli {

// Thread-safe.
class LocalData final : public evidence::ClusterData {
 public:
  // folder: "" has nothing. config_json: the text of a config.json; "" for none.
  LocalData(const std::string& folder, std::string config_json) : folder_(folder), config_json_(std::move(config_json)) {}

  // Names config.json as the one pull secret. Its namespace is none of a cluster's.
  static api::PullContext PullContext() { return {"", "", {"config.json"}}; }

  Result<evidence::SecretData> Secret(std::string_view namespace_, std::string_view name, Deadline deadline) override {
    if (!namespace_.empty()) return folder_.Secret(namespace_, name, deadline);
    if (config_json_.empty()) return Fail(ErrorCode::kNotFound, "there is no config.json");
    return evidence::SecretData{"kubernetes.io/dockerconfigjson", {{".dockerconfigjson", config_json_}}};
  }
  Result<std::map<std::string, std::string>> ConfigMap(std::string_view namespace_, std::string_view name, Deadline deadline) override {
    return folder_.ConfigMap(namespace_, name, deadline);
  }
  Result<std::vector<std::string>> PullSecretsOf(std::string_view namespace_, std::string_view service_account,
                                                 Deadline deadline) override {
    return folder_.PullSecretsOf(namespace_, service_account, deadline);
  }

 private:
  evidence::FolderData folder_;
  const std::string config_json_;
};

}  // namespace hullwright::cli
