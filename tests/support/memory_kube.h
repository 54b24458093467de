// A KubeClient whose objects are in memory, for tests of what writes single objects: resource versions, conflicts, and faults on demand.
// What it does right is held against the real API server by CheckThatWritesAreConditional (kube_contract.h). It knows no lists, no watches
// and no field ownership: FakeApiServer and the real server do.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.h"

namespace hullwright::testing {

struct MemoryRequest {
  std::string method, path, query, body;
};

// Thread-safe.
class MemoryKube final : public kube::KubeClient {
 public:
  // As if somebody else did it. A missing object is null.
  nlohmann::json Object(const std::string& path) const;
  void SetObject(const std::string& path, nlohmann::json object);
  void RemoveObject(const std::string& path);
  std::vector<std::string> Paths() const;

  // Called before each request, outside the lock; an error it answers is the request's.
  using Fault = std::function<std::optional<Error>(const MemoryRequest&)>;
  void SetFault(Fault fault);
  // Requests that have been served, but whose answer is lost: kDeadline.
  void LoseNextAnswers(int count);
  std::vector<MemoryRequest> Requests() const;

  Result<kube::KubeReply> Get(const std::string& path_and_query, Deadline deadline) override;
  Result<kube::KubeReply> Post(const std::string& path_and_query, std::string json, Deadline deadline) override;
  Result<kube::KubeReply> Put(const std::string& path_and_query, std::string json, Deadline deadline) override;
  // kMerge and kApply merge; kJson is kUnsupported.
  Result<kube::KubeReply> Patch(const std::string& path_and_query, kube::PatchType type, std::string json, Deadline deadline) override;
  Result<kube::KubeReply> Delete(const std::string& path_and_query, const kube::DeletePreconditions& preconditions,
                                 Deadline deadline) override;
  Result<kube::KubeReply> GetLong(const std::string& path_and_query, std::size_t max_bytes, std::chrono::milliseconds idle_timeout,
                                  std::stop_token stop) override;
  Result<void> Watch(const std::string& path_and_query, std::function<void()> on_open, std::function<bool(std::string_view line)> on_line,
                     std::chrono::milliseconds idle_timeout, std::stop_token stop) override;

 private:
  struct State {
    std::map<std::string, nlohmann::json> objects;  // by path
    int version = 0, uids = 0, lost_answers = 0;
    std::vector<MemoryRequest> requests;
    Fault fault;
  };
  using Serve = std::function<Result<kube::KubeReply>(State&, const MemoryRequest&, nlohmann::json)>;

  Result<kube::KubeReply> Ask(std::string method, const std::string& path_and_query, std::string body, const Serve& serve);
  static nlohmann::json& Store(State& state, const std::string& path, nlohmann::json object);

  mutable std::mutex mutex_;
  State state_;
};

}  // namespace hullwright::testing
