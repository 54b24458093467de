#include "kube/object_cache.h"

#include <fmt/format.h>

namespace hullwright::kube {

Result<std::string> ObjectKeyOf(JsonElement object) {
  const auto metadata = Member(object, "metadata");
  const std::string_view name = metadata ? TextMember(*metadata, "name") : "";
  if (name.empty()) return Fail(ErrorCode::kInvalidInput, "the object has no metadata.name");
  return ObjectKeyOf(TextMember(*metadata, "namespace"), name);
}

std::string ObjectKeyOf(std::string_view namespace_, std::string_view name) {
  return namespace_.empty() ? std::string(name) : fmt::format("{}/{}", namespace_, name);
}

std::pair<std::string, std::string> SplitObjectKey(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return {"", std::string(key)};
  return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

std::string ResourceVersionOf(JsonElement object) {
  const auto metadata = Member(object, "metadata");
  return metadata ? std::string(TextMember(*metadata, "resourceVersion")) : "";
}

}  // namespace hullwright::kube
