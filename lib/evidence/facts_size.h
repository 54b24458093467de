// How much memory facts take: what a bound of bytes counts, since a registry decides how long its lists and texts are.
#pragma once

#include <cstddef>
#include <expected>

#include "policy/trust_facts.h"

namespace hullwright::evidence {

// Bytes with all that is reached from it, about: the allocator's own part is guessed. What several facts share is counted for each.
std::size_t SizeInMemory(const policy::TrustFacts& facts);
// Without the object itself.
std::size_t SizeOutside(const std::expected<policy::Resolution, policy::Doubt>& resolution);

}  // namespace hullwright::evidence
