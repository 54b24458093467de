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

std::uint64_t NameIndex::Comparisons(const std::function<std::uint64_t(std::uint32_t)>& cost) const {
  if (entries_.empty()) return 0;
  std::uint64_t most = 0, of_name = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i > 0 && entries_[i].name != entries_[i - 1].name) of_name = 0;
    of_name += cost(entries_[i].position);
    most = std::max(most, of_name);
  }
  return most + static_cast<std::uint64_t>(std::bit_width(entries_.size()));
}

}  // namespace hullwright::policy
