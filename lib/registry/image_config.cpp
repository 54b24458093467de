#include "registry/image_config.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/rfc3339.h"

namespace hullwright::registry {
namespace {

std::unexpected<Problem> MalformedConfig(std::string message) {
  return Decline(Why::kMalformed, "image configuration: " + std::move(message));
}

Answer<std::string> ReadConfigText(JsonElement object, std::string_view name) {
  const auto member = Member(object, name);
  if (!member) return "";
  if (!member->is_string()) return MalformedConfig(fmt::format("{} is no string", name));
  return std::string(std::string_view(*member));
}

Answer<void> ReadInto(JsonElement object, std::string_view name, std::size_t max_bytes, std::string& into) {
  auto text = ReadConfigText(object, name);
  if (!text) return std::unexpected(text.error());
  if (text->size() > max_bytes)
    return Decline(Why::kTooLarge, fmt::format("image configuration: {} has {} bytes, more than {}", name, text->size(), max_bytes));
  into = std::move(*text);
  return {};
}

Answer<std::vector<Digest>> ReadDiffIds(JsonElement document) {
  std::vector<Digest> diff_ids;
  const auto rootfs = Member(document, "rootfs");
  if (!rootfs) return diff_ids;
  const auto list = Member(*rootfs, "diff_ids");
  if (!list) return diff_ids;
  if (!list->is_array()) return MalformedConfig("rootfs.diff_ids is no array");
  for (const JsonElement element : JsonArray(*list)) {
    if (diff_ids.size() == kMaxLayers) return Decline(Why::kTooLarge, fmt::format("image configuration: more than {} layers", kMaxLayers));
    const auto digest = element.is_string() ? Digest::Parse(std::string_view(element)) : Fail(ErrorCode::kInvalidInput, "no string");
    if (!digest) return MalformedConfig(fmt::format("rootfs.diff_ids[{}]: {}", diff_ids.size(), digest.error().message));
    diff_ids.push_back(*digest);
  }
  return diff_ids;
}

// Labels are for people: too many are left out rather than refused.
Annotations ReadLabels(JsonElement config) {
  Annotations labels;
  const auto member = Member(config, "Labels");
  if (!member || !member->is_object()) return labels;
  for (const auto [key, value] : JsonObject(*member)) {
    if (labels.size() == kMaxAnnotations) break;
    if (value.is_string()) labels.emplace_back(key, std::string_view(value));
  }
  return labels;
}

}  // namespace

bool IsImageConfig(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.config.v1+json" || media_type == "application/vnd.docker.container.image.v1+json";
}

Answer<ImageConfig> ParseImageConfig(std::string_view bytes) {
  JsonReader reader;
  const auto document = reader.Read(bytes, {.max_bytes = kMaxConfigBytes});
  if (!document) return MalformedConfig(document.error().message);
  if (!document->is_object()) return MalformedConfig("it is no JSON object");
  ImageConfig config;
  for (const auto& [name, field, max_bytes] : kPlatformWords) {
    if (const auto read = ReadInto(*document, name, max_bytes, config.platform.*field); !read) return std::unexpected(read.error());
  }
  if (const auto created = ParseRfc3339(TextMember(*document, "created")); created) config.created = *created;
  if (const auto inner = Member(*document, "config")) {
    if (!inner->is_object()) return MalformedConfig("config is no object");
    if (const auto read = ReadInto(*inner, "User", kMaxUserBytes, config.user); !read) return std::unexpected(read.error());
    config.labels = ReadLabels(*inner);
  }
  auto diff_ids = ReadDiffIds(*document);
  if (!diff_ids) return std::unexpected(diff_ids.error());
  config.diff_ids = std::move(*diff_ids);
  return config;
}

}  // namespace hullwright::registry
