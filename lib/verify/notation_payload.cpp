#include "verify/notation_payload.h"

#include <fmt/format.h>

#include "base/image_reference.h"
#include "base/text.h"
#include "verify/json_fields.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kMaxPayloadBytes = 1u << 20;

std::unexpected<Failure> Wrong(std::string_view what) {
  return Reject(Step::kStructure, fmt::format("the payload's {}", what));
}

Checked<std::string> Text(const JsonFields& artifact, std::string_view name) {
  const auto text = artifact.Text(name);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return Wrong(fmt::format("{} is empty", name));
  return std::string(*text);
}

Checked<std::map<std::string, std::string>> Annotations(const JsonFields& artifact) {
  std::map<std::string, std::string> annotations;
  if (!artifact.Has("annotations")) return annotations;
  const auto object = artifact.Object("annotations");
  if (!object) return std::unexpected(object.error());
  for (const auto field : JsonObject(object->element())) {
    std::string_view value;
    if (field.value.get(value) != simdjson::SUCCESS) return Wrong("annotations are not all strings");
    annotations.emplace(field.key, value);
  }
  return annotations;
}

Checked<NotationPayload> ReadArtifact(const JsonFields& artifact) {
  NotationPayload payload;
  auto media_type = Text(artifact, "mediaType");
  if (!media_type) return std::unexpected(media_type.error());
  auto digest = Text(artifact, "digest");
  if (!digest) return std::unexpected(digest.error());
  // As a number: not negative, no fraction, no text.
  const auto size = artifact.Find("size");
  if (!size || !(size->is_int64() || size->is_uint64()) || size->get(payload.size) != simdjson::SUCCESS)
    return Wrong("size is missing or no whole number");
  auto annotations = Annotations(artifact);
  if (!annotations) return std::unexpected(annotations.error());
  payload.media_type = *std::move(media_type);
  payload.digest = *std::move(digest);
  payload.annotations = *std::move(annotations);
  return payload;
}

Checked<void> CheckMetadata(const NotationPayload& payload, const NotationTarget& target) {
  for (const auto& [key, value] : target.user_metadata) {
    const auto found = payload.annotations.find(key);
    if (found == payload.annotations.end())
      return Reject(Step::kSubject, fmt::format("the signature does not carry the metadata \"{}\"", Printable(key, 128)));
    if (found->second != value)
      return Reject(Step::kSubject, fmt::format("the signature carries {}=\"{}\", wanted \"{}\"", Printable(key, 128),
                                                Printable(found->second, 128), Printable(value, 128)));
  }
  return {};
}

}  // namespace

Checked<NotationPayload> ReadNotationPayload(std::string_view text) {
  JsonReader reader;
  const auto json = ReadJson(reader, text, kMaxPayloadBytes);
  if (!json) return Reject(json.error().step, fmt::format("the payload: {}", json.error().message));
  const auto root = JsonFields::Of(*json, "the payload");
  if (!root) return std::unexpected(root.error());
  // Nothing else may stand beside it: another reader might take that for what was signed.
  if (auto alone = root->RefuseOthers({"targetArtifact"}); !alone) return std::unexpected(alone.error());
  const auto artifact = root->Object("targetArtifact");
  if (!artifact) return std::unexpected(artifact.error());
  return ReadArtifact(*artifact);
}

Checked<void> CheckNotationTarget(const NotationPayload& payload, const NotationTarget& target) {
  if (payload.digest != target.digest)
    return Reject(Step::kSubject, fmt::format("the signature is about {}, not {}", Printable(payload.digest), target.digest));
  if (target.media_type && payload.media_type != *target.media_type)
    return Reject(Step::kSubject, fmt::format("the signature is about a {}, not a {}", Printable(payload.media_type), *target.media_type));
  if (target.size && payload.size != *target.size)
    return Reject(Step::kSubject, fmt::format("the signature is about {} bytes, not {}", payload.size, *target.size));
  return CheckMetadata(payload, target);
}

Checked<void> CheckNotationReference(std::string_view text) {
  const auto reference = ImageReference::Parse(text);
  if (!reference) return Reject(Step::kStructure, reference.error().message);
  if (!reference->digest) return Reject(Step::kStructure, fmt::format("\"{}\" has no digest", Printable(text)));
  // No default host: the name must be written with its own.
  const std::string_view first = text.substr(0, text.find('/'));
  if (first == text || (first.find_first_of(".:") == std::string_view::npos && first != "localhost"))
    return Reject(Step::kStructure, fmt::format("\"{}\" does not begin with a registry host", Printable(text)));
  return {};
}

}  // namespace hullwright::verify
