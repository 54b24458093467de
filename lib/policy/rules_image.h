// rules.image: what the image may be like. Every manifest that rules.image.platforms selects must pass.
#pragma once

#include "policy/rule.h"

namespace hullwright::policy {

// "image.platforms" when nothing under the digest can be judged, or could run on the nodes; otherwise, each where the policy asks for it,
//   "image.maxAgeDays", "image.maxSize", "image.maxLayers": by the image's configuration and manifest. A creation time before 1980 or
//       after now is none: reproducible builds write one.
//   "image.nonRoot": by the container's and Pod's securityContext, then the image's USER. runAsNonRoot: true passes, because the kubelet
//       then refuses to start the container as root; a user name may be root. Image volumes run nothing and pass.
//   "image.endOfLifeOS", "image.secrets", "image.licenses" (rules_licenses.h): by the scans; one that does not say it is could-not-tell,
//   and
//       so is none.
//   "image.baseImages": with Layers, some base image of an allowed name whose diff_ids the image begins with; with Annotation what the
//       author wrote, a hint that never acts harder than Warn.
void JudgeImage(const RuleInput& input, RuleReport& report);

// Whether one of the rules is judged by the scans.
bool AsksScans(const api::ImageRules& rules);

}  // namespace hullwright::policy
