// The pull secrets and the ServiceAccount that an object's PodSpec names (core/v1 PodSpec).
#pragma once

#include <string_view>

#include "api/pull_context.h"
#include "base/json.h"
#include "kube/pod_spec.h"

namespace hullwright::kube {

inline constexpr std::size_t kMaxPullSecrets = 16;

// Names that no Secret or ServiceAccount can have, and more than kMaxPullSecrets, are left out: the kubelet would find nothing there
// either. An absent serviceAccountName is "default", as the API server fills it in.
api::PullContext ReadPullContext(const Workload& workload, JsonElement object, std::string_view namespace_);

// RFC 1123 subdomain: what names of most objects must be, and safe in a URL's path.
bool IsObjectName(std::string_view text);

}  // namespace hullwright::kube
