#include "webhook/cluster_data.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/json.h"
#include "kube/pull_context.h"

namespace hullwright::webhook {
namespace {

// Calls read with the document of one object of the API.
template <class Read>
auto GetObject(kube::KubeClient& client, std::string_view resource, std::string_view namespace_, std::string_view name, Deadline deadline,
               Read&& read) -> decltype(read(JsonElement())) {
  if (!kube::IsObjectName(namespace_) || !kube::IsObjectName(name)) return Fail(ErrorCode::kNotFound, "no object can have this name");
  const auto reply = client.Get(fmt::format("/api/v1/namespaces/{}/{}/{}", namespace_, resource, name), deadline);
  if (!reply) return std::unexpected(reply.error());
  JsonReader reader;
  const auto object = reader.Read(reply->body);
  if (!object) return std::unexpected(object.error());
  if (!object->is_object()) return Fail(ErrorCode::kInvalidInput, fmt::format("{} {} is no JSON object", resource, name));
  return read(*object);
}

// A member that maps names to texts; absent is empty.
Result<std::map<std::string, std::string>> ReadTextMap(JsonElement object, std::string_view key) {
  std::map<std::string, std::string> texts;
  const auto member = Member(object, key);
  if (!member) return texts;
  JsonObject entries;
  if (member->get(entries) != simdjson::SUCCESS) return Fail(ErrorCode::kInvalidInput, fmt::format("{} is no object", key));
  for (const auto entry : entries) {
    std::string_view text;
    if (entry.value.get(text) != simdjson::SUCCESS)
      return Fail(ErrorCode::kInvalidInput, fmt::format("{} holds something that is no text", key));
    texts.emplace(entry.key, text);
  }
  return texts;
}

Result<evidence::SecretData> ReadSecret(JsonElement object) {
  auto encoded = ReadTextMap(object, "data");
  if (!encoded) return std::unexpected(encoded.error());
  evidence::SecretData secret{std::string(TextMember(object, "type")), {}};
  for (const auto& [key, text] : *encoded) {
    auto bytes = DecodeBase64(text);
    if (!bytes) return std::unexpected(bytes.error().Within("data"));
    secret.data.emplace(key, std::move(*bytes));
  }
  return secret;
}

Result<std::vector<std::string>> ReadPullSecrets(JsonElement object) {
  std::vector<std::string> names;
  const auto member = Member(object, "imagePullSecrets");
  JsonArray list;
  if (!member || member->get(list) != simdjson::SUCCESS) return names;
  for (const JsonElement entry : list) {
    const std::string_view name = TextMember(entry, "name");
    if (kube::IsObjectName(name) && names.size() < kube::kMaxPullSecrets) names.emplace_back(name);
  }
  return names;
}

}  // namespace

Result<evidence::SecretData> KubeClusterData::Secret(std::string_view namespace_, std::string_view name, Deadline deadline) {
  return GetObject(client_, "secrets", namespace_, name, deadline, ReadSecret);
}

Result<std::map<std::string, std::string>> KubeClusterData::ConfigMap(std::string_view namespace_, std::string_view name,
                                                                      Deadline deadline) {
  return GetObject(client_, "configmaps", namespace_, name, deadline, [](JsonElement object) { return ReadTextMap(object, "data"); });
}

Result<std::vector<std::string>> KubeClusterData::PullSecretsOf(std::string_view namespace_, std::string_view service_account,
                                                                Deadline deadline) {
  return GetObject(client_, "serviceaccounts", namespace_, service_account, deadline, ReadPullSecrets);
}

}  // namespace hullwright::webhook
