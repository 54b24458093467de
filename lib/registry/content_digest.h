// Digests of bytes that we hold.
#pragma once

#include <string_view>

#include "base/digest.h"

namespace hullwright::registry {

// The digest of the bytes by "sha256" or "sha512".
Digest DigestOf(std::string_view bytes, std::string_view algorithm = "sha256");
// Whether the bytes are those of the digest, by the digest's own algorithm. A default-made Digest is nobody's.
bool IsDigestOf(const Digest& digest, std::string_view bytes);

}  // namespace hullwright::registry
