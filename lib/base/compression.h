// The one door to zlib: its own format (RFC 1950) for what is kept by us, gzip (RFC 1952) for what others send. Both carry check sums.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright {

// To RFC 1950.
std::string Compress(std::string_view bytes);

// What Compress was given, whole and with the right check sum: otherwise kInvalidInput. kTooLarge when it is more than max_bytes; little
// more than those is allocated, whatever the bytes say.
Result<std::string> Decompress(std::string_view compressed, std::size_t max_bytes);

bool IsGzip(std::string_view bytes);
// The same of gzip, which may have several members.
Result<std::string> Gunzip(std::string_view compressed, std::size_t max_bytes);

}  // namespace hullwright
