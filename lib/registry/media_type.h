// The media types of manifests that we take, and what they say a document is.
// Sources: OCI image specification v1.1 (media-types.md), Docker Image Manifest V2, Schema 2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hullwright::registry {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

enum class DocumentKind { kManifest, kIndex };

// nullopt: schema 1 or anything else.
std::optional<DocumentKind> KindOf(std::string_view media_type);

// "Application/JSON; charset=utf-8" → "application/json".
std::string MediaTypeEssence(std::string_view content_type);

// The Accept header of a request for a manifest by tag or digest.
std::string_view AcceptManifests();

}  // namespace hullwright::registry
