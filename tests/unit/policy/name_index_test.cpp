#include "policy/name_index.h"

#include <catch2/catch.hpp>

namespace hullwright::policy {
namespace {

std::vector<std::uint32_t> Positions(const NameIndex& index, std::string_view name) {
  std::vector<std::uint32_t> positions;
  for (const NameIndex::Entry& entry : index.Find(name)) positions.push_back(entry.position);
  return positions;
}

TEST_CASE("a name is found wherever it stands, without case, in order and once", "[policy]") {
  const NameIndex index({{"CVE-2", 7}, {"cve-2", 3}, {"CVE-1", 5}, {"CVE-2", 3}, {"CVE-22", 1}, {"", 9}});
  CHECK(Positions(index, "CVE-2") == std::vector<std::uint32_t>{3, 7});
  CHECK(Positions(index, "Cve-1") == std::vector<std::uint32_t>{5});
  CHECK(Positions(index, "cve-22") == std::vector<std::uint32_t>{1});
  CHECK(Positions(index, "") == std::vector<std::uint32_t>{9});
  CHECK(Positions(index, "CVE-3").empty());
  CHECK(Positions(index, "CVE").empty());
  CHECK(Positions(NameIndex(), "CVE-1").empty());
}

TEST_CASE("finding a name takes as many comparisons as halving the names", "[policy]") {
  CHECK(NameIndex().Comparisons() == 0);
  CHECK(NameIndex({{"a", 100}}).Comparisons() == 1);
  CHECK(NameIndex({{"a", 10}, {"b", 10}, {"A", 11}, {"c", 20}}).Comparisons() == 3);
}

}  // namespace
}  // namespace hullwright::policy
