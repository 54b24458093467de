#include "support/memory_kube.h"

#include <utility>

namespace hullwright::testing {
namespace {

using kube::KubeReply;
using nlohmann::json;

std::string VersionOf(const json& object) {
  return object.value("metadata", json::object()).value("resourceVersion", "");
}

std::unexpected<Error> NoSuch(const MemoryRequest& request) {
  return Fail(ErrorCode::kNotFound, request.path + " not found");
}

}  // namespace

json MemoryKube::Object(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = state_.objects.find(path);
  return found == state_.objects.end() ? json() : found->second;
}

void MemoryKube::SetObject(const std::string& path, json object) {
  const std::lock_guard lock(mutex_);
  Store(state_, path, std::move(object));
}

void MemoryKube::RemoveObject(const std::string& path) {
  const std::lock_guard lock(mutex_);
  state_.objects.erase(path);
}

std::vector<std::string> MemoryKube::Paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, object] : state_.objects) paths.push_back(path);
  return paths;
}

void MemoryKube::SetFault(Fault fault) {
  const std::lock_guard lock(mutex_);
  state_.fault = std::move(fault);
}

void MemoryKube::LoseNextAnswers(int count) {
  const std::lock_guard lock(mutex_);
  state_.lost_answers = count;
}

std::vector<MemoryRequest> MemoryKube::Requests() const {
  const std::lock_guard lock(mutex_);
  return state_.requests;
}

// The uid stays as long as the object does.
json& MemoryKube::Store(State& state, const std::string& path, json object) {
  json& stored = state.objects[path];
  const std::string uid = stored.is_null() ? "uid-" + std::to_string(++state.uids) : stored["metadata"]["uid"].get<std::string>();
  stored = std::move(object);
  stored["metadata"]["uid"] = uid;
  stored["metadata"]["resourceVersion"] = std::to_string(++state.version);
  return stored;
}

Result<KubeReply> MemoryKube::Ask(std::string method, const std::string& path_and_query, std::string body, const Serve& serve) {
  const auto question = path_and_query.find('?');
  MemoryRequest request{std::move(method), path_and_query.substr(0, question),
                        question == std::string::npos ? "" : path_and_query.substr(question + 1), std::move(body)};
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    state_.requests.push_back(request);
    fault = state_.fault;
  }
  if (fault) {
    if (auto error = fault(request)) return std::unexpected(*error);
  }
  json object = request.body.empty() ? json::object() : json::parse(request.body, nullptr, false);
  if (!object.is_object()) return Fail(ErrorCode::kInvalidInput, "the body is no object");
  const std::lock_guard lock(mutex_);
  auto reply = serve(state_, request, std::move(object));
  if (state_.lost_answers > 0) {
    --state_.lost_answers;
    return Fail(ErrorCode::kDeadline, "the answer is lost");
  }
  return reply;
}

Result<KubeReply> MemoryKube::Get(const std::string& path, Deadline) {
  return Ask("GET", path, "", [](State& state, const MemoryRequest& request, json) -> Result<KubeReply> {
    const auto found = state.objects.find(request.path);
    if (found == state.objects.end()) return NoSuch(request);
    return KubeReply{200, found->second.dump()};
  });
}

Result<KubeReply> MemoryKube::Post(const std::string& path, std::string body, Deadline) {
  return Ask("POST", path, std::move(body), [](State& state, const MemoryRequest& request, json object) -> Result<KubeReply> {
    const std::string own_path = request.path + "/" + object["metadata"].value("name", "");
    if (state.objects.contains(own_path)) return Fail(ErrorCode::kConflict, own_path + " already exists");
    return KubeReply{201, Store(state, own_path, std::move(object)).dump()};
  });
}

Result<KubeReply> MemoryKube::Put(const std::string& path, std::string body, Deadline) {
  return Ask("PUT", path, std::move(body), [](State& state, const MemoryRequest& request, json object) -> Result<KubeReply> {
    const auto found = state.objects.find(request.path);
    if (found == state.objects.end()) return NoSuch(request);
    const std::string version = VersionOf(object);
    if (!version.empty() && version != VersionOf(found->second)) return Fail(ErrorCode::kConflict, "the object has been modified");
    return KubeReply{200, Store(state, request.path, std::move(object)).dump()};
  });
}

Result<KubeReply> MemoryKube::Patch(const std::string& path, kube::PatchType type, std::string body, Deadline) {
  if (type == kube::PatchType::kJson) return Fail(ErrorCode::kUnsupported, "JSON patches are not known here");
  return Ask("PATCH", path, std::move(body), [type](State& state, const MemoryRequest& request, json patch) -> Result<KubeReply> {
    const auto found = state.objects.find(request.path);
    if (found == state.objects.end() && type == kube::PatchType::kMerge) return NoSuch(request);
    json object = found == state.objects.end() ? json::object() : found->second;
    object.merge_patch(patch);
    return KubeReply{200, Store(state, request.path, std::move(object)).dump()};
  });
}

Result<KubeReply> MemoryKube::Delete(const std::string& path, const kube::DeletePreconditions& preconditions, Deadline) {
  return Ask("DELETE", path, "", [&](State& state, const MemoryRequest& request, json) -> Result<KubeReply> {
    const auto found = state.objects.find(request.path);
    if (found == state.objects.end()) return NoSuch(request);
    const json& metadata = found->second["metadata"];
    const bool holds = (preconditions.uid.empty() || preconditions.uid == metadata["uid"]) &&
                       (preconditions.resource_version.empty() || preconditions.resource_version == metadata["resourceVersion"]);
    if (!holds) return Fail(ErrorCode::kConflict, "the precondition does not hold");
    const std::string last = found->second.dump();
    state.objects.erase(found);
    return KubeReply{200, last};
  });
}

Result<KubeReply> MemoryKube::GetLong(const std::string& path, std::size_t, std::chrono::milliseconds, std::stop_token) {
  return Fail(ErrorCode::kUnsupported, path + ": there are no lists here");
}

Result<void> MemoryKube::Watch(const std::string& path, std::function<void()>, std::function<bool(std::string_view line)>,
                               std::chrono::milliseconds, std::stop_token) {
  return Fail(ErrorCode::kUnsupported, path + ": there are no watches here");
}

}  // namespace hullwright::testing
