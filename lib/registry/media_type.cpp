#include "registry/media_type.h"

#include <fmt/format.h>

#include <algorithm>

namespace hullwright::registry {

std::optional<DocumentKind> KindOf(std::string_view media_type) {
  if (media_type == kOciManifest || media_type == kDockerManifest) return DocumentKind::kManifest;
  if (media_type == kOciIndex || media_type == kDockerList) return DocumentKind::kIndex;
  return std::nullopt;
}

std::string MediaTypeEssence(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  const auto first = content_type.find_first_not_of(" \t"), last = content_type.find_last_not_of(" \t");
  if (first == std::string_view::npos) return "";
  std::string essence(content_type.substr(first, last - first + 1));
  std::ranges::transform(essence, essence.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return essence;
}

std::string_view AcceptManifests() {
  static const std::string kAccept = fmt::format("{}, {}, {}, {}", kOciManifest, kOciIndex, kDockerManifest, kDockerList);
  return kAccept;
}

}  // namespace hullwright::registry
