// Whether a finding came with the base image or with what was built on it. A scanner says in which layers a package is; that the first of
// them are the base image's is believed of a proof alone (rules_base_image.h), never of an annotation or of the history of builds.
#pragma once

#include <cstddef>

#include "policy/rule.h"

namespace hullwright::policy {

// How many of the first layers that the scan lists are the base image's. 0, for not known: the policy has no image.baseImages with proof:
// Layers, proves no base it allows, or may not use what is known of the image; or the image has other layers than the scan lists.
std::size_t ProvedBaseLayers(const RuleInput& input, const ScanRecord& scan, RuleReport& report);

// Base when all layers that the finding may have come with are among the first base_layers of the scan's, Application when none is. What
// cannot be told so is what the scan itself says, mostly Unknown.
api::Layer LayerOf(const FindingView& finding, const ScanRecord& scan, std::size_t base_layers);

}  // namespace hullwright::policy
