// RFC 3339 timestamps, as Kubernetes and every scanner writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright {

// Accepts any offset and any number of fractional digits (kept to the millisecond); refuses everything else, leap years included.
Result<Time> ParseRfc3339(std::string_view text);

// "2026-03-01T12:00:00Z"; fractional seconds only when there are any.
std::string FormatRfc3339(Time time);

}  // namespace hullwright
