#include "kube/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "kube/list_page.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostManagerBytes = 128;  // apimachinery: FieldManagerMaxLength

std::unexpected<Error> CannotApply(const std::string& path, std::string_view what) {
  return Fail(ErrorCode::kInvalidInput, fmt::format("apply {}: {}", Printable(path), what));
}

bool HasText(const nlohmann::json& object, const char* key) {
  return object.contains(key) && object[key].is_string() && !object[key].get_ref<const std::string&>().empty();
}

Result<void> CheckApplied(const std::string& path, const nlohmann::json& object, const ApplyOptions& options) {
  const auto is_printable = [](char c) { return c >= ' ' && c < 0x7f; };
  if (options.field_manager.empty() || options.field_manager.size() > kMostManagerBytes ||
      !std::ranges::all_of(options.field_manager, is_printable)) {
    return CannotApply(path, "the field manager must have 1 to 128 printable bytes");
  }
  if (!object.is_object() || !HasText(object, "apiVersion") || !HasText(object, "kind"))
    return CannotApply(path, "the object must have apiVersion and kind");
  if (!object.contains("metadata") || !object["metadata"].is_object() || !HasText(object["metadata"], "name"))
    return CannotApply(path, "the object must have metadata.name");
  if (object["metadata"].contains("managedFields")) return CannotApply(path, "the object must not have metadata.managedFields");
  if (path.contains('?') || !path.ends_with("/" + object["metadata"]["name"].get_ref<const std::string&>()))
    return CannotApply(path, "the path must end in the object's name");
  return {};
}

Result<KubeReply> SendApplied(KubeClient& client, std::string path, const nlohmann::json& object, const ApplyOptions& options,
                              Deadline deadline) {
  path += fmt::format("?fieldManager={}&force={}", PercentEncode(options.field_manager), options.force);
  return client.Patch(path, PatchType::kApply, JsonLine(object), deadline);
}

}  // namespace

Result<KubeReply> Apply(KubeClient& client, const std::string& path, const nlohmann::json& object, const ApplyOptions& options,
                        Deadline deadline) {
  if (auto sound = CheckApplied(path, object, options); !sound) return std::unexpected(sound.error());
  return SendApplied(client, path, object, options, deadline);
}

Result<KubeReply> ApplyStatus(KubeClient& client, const std::string& path, const nlohmann::json& object, const ApplyOptions& options,
                              Deadline deadline) {
  if (auto sound = CheckApplied(path, object, options); !sound) return std::unexpected(sound.error());
  if (!object.contains("status")) return CannotApply(path, "the object has no status");
  return SendApplied(client, path + "/status", object, options, deadline);
}

}  // namespace hullwright::kube
