#include "policy/layer_origin.h"

#include <algorithm>

#include "policy/origin.h"
#include "policy/rules_base_image.h"

namespace hullwright::policy {
namespace {

const api::BaseImageRule* RuleByLayers(const api::PolicyRules& rules) {
  if (!rules.image || !rules.image->base_images) return nullptr;
  const api::BaseImageRule& rule = *rules.image->base_images;
  return rule.proof == api::BaseImageProof::kLayers ? &rule : nullptr;
}

}  // namespace

std::size_t ProvedBaseLayers(const RuleInput& input, const ScanRecord& scan, RuleReport& report) {
  const api::BaseImageRule* rule = RuleByLayers(input.rules());
  if (rule == nullptr || scan.image().diff_ids.empty()) return 0;
  const auto facts = OriginFor(input, report);
  if (!facts) return 0;  // told by image.baseImages
  for (const PlatformManifest& manifest : (*facts)->platforms) {
    if (!manifest.configuration || !*manifest.configuration) continue;
    const ImageConfiguration& configuration = **manifest.configuration;
    // By its layers and not by its digest: a scan may be filed under the index that lists the manifest.
    if (configuration.diff_ids == scan.image().diff_ids) return CountBaseLayers(*rule, **facts, configuration);
  }
  return 0;
}

api::Layer LayerOf(const FindingView& finding, const ScanRecord& scan, std::size_t base_layers) {
  if (base_layers == 0 || !finding.layers || finding.layers->last >= scan.image().diff_ids.size()) return finding.layer;
  if (finding.layers->last < base_layers) return api::Layer::kBase;
  if (finding.layers->first >= base_layers) return api::Layer::kApplication;
  return finding.layer;
}

}  // namespace hullwright::policy
