#include "policy/rules_base_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "policy/origin.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kBaseImagesRule = "image.baseImages";

bool IsAllowedName(const api::BaseImageRule& rule, std::string_view name) {
  const auto reference = ImageReference::Parse(name);
  return reference && std::ranges::any_of(rule.images, [&](const ImagePattern& pattern) { return pattern.Matches(*reference); });
}

// An image without layers would be the beginning of every other.
bool BeginsWith(const std::vector<Digest>& layers, const std::vector<Digest>& base) {
  return !base.empty() && base.size() <= layers.size() && std::equal(base.begin(), base.end(), layers.begin());
}

std::optional<Doubt> LayersDoubt(const api::BaseImageRule& rule, const TrustFacts& facts, const ImageConfiguration& configuration) {
  if (CountBaseLayers(rule, facts, configuration) > 0) return std::nullopt;
  const bool any_allowed = std::ranges::any_of(facts.base_images, [&](const BaseImage& base) { return IsAllowedName(rule, base.name); });
  const std::string said = Printable(configuration.base_name, 256);
  if (facts.base_doubt) return Doubt{ReasonWord::kBaseImageUnknown, Printable(facts.base_doubt->message, 512)};
  if (any_allowed) return Doubt{ReasonWord::kBaseImageForbidden, "its layers do not begin with those of an allowed base image"};
  if (!configuration.base_name.empty() && !IsAllowedName(rule, configuration.base_name))
    return Doubt{ReasonWord::kBaseImageForbidden, fmt::format("it says that it is built on {}, which is not allowed", said)};
  return Doubt{ReasonWord::kBaseImageUnknown, said.empty() ? "nothing says what it is built on"
                                                           : fmt::format("{}, on which it says to be built, was not looked at", said)};
}

std::optional<Doubt> AnnotationDoubt(const api::BaseImageRule& rule, const ImageConfiguration& configuration) {
  if (configuration.base_name.empty()) return Doubt{ReasonWord::kBaseImageUnannotated, "it does not say what it is built on"};
  if (IsAllowedName(rule, configuration.base_name)) return std::nullopt;
  return Doubt{ReasonWord::kBaseImageUnannotated,
               fmt::format("it says that it is built on {}, which is not allowed", Printable(configuration.base_name, 256))};
}

std::optional<Doubt> DoubtOf(const api::BaseImageRule& rule, const TrustFacts& facts, const PlatformManifest& manifest) {
  static const Doubt unread{ReasonWord::kOriginUnchecked, "its configuration was not looked at"};
  const bool hint = rule.proof == api::BaseImageProof::kAnnotation;
  if (manifest.configuration && *manifest.configuration)
    return hint ? AnnotationDoubt(rule, **manifest.configuration) : LayersDoubt(rule, facts, **manifest.configuration);
  const Doubt& doubt = manifest.configuration ? manifest.configuration->error() : unread;
  // A hint that could not be read is a hint that is not there.
  return hint ? Doubt{ReasonWord::kBaseImageUnannotated, doubt.message} : doubt;
}

}  // namespace

std::size_t CountBaseLayers(const api::BaseImageRule& rule, const TrustFacts& facts, const ImageConfiguration& configuration) {
  std::size_t most = 0;
  for (const BaseImage& base : facts.base_images)
    if (IsAllowedName(rule, base.name) && BeginsWith(configuration.diff_ids, base.diff_ids)) most = std::max(most, base.diff_ids.size());
  return most;
}

void JudgeBaseImages(const RuleInput& input, const TrustFacts& facts, const std::vector<const PlatformManifest*>& manifests,
                     RuleReport& report) {
  const auto& rule = input.rules().image->base_images;
  if (!rule) return;
  ReasonsByWord reasons;
  for (const PlatformManifest* manifest : manifests) {
    const auto doubt = DoubtOf(*rule, facts, *manifest);
    if (!doubt) continue;
    ReasonsByWord here;
    here.Add(doubt->word, doubt->message);
    reasons.Absorb(here, facts.is_index ? manifest->platform : "");
  }
  report.Trace(kBaseImagesRule, reasons.outcome(), [&] { return fmt::format("{} base images looked at", facts.base_images.size()); });
  reasons.MoveTo(report, kBaseImagesRule);
}

}  // namespace hullwright::policy
