#include "registry/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace hullwright::registry {
namespace {

std::unexpected<Problem> MalformedManifest(std::string message) {
  return Decline(Why::kMalformed, "manifest: " + std::move(message));
}

// The text of an optional member; anything but a string is malformed.
Answer<std::string> ReadManifestText(JsonElement object, std::string_view name) {
  const auto member = Member(object, name);
  if (!member) return "";
  if (!member->is_string()) return MalformedManifest(fmt::format("{} is no string", name));
  return std::string(std::string_view(*member));
}

Answer<Annotations> ReadAnnotations(JsonElement object) {
  Annotations annotations;
  const auto member = Member(object, "annotations");
  if (!member) return annotations;
  if (!member->is_object()) return MalformedManifest("annotations is no object");
  for (const auto [key, value] : JsonObject(*member)) {
    if (annotations.size() == kMaxAnnotations) {
      return Decline(Why::kTooLarge, fmt::format("manifest: more than {} annotations in one place", kMaxAnnotations));
    }
    if (!value.is_string()) return MalformedManifest("an annotation is no string");
    annotations.emplace_back(key, std::string_view(value));
  }
  return annotations;
}

Answer<std::optional<Platform>> ReadPlatform(JsonElement object) {
  const auto member = Member(object, "platform");
  if (!member) return std::nullopt;
  if (!member->is_object()) return MalformedManifest("platform is no object");
  Platform platform;
  for (const auto& [name, field, max_bytes] : kPlatformWords) {
    auto text = ReadManifestText(*member, name);
    if (!text) return std::unexpected(text.error());
    if (text->size() > max_bytes)
      return Decline(Why::kTooLarge, fmt::format("manifest: {} of a platform has {} bytes, more than {}", name, text->size(), max_bytes));
    platform.*field = std::move(*text);
  }
  return platform;
}

Answer<Descriptor> ReadDescriptor(JsonElement element, std::string_view where) {
  if (!element.is_object()) return MalformedManifest(fmt::format("{} is no object", where));
  const auto digest_text = Member(element, "digest");
  if (!digest_text || !digest_text->is_string()) return MalformedManifest(fmt::format("{} has no digest", where));
  auto digest = Digest::Parse(std::string_view(*digest_text));
  if (!digest) return MalformedManifest(fmt::format("{}: {}", where, digest.error().message));
  const auto size_member = Member(element, "size");
  std::int64_t size = 0;
  if (!size_member || size_member->get_int64().get(size) != simdjson::SUCCESS || size < 0)
    return MalformedManifest(fmt::format("{} has no size: a whole number from 0 to {} is wanted", where, kMaxSize));
  auto media_type = ReadManifestText(element, "mediaType"), artifact_type = ReadManifestText(element, "artifactType");
  auto annotations = ReadAnnotations(element);
  auto platform = ReadPlatform(element);
  if (!media_type) return std::unexpected(media_type.error());
  if (!artifact_type) return std::unexpected(artifact_type.error());
  if (!annotations) return std::unexpected(annotations.error());
  if (!platform) return std::unexpected(platform.error());
  return Descriptor{std::move(*media_type),    std::move(*digest),      static_cast<std::uint64_t>(size),
                    std::move(*artifact_type), std::move(*annotations), std::move(*platform)};
}

Answer<std::vector<Descriptor>> ReadDescriptors(JsonElement document, std::string_view name, std::size_t most) {
  const auto member = Member(document, name);
  if (!member || !member->is_array()) return MalformedManifest(fmt::format("{} is no array", name));
  std::vector<Descriptor> descriptors;
  for (const JsonElement element : JsonArray(*member)) {
    if (descriptors.size() == most) return Decline(Why::kTooLarge, fmt::format("manifest: more than {} {}", most, name));
    auto descriptor = ReadDescriptor(element, fmt::format("{}[{}]", name, descriptors.size()));
    if (!descriptor) return std::unexpected(descriptor.error());
    descriptors.push_back(std::move(*descriptor));
  }
  return descriptors;
}

// What manifests and indexes have in common.
template <class Content>
Answer<void> ReadCommon(JsonElement document, Content& content) {
  auto artifact_type = ReadManifestText(document, "artifactType");
  if (!artifact_type) return std::unexpected(artifact_type.error());
  auto annotations = ReadAnnotations(document);
  if (!annotations) return std::unexpected(annotations.error());
  content.artifact_type = std::move(*artifact_type);
  content.annotations = std::move(*annotations);
  if (const auto subject = Member(document, "subject")) {
    auto descriptor = ReadDescriptor(*subject, "subject");
    if (!descriptor) return std::unexpected(descriptor.error());
    content.subject = std::move(*descriptor);
  }
  return {};
}

Answer<ManifestContent> ReadManifest(JsonElement document, std::string media_type) {
  ImageManifest manifest;
  manifest.media_type = std::move(media_type);
  if (const auto read = ReadCommon(document, manifest); !read) return std::unexpected(read.error());
  const auto config = Member(document, "config");
  if (!config) return MalformedManifest("config is missing");
  auto descriptor = ReadDescriptor(*config, "config");
  if (!descriptor) return std::unexpected(descriptor.error());
  auto layers = ReadDescriptors(document, "layers", kMaxLayers);
  if (!layers) return std::unexpected(layers.error());
  manifest.config = std::move(*descriptor);
  manifest.layers = std::move(*layers);
  return manifest;
}

Answer<ManifestContent> ReadIndex(JsonElement document, std::string media_type) {
  ImageIndex index;
  index.media_type = std::move(media_type);
  if (const auto read = ReadCommon(document, index); !read) return std::unexpected(read.error());
  auto manifests = ReadDescriptors(document, "manifests", kMaxIndexEntries);
  if (!manifests) return std::unexpected(manifests.error());
  index.manifests = std::move(*manifests);
  return index;
}

// The one media type that header and document agree on.
Answer<std::string> AgreedMediaType(JsonElement document, std::string_view content_type) {
  auto written = ReadManifestText(document, "mediaType");
  if (!written) return std::unexpected(written.error());
  if (!written->empty() && !content_type.empty() && *written != content_type) {
    return MalformedManifest(
        fmt::format("it says mediaType {}, but came as Content-Type {}", Printable(*written, 128), Printable(content_type, 128)));
  }
  std::string media_type = written->empty() ? std::string(content_type) : std::move(*written);
  if (media_type.empty()) return MalformedManifest("nothing says its media type");
  return media_type;
}

}  // namespace

