// OCI and Docker manifests and indexes as values, read strictly from bytes. Pure.
// Source: OCI image specification v1.1, manifest.md, image-index.md, descriptor.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "registry/answer.h"
#include "registry/media_type.h"

namespace hullwright::registry {

inline constexpr std::size_t kMaxManifestBytes = 4u << 20;
inline constexpr std::size_t kMaxLayers = 1024;
inline constexpr std::size_t kMaxIndexEntries = 1024;
inline constexpr std::size_t kMaxAnnotations = 256;  // of one descriptor or document
// Of what a descriptor is about (descriptor.md: an int64).
inline constexpr std::int64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

using Annotations = std::vector<std::pair<std::string, std::string>>;
// nullptr when there is none of that name.
const std::string* FindAnnotation(const Annotations& annotations, std::string_view name);

struct Platform {
  std::string os, architecture, variant, os_version;

  std::string ToString() const;  // "linux/arm64/v8"
  bool operator==(const Platform&) const = default;
};

// The words of a platform as indexes and configurations write them. Longer ones than those that exist are refused: what is read here is
// kept for as long as the image is asked for.
struct PlatformWord {
  std::string_view name;
  std::string Platform::* field;
  std::size_t max_bytes;
};
inline constexpr std::array kPlatformWords = {
    PlatformWord{"os", &Platform::os, 64}, PlatformWord{"architecture", &Platform::architecture, 64},
    PlatformWord{"variant", &Platform::variant, 64}, PlatformWord{"os.version", &Platform::os_version, 128}};

// What a document says of another one. Everything but digest and size is a hint: only the bytes of that digest decide.
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string artifact_type = {};
  Annotations annotations = {};
  std::optional<Platform> platform = {};  // in an index
};

struct ImageManifest {
  std::string media_type;
  std::string artifact_type;  // as written; effective_artifact_type() is what the specification makes of it
  Descriptor config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  Annotations annotations;

  const std::string& effective_artifact_type() const { return artifact_type.empty() ? config.media_type : artifact_type; }
};

struct ImageIndex {
  std::string media_type;
  std::string artifact_type;
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  Annotations annotations;

  const Descriptor* Find(const Digest& child) const;  // nullptr: these bytes do not list it
};

using ManifestContent = std::variant<ImageManifest, ImageIndex>;

// content_type: the Content-Type of the answer, without parameters; "" when there was none to compare with (an OCI layout folder): then
// the document must say what it is. Refused: schema 1 and foreign types (kUnsupported), a mediaType that is not the content type, a
// document with both manifests and layers or config (CVE-2021-41190), descriptors without a digest that we can check or with a size beyond
// kMaxSize (kMalformed), more entries or longer words of a platform than the bounds above (kTooLarge).
Answer<ManifestContent> ParseManifest(std::string_view bytes, std::string_view content_type);

}  // namespace hullwright::registry
