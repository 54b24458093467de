// graceHours of a forbid entry: how long a finding that meets it does not violate yet.
#pragma once

#include <optional>
#include <string>

#include "api/image_admission_policy.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

enum class Grace {
  kOver,  // or the entry gives none
  kRunning,
  kUnknown,  // the scan does not say when it began
};

// When the entry's grace began for the finding; nullopt when the scan does not say, or says a time that lies after now by more than clocks
// differ: such a grace would not end. Only of entries with graceHours.
std::optional<Time> GraceBegan(const api::ForbidEntry& entry, const FindingView& finding, Time now);

// At the last moment of its graceHours it is over.
Grace GraceOf(const api::ForbidEntry& entry, const FindingView& finding, Time now);

// From when on the finding violates. Only where GraceOf is not kUnknown.
Time GraceEnd(const api::ForbidEntry& entry, const FindingView& finding);

// "when it was first seen", "when a fix was first seen", "when it was published"
std::string_view GraceClockWords(const api::ForbidEntry& entry);

}  // namespace hullwright::policy
