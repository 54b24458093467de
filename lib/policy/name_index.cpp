#include "policy/name_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/text.h"

namespace hullwright::policy {

NameIndex::NameIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  for (Entry& entry : entries_) entry.name = LowerCase(entry.name);
  std::ranges::sort(entries_);
  const auto doubles = std::ranges::unique(entries_);
  entries_.erase(doubles.begin(), doubles.end());
}

std::span<const NameIndex::Entry> NameIndex::Find(std::string_view name) const {
  const std::string wanted = LowerCase(name);
  const auto first = std::ranges::lower_bound(entries_, wanted, {}, &Entry::name);
  const auto last = std::find_if(first, entries_.end(), [&](const Entry& entry) { return entry.name != wanted; });
  return {first, last};
}

std::uint64_t NameIndex::Comparisons() const {
  return static_cast<std::uint64_t>(std::bit_width(entries_.size()));
}

}  // namespace hullwright::policy
