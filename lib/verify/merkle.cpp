#include "verify/merkle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "verify/hash.h"
#include "verify/limits.h"

namespace hullwright::verify {
namespace {

constexpr std::size_t kHashBytes = 32;

std::string NodeHash(std::string_view left, std::string_view right) {
  std::string node = "\x01";
  node.append(left).append(right);
  return Sha256(node);
}

bool IsHash(std::string_view bytes) {
  return bytes.size() == kHashBytes;
}

}  // namespace

std::string MerkleLeafHash(std::string_view entry) {
  std::string leaf(1, '\0');
  leaf.append(entry);
  return Sha256(leaf);
}

Checked<void> VerifyInclusion(std::uint64_t index, std::uint64_t size, std::string_view leaf_hash, const std::vector<std::string>& proof,
                              std::string_view root) {
  if (proof.size() > limits::kMerkleProofHashes) {
    return Reject(Step::kLimit, fmt::format("the inclusion proof has {} hashes, more than {}", proof.size(), limits::kMerkleProofHashes));
  }
  if (index >= size) {
    return Reject(Step::kTransparencyLog, fmt::format("the inclusion proof places entry {} in a tree of {}", index, size));
  }
  if (!IsHash(leaf_hash) || !IsHash(root) || !std::ranges::all_of(proof, IsHash)) {
    return Reject(Step::kTransparencyLog, "a hash of the inclusion proof is not 32 bytes long");
  }
  // Below the point where the paths of this leaf and of the last one meet, neighbours are on either side; above it only on the left.
  const auto inner = static_cast<std::size_t>(std::bit_width(index ^ (size - 1)));
  const auto border = inner < 64 ? static_cast<std::size_t>(std::popcount(index >> inner)) : 0;
  if (proof.size() != inner + border) {
    return Reject(Step::kTransparencyLog, fmt::format("the inclusion proof of entry {} in a tree of {} has {} hashes instead of {}", index,
                                                      size, proof.size(), inner + border));
  }
  std::string hash(leaf_hash);
  for (std::size_t level = 0; level < proof.size(); ++level) {
    const bool right_neighbour = level < inner && ((index >> level) & 1) == 0;
    hash = right_neighbour ? NodeHash(hash, proof[level]) : NodeHash(proof[level], hash);
  }
  if (hash != root) return Reject(Step::kTransparencyLog, "the inclusion proof leads to another root than the log's");
  return {};
}

}  // namespace hullwright::verify
