// The Retry-After header (RFC 7231 section 7.1.3). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace hullwright::registry {

inline constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours(24);  // longer ones are cut to it

// "120" or "Fri, 31 Dec 1999 23:59:59 GMT"; a time past is no wait. nullopt: neither.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view header, Time now);

}  // namespace hullwright::registry
