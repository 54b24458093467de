// rules.image.baseImages: what the image is built on. Part of JudgeImage (rules_image.h).
#pragma once

#include <vector>

#include "policy/rule.h"

namespace hullwright::policy {

// "image.baseImages", if the policy asks for it.
void JudgeBaseImages(const RuleInput& input, const TrustFacts& facts, const std::vector<const PlatformManifest*>& manifests,
                     RuleReport& report);

}  // namespace hullwright::policy
