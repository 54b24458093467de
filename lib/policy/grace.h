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
  kUnknown,  // the scan does not say when it began in the image's repository
};

// When the entry's grace began for the finding; nullopt when the scan does not say, or says a time that lies after now by more than clocks
// differ: such a grace would not end. Only of entries with graceHours.
std::optional<Time> GraceBegan(const api::ForbidEntry& entry, const FindingView& finding, Time now);

// At the last moment of its graceHours it is over. Clocks belong to repositories (scan/clocks.h): where firstSeen or fixFirstSeen were kept
// for others than the image's, a grace that runs by them is unknown, since they begin anew under each new name; one that is over by them is
// over.
Grace GraceOf(const api::ForbidEntry& entry, const FindingView& finding, Time now);

// From when on the finding violates. Only where GraceOf is not kUnknown.
Time GraceEnd(const api::ForbidEntry& entry, const FindingView& finding);

// What the scan does not say: "when it was first seen", "when a fix was first seen", "when it was published", and with the first two where
// the clocks are those of other repositories.
std::string GraceClockWords(const api::ForbidEntry& entry, const FindingView& finding);

}  // namespace hullwright::policy
