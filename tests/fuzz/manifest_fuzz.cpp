// Manifests, indexes and image configurations: whatever the bytes, the answer is one problem in one line, or a document within its bounds
// that no other reader can take for another kind.
#include <string_view>

#include "fuzz/fuzzing.h"
#include "registry/image_config.h"
#include "registry/manifest.h"

namespace {

using namespace hullwright::fuzz;
using namespace hullwright::registry;

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
  const std::string_view text = Text(data, size);
  for (const auto type : {kOciManifest, kOciIndex, kDockerManifest, kDockerList}) {
    const auto read = ParseManifest(text, type);
    if (read) {
      Check(*read, *KindOf(type));
    } else {
      RequireOneLine(read.error().message);
    }
  }
  // The same bytes never are a manifest for one reader and an index for another.
  const bool is_manifest = ParseManifest(text, kOciManifest).has_value() || ParseManifest(text, kDockerManifest).has_value();
  const bool is_index = ParseManifest(text, kOciIndex).has_value() || ParseManifest(text, kDockerList).has_value();
  Require(!(is_manifest && is_index));
  if (const auto config = ParseImageConfig(text); !config) RequireOneLine(config.error().message);
  return 0;
}
