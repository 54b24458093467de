// Secrets, ConfigMaps and ServiceAccounts, by name: from an API server (webhook/cluster_data.h) or from the folders of files mode. Secrets
// are never listed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::evidence {

struct SecretData {
  std::string type;                         // "kubernetes.io/dockerconfigjson"
  std::map<std::string, std::string> data;  // decoded
};

// Thread-safe. Errors: kNotFound when there is none of that name; everything else is "could not ask". May block until the deadline.
class ClusterData {
 public:
  virtual ~ClusterData() = default;

  virtual Result<SecretData> Secret(std::string_view namespace_, std::string_view name, Deadline deadline) = 0;
  virtual Result<std::map<std::string, std::string>> ConfigMap(std::string_view namespace_, std::string_view name, Deadline deadline) = 0;
  // imagePullSecrets of the ServiceAccount, in order.
  virtual Result<std::vector<std::string>> PullSecretsOf(std::string_view namespace_, std::string_view service_account,
                                                         Deadline deadline) = 0;
};

}  // namespace hullwright::evidence
