#include "api/kind.h"

#include <algorithm>

namespace hullwright::api {

const std::vector<const Kind*>& AllKinds() {
  static const std::vector<const Kind*> kinds = {
      &ClusterImageAdmissionPolicyKind(), &ImageAdmissionPolicyKind(),          &TrustedPublisherKind(), &TrustRootKind(), &RegistryKind(),
      &VulnerabilityExceptionKind(),      &ClusterVulnerabilityExceptionKind(), &BreakGlassKind(),       &ImageScanKind(),
  };
  return kinds;
}

const Kind* FindKind(std::string_view kind) {
  auto found = std::ranges::find(AllKinds(), kind, [](const Kind* known) { return std::string_view(known->info.kind); });
  return found == AllKinds().end() ? nullptr : *found;
}

const std::vector<KindInfo>& Kinds() {
  static const std::vector<KindInfo> infos = [] {
    std::vector<KindInfo> result;
    for (const Kind* kind : AllKinds()) result.push_back(kind->info);
    return result;
  }();
  return infos;
}

}  // namespace hullwright::api
