// Merkle tree hashes and inclusion proofs of transparency logs. Source: RFC 6962 section 2.1, research section 0.10.
//
// Pure and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verify/failure.h"

namespace hullwright::verify {

// SHA-256 over 0x00 and the entry; 32 raw bytes.
std::string MerkleLeafHash(std::string_view entry);

// The leaf is at this index of the tree of this size and root. Hashes are raw, 32 bytes each; the proof has exactly as many as the place
// asks for. kLimit: an absurdly long proof; kTransparencyLog: everything that does not hold.
Checked<void> VerifyInclusion(std::uint64_t index, std::uint64_t size, std::string_view leaf_hash, const std::vector<std::string>& proof,
                              std::string_view root);

}  // namespace hullwright::verify
