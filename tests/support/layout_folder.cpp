#include "support/layout_folder.h"

#include <fmt/format.h>

#include "registry/content_digest.h"

namespace hullwright::testing {

using nlohmann::json;

LayoutFolder::LayoutFolder() {
  std::filesystem::create_directories(folder_.path() / "blobs" / "sha256");
  Write("oci-layout", R"({"imageLayoutVersion": "1.0.0"})");
  Write("index.json", json{{"schemaVersion", 2}, {"manifests", entries_}}.dump());
}

std::string LayoutFolder::BlobPath(const Digest& digest) const {
  return fmt::format("{}/blobs/{}/{}", path(), digest.algorithm(), digest.hex());
}

Digest LayoutFolder::PutBlob(std::string_view bytes) const {
  const Digest digest = registry::DigestOf(bytes);
  Write(fmt::format("blobs/sha256/{}", digest.hex()), bytes);
  return digest;
}

void LayoutFolder::List(const Digest& digest, std::string_view media_type, const LayoutAnnotations& annotations) {
  std::error_code none;
  const auto size = std::filesystem::file_size(BlobPath(digest), none);
  json entry = {{"mediaType", media_type}, {"digest", digest.text()}, {"size", none ? 0 : size}};
  if (!annotations.empty()) entry["annotations"] = annotations;
  entries_.push_back(std::move(entry));
  Write("index.json", json{{"schemaVersion", 2}, {"manifests", entries_}}.dump());
}

Digest LayoutFolder::PutManifest(const ManifestParts& parts) const {
  return PutBlob(ManifestJson(parts, [&](const std::string& bytes) { return PutBlob(bytes); }));
}

Digest LayoutFolder::Push(const ManifestParts& parts, const LayoutAnnotations& annotations) {
  const Digest digest = PutManifest(parts);
  List(digest, registry::kOciManifest, annotations);
  return digest;
}

Digest LayoutFolder::PutIndex(const std::vector<Digest>& manifests) const {
  json index = {{"schemaVersion", 2}, {"mediaType", registry::kOciIndex}, {"manifests", json::array()}};
  for (const Digest& digest : manifests)
    index["manifests"].push_back({{"mediaType", registry::kOciManifest}, {"digest", digest.text()}, {"size", 1}});
  return PutBlob(index.dump());
}

LayoutAnnotations RefName(const std::string& name) {
  return {{"org.opencontainers.image.ref.name", name}};
}

}  // namespace hullwright::testing
