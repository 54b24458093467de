// Manifests, indexes and image configurations: whatever the bytes, the answer is one problem in one line, or a document within its bounds
// that no other reader can take for another kind.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "registry/image_config.h"
#include "registry/manifest.h"

namespace {

using namespace hullwright::registry;

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireOneLine(const Problem& problem) {
  Require(!problem.message.empty() && problem.message.size() < 16'384);
  for (const char c : problem.message) Require(c >= ' ' && c <= '~');
}

void CheckDescriptor(const Descriptor& descriptor) {
  Require(!descriptor.digest.text().empty() && descriptor.annotations.size() <= kMaxAnnotations);
}

void Check(const ManifestContent& content, DocumentKind kind) {
  if (const auto* manifest = std::get_if<ImageManifest>(&content)) {
    Require(kind == DocumentKind::kManifest && manifest->layers.size() <= kMaxLayers && KindOf(manifest->media_type) == kind);
    CheckDescriptor(manifest->config);
    for (const auto& layer : manifest->layers) CheckDescriptor(layer);
  } else {
    const auto& index = std::get<ImageIndex>(content);
    Require(kind == DocumentKind::kIndex && index.manifests.size() <= kMaxIndexEntries && KindOf(index.media_type) == kind);
    for (const auto& child : index.manifests) CheckDescriptor(child);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto type : {kOciManifest, kOciIndex, kDockerManifest, kDockerList}) {
    const auto read = ParseManifest(text, type);
    if (read) {
      Check(*read, *KindOf(type));
    } else {
      RequireOneLine(read.error());
    }
  }
  // The same bytes never are a manifest for one reader and an index for another.
  const bool is_manifest = ParseManifest(text, kOciManifest).has_value() || ParseManifest(text, kDockerManifest).has_value();
  const bool is_index = ParseManifest(text, kOciIndex).has_value() || ParseManifest(text, kDockerList).has_value();
  Require(!(is_manifest && is_index));
  if (const auto config = ParseImageConfig(text); !config) RequireOneLine(config.error());
  return 0;
}
