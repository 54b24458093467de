// What those who examine a cluster ask its API server: everything bounded in bytes, count, depth and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/command.h"
#include "http/http.h"
#include "kube/raw_client.h"

namespace hullwright::cli {

using KubeJson = nlohmann::json;

// Which cluster, and as whom.
struct ClusterOptions {
  std::string kubeconfig;  // "": where kubectl would look, else the Pod's ServiceAccount
  std::string context;     // "": the current one
};
Result<kube::ClusterAccess> FindCluster(const ClusterOptions& options, const Environment& environment);

// The objects of a list, each as the API server wrote it.
struct ListedObjects {
  std::vector<std::string> objects;
  bool cut = false;  // there are more than are looked at
};

inline constexpr std::size_t kMaxListedObjects = 10'000;
inline constexpr std::size_t kMaxListedBytes = 96u << 20;

// Asks nothing that changes the cluster. Not thread-safe. client outlives it.
class ClusterView {
 public:
  // end: nothing is asked after it.
  ClusterView(kube::RawClient& client, Deadline end) : client_(client), end_(end) {}

  // Any status, with headers.
  Result<http::Response> Answer(const kube::RawRequest& request);
  // A whole object; kNotFound, kDenied and the like as the API server's status says.
  Result<KubeJson> Get(const std::string& path);
  // For reviews and dry runs.
  Result<KubeJson> Post(const std::string& path, const KubeJson& body);
  // In pages; path may have a query.
  Result<ListedObjects> List(const std::string& path);

 private:
  Result<KubeJson> Ask(const kube::RawRequest& request);

  kube::RawClient& client_;
  const Deadline end_;
};

// Objects nested deeper than any of Kubernetes are refused, so that whoever walks them needs no bound of his own.
Result<KubeJson> ReadObject(std::string_view text);

// A member, or an empty value of what is asked for: objects of a cluster lack what is at its default.
const KubeJson& At(const KubeJson& object, std::string_view key);  // null when absent
std::string TextAt(const KubeJson& object, std::string_view key);
const KubeJson& AtPath(const KubeJson& object, std::initializer_list<std::string_view> path);

}  // namespace hullwright::cli
