// Unpacking of gzip (RFC 1952).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::scan {

bool IsGzip(std::string_view bytes);
// The one or several members, whole and with right check sums. kTooLarge when they hold more than max_bytes.
Result<std::string> Gunzip(std::string_view bytes, std::size_t max_bytes);

}  // namespace hullwright::scan
