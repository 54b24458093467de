// The Link header (RFC 8288), as far as pagination needs it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::registry {

// The URI reference of the one link with rel="next"; nullopt: there is no next page. Two of them, or anything that is no Link header, is
// kInvalidInput.
Result<std::optional<std::string>> NextLink(std::string_view header);

}  // namespace hullwright::registry
