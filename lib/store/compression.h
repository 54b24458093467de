// zlib's format (RFC 1950), which carries a checksum of its own. Private to lib/store.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright::store {

std::string Compress(std::string_view bytes);
// size: of the bytes that were compressed, which bounds what is allocated. Anything else, and damage, is kInvalidInput.
Result<std::string> Decompress(std::string_view compressed, std::size_t size);

}  // namespace hullwright::store
