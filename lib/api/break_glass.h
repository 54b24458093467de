// BreakGlass: an emergency pass for digests in one namespace, immutable, short, always audited.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/vulnerability_exception.h"
#include "base/image_reference.h"

namespace hullwright::api {

struct BreakGlassSpec {
  std::vector<PolicyRef> policy_refs;  // at least one
  std::vector<ImageReference> images;  // each with a digest, at least one
  std::string reason;
  std::string ticket;
  std::int64_t duration_seconds = 14400;  // 60 to 86400, counted from metadata.creationTimestamp
  std::optional<RequestedBy> requested_by;
};

struct BreakGlass {
  ObjectMeta metadata;
  BreakGlassSpec spec;
  WaiverStatus status;
};

}  // namespace hullwright::api