const std::string* FindAnnotation(const Annotations& annotations, std::string_view name) {
  const auto found = std::ranges::find(annotations, name, &Annotations::value_type::first);
  return found == annotations.end() ? nullptr : &found->second;
}

std::string Platform::ToString() const {
  return variant.empty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
}

const Descriptor* ImageIndex::Find(const Digest& child) const {
  const auto found = std::ranges::find(manifests, child, &Descriptor::digest);
  return found == manifests.end() ? nullptr : &*found;
}

Answer<ManifestContent> ParseManifest(std::string_view bytes, std::string_view content_type) {
  if (bytes.size() > kMaxManifestBytes) return Decline(Why::kTooLarge, fmt::format("manifest: larger than {} bytes", kMaxManifestBytes));
  if (!content_type.empty() && !KindOf(content_type)) {
    return Decline(Why::kUnsupported, fmt::format("manifest: Content-Type \"{}\" is no OCI or Docker (schema 2) manifest or index",
                                                  Printable(content_type, 128)));
  }
  JsonReader reader;
  const auto document = reader.Read(bytes, {.max_bytes = kMaxManifestBytes});
  if (!document) return MalformedManifest(document.error().message);
  if (!document->is_object()) return MalformedManifest("it is no JSON object");
  const auto version = Member(*document, "schemaVersion");
  if (!version || !version->is_int64()) return MalformedManifest("schemaVersion is missing");
  if (std::int64_t(*version) != 2)
    return Decline(Why::kUnsupported, "manifest: schemaVersion is not 2; push the image again with a current tool");
  const bool lists_images = Member(*document, "manifests").has_value();
  const bool is_image = Member(*document, "layers") || Member(*document, "config");
  if (lists_images && is_image)
    return MalformedManifest("it has both manifests and layers or config, so tools would read it as different things");
  auto media_type = AgreedMediaType(*document, content_type);
  if (!media_type) return std::unexpected(media_type.error());
  const auto kind = KindOf(*media_type);
  if (!kind) {
    return Decline(Why::kUnsupported,
                   fmt::format("manifest: mediaType \"{}\" is no OCI or Docker (schema 2) manifest or index", Printable(*media_type, 128)));
  }
  return *kind == DocumentKind::kIndex ? ReadIndex(*document, std::move(*media_type)) : ReadManifest(*document, std::move(*media_type));
}

}  // namespace hullwright::registry
