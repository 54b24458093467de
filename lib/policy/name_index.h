// Positions in a list by the names of vulnerabilities that stand there, compared without case: finding those of one name takes a few
// comparisons, however many there are.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hullwright::policy {

// Immutable.
class NameIndex {
 public:
  struct Entry {
    std::string name;
    std::uint32_t position;

    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  // Names in any case.
  explicit NameIndex(std::vector<Entry> entries = {});

  // In the order of their positions, each once.
  std::span<const Entry> Find(std::string_view name) const;

  // Of Find, beside what it finds.
  std::uint64_t Comparisons() const;

 private:
  std::vector<Entry> entries_;  // names in lower case; sorted
};

}  // namespace hullwright::policy
