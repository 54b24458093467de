// Secrets, ConfigMaps and ServiceAccounts in memory, by "namespace/name".
#pragma once

#include <atomic>
#include <optional>

#include "evidence/cluster_data.h"

namespace hullwright::testing {

struct MemoryCluster final : evidence::ClusterData {
  std::map<std::string, evidence::SecretData> secrets;
  std::map<std::string, std::map<std::string, std::string>> config_maps;
  std::map<std::string, std::vector<std::string>> accounts;
  std::optional<Error> error;  // of every call
  std::atomic<int> calls = 0;

  Result<evidence::SecretData> Secret(std::string_view namespace_, std::string_view name, Deadline) override {
    return Find(secrets, namespace_, name);
  }
  Result<std::map<std::string, std::string>> ConfigMap(std::string_view namespace_, std::string_view name, Deadline) override {
    return Find(config_maps, namespace_, name);
  }
  Result<std::vector<std::string>> PullSecretsOf(std::string_view namespace_, std::string_view account, Deadline) override {
    return Find(accounts, namespace_, account);
  }

 private:
  template <class T>
  Result<T> Find(const std::map<std::string, T>& all, std::string_view namespace_, std::string_view name) {
    ++calls;
    if (error) return std::unexpected(*error);
    const auto found = all.find(std::string(namespace_) + "/" + std::string(name));
    if (found == all.end()) return Fail(ErrorCode::kNotFound, "no such object");
    return found->second;
  }
};

}  // namespace hullwright::testing
