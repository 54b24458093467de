// rules.image.baseImages: what the image is built on. Part of JudgeImage (rules_image.h).
#pragma once

#include <vector>

#include "policy/rule.h"

namespace hullwright::policy {

// How many layers the image has from a base image that the rule allows: of those whose layers are, all of them, its first ones, the one
// with the most. 0: of none.
std::size_t CountBaseLayers(const api::BaseImageRule& rule, const TrustFacts& facts, const ImageConfiguration& configuration);

// "image.baseImages", if the policy asks for it.
void JudgeBaseImages(const RuleInput& input, const TrustFacts& facts, const std::vector<const PlatformManifest*>& manifests,
                     RuleReport& report);

}  // namespace hullwright::policy
