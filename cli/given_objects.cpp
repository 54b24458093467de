#include "cli/given_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/json.h"
#include "cli/manifests.h"

namespace hullwright::cli {
namespace {

bool MayBeGiven(const api::Object& object) {
  return std::holds_alternative<api::ImageAdmissionPolicy>(object) || std::holds_alternative<api::TrustedPublisher>(object) ||
         std::holds_alternative<api::VulnerabilityException>(object) || std::holds_alternative<api::BreakGlass>(object);
}

Result<GivenObject> DecodeGiven(const ManifestObject& manifest) {
  JsonReader reader;
  const auto element = reader.Read(manifest.json, {.max_bytes = 4 * kMaxManifestBytes});
  if (!element) return std::unexpected(element.error());
  auto key = api::ReadKey(*element);
  if (!key) return std::unexpected(key.error());
  auto object = api::DecodeObject(*element);
  if (!object) return std::unexpected(object.error());
  if (!MayBeGiven(*object))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} is no policy, publisher, exception or break-glass", manifest.ToString()));
  return GivenObject{std::move(*key), std::move(*object)};
}

}  // namespace

Result<std::vector<GivenObject>> ReadGivenObjects(const std::vector<std::string>& paths, std::string_view option,
                                                  const Environment& environment) {
  const Manifests manifests = ReadManifests(paths, environment);
  for (const ManifestError& error : manifests.errors)
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}: {}", option, error.place.ToString(), error.error));
  std::vector<GivenObject> given;
  for (const ManifestObject& manifest : manifests.objects) {
    // Folders of policies hold those too; of a recorded decision and of manifests the labels are known.
    if (manifest.api_version == "v1" && manifest.identity.kind == "Namespace") continue;
    auto object = DecodeGiven(manifest);
    if (!object) return std::unexpected(object.error().Within(fmt::format("{}: {}", option, manifest.place.ToString())));
    given.push_back(std::move(*object));
  }
  const auto is_policy = [](const GivenObject& each) { return std::holds_alternative<api::ImageAdmissionPolicy>(each.object); };
  if (std::ranges::none_of(given, is_policy))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: holds no policy, so there is nothing to judge by", option));
  return given;
}

}  // namespace hullwright::cli
