#include "operator/cluster_object.h"

#include <chrono>
#include <utility>

namespace hullwright::controller {
namespace {

constexpr std::chrono::seconds kCallTime{10};

std::string TextIn(const nlohmann::json& object, const std::string& key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Deadline CallDeadline() {
  return std::chrono::steady_clock::now() + kCallTime;
}

Result<nlohmann::json> ObjectIn(const kube::KubeReply& reply) {
  auto object = nlohmann::json::parse(reply.body, nullptr, false);
  if (!object.is_object()) return Fail(ErrorCode::kInvalidInput, "the API server's answer is no object");
  return object;
}

Result<std::optional<nlohmann::json>> ReadObject(kube::KubeClient& client, const std::string& path) {
  const auto reply = client.Get(path, CallDeadline());
  if (!reply && reply.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!reply) return std::unexpected(reply.error());
  auto object = ObjectIn(*reply);
  if (!object) return std::unexpected(object.error().Within(path));
  return std::move(*object);
}

std::string MetadataText(const nlohmann::json& object, const char* name) {
  const auto metadata = object.find("metadata");
  return metadata != object.end() && metadata->is_object() ? TextIn(*metadata, name) : std::string();
}

std::string AnnotationOf(const nlohmann::json& object, const std::string& name) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return {};
  const auto annotations = metadata->find("annotations");
  return annotations != metadata->end() && annotations->is_object() ? TextIn(*annotations, name) : std::string();
}

}  // namespace hullwright::controller
