#include "policy/cve_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <numeric>

namespace hullwright::policy {
namespace {

constexpr std::uint32_t kCvesOfABlock = 64;

std::uint64_t BitOf(CveNumber cve) {
  return std::uint64_t{1} << (cve % kCvesOfABlock);
}

}  // namespace

CveIndex::CveIndex(const std::vector<CveNumber>& cves) {
  assert(std::ranges::adjacent_find(cves, std::greater_equal<>()) == cves.end());
  for (std::uint32_t i = 0; i < cves.size(); ++i) {
    const std::uint32_t number = cves[i] / kCvesOfABlock;
    if (blocks_.empty() || blocks_.back().number != number) blocks_.push_back({number, i, 0});
    blocks_.back().listed |= BitOf(cves[i]);
  }
  blocks_.shrink_to_fit();

  const unsigned slot_bits = std::max(1u, static_cast<unsigned>(std::bit_width(blocks_.size())));  // one to two slots for each block
  shift_ = 32 - slot_bits;
  std::ranges::sort(blocks_, {}, [this](const Block& block) { return std::pair(SlotOf(block.number), block.number); });
  starts_.assign((std::size_t{1} << slot_bits) + 1, 0);
  for (const Block& block : blocks_) ++starts_[SlotOf(block.number) + 1];
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
}

// Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): numbers in a row, as blocks are, come to slots far from each other.
std::uint32_t CveIndex::SlotOf(std::uint32_t number) const {
  return (number * 2'654'435'769u) >> shift_;
}

std::optional<std::uint32_t> CveIndex::Find(CveNumber cve) const {
  const std::uint32_t number = cve / kCvesOfABlock;
  const std::uint32_t slot = SlotOf(number);
  const auto end = blocks_.begin() + starts_[slot + 1];
  const auto block = std::ranges::lower_bound(blocks_.begin() + starts_[slot], end, number, {}, &Block::number);
  if (block == end || block->number != number || (block->listed & BitOf(cve)) == 0) return std::nullopt;
  return block->first + static_cast<std::uint32_t>(std::popcount(block->listed & (BitOf(cve) - 1)));
}

}  // namespace hullwright::policy
