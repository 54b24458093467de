#include "registry/place.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace hullwright::registry {
namespace {

constexpr std::size_t kMaxPathBytes = 255;

// What may stand in a URL: the path of a repository as references have it.
bool IsRepositoryPath(std::string_view path) {
  if (path.empty() || path.size() > kMaxPathBytes || path.front() == '/' || path.back() == '/') return false;
  if (path.find("//") != std::string_view::npos || path.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(
      path, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/'; });
}

}  // namespace

Answer<std::vector<Place>> PlacesOf(const RepositoryName& repository, const Hosts& hosts) {
  const auto invalid = [&](std::string_view why) {
    return Decline(Why::kMisconfigured, fmt::format("{}: {}", Printable(repository.ToString()), why));
  };
  if (!IsRepositoryPath(repository.path)) return invalid("this is no repository");
  const auto host = hosts.Find(repository.host);
  if (!host) return invalid(host.error().message);
  std::vector<Place> places;
  for (const auto& mirror : (*host)->settings.mirrors) {
    const auto mirror_host = hosts.Find(mirror.host);
    const std::string path = mirror.path.empty() ? repository.path : mirror.path + "/" + repository.path;
    if (!mirror_host || !IsRepositoryPath(path)) return invalid(fmt::format("its mirror {}/{} cannot be asked", mirror.host, path));
    places.push_back({*mirror_host, path, true, mirror.resolves_tags});
  }
  if (!(*host)->settings.mirrors_only) places.push_back({*host, repository.path});
  return places;
}

}  // namespace hullwright::registry
