#include "policy/cve_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace hullwright::policy {
namespace {

using Cves = std::vector<CveNumber>;

TEST_CASE("a CVE's name is a number, whatever its case, and nothing else is", "[policy]") {
  CHECK(ParseCve("CVE-2024-0001") == ParseCve("cve-2024-0001"));
  CHECK(ParseCve("CVE-2024-0001") != ParseCve("CVE-2024-0002"));
  CHECK(ParseCve("CVE-2024-0001") < ParseCve("CVE-2025-0001"));
  CHECK(ParseCve("CVE-2024-1234567"));
  for (const char* name : {"", "CVE-", "CVE-2024", "CVE-2024-", "CVE-2024-001", "CVE-2024-000x", "CVE-2024-0001x", "CVE-2024 0001",
                           "CVE-+024-0001", "CVE-2024-+0001", "CVE-1989-0001", "CVE-2118-0001", "CVE-2024-33554432", "CVE-2026-2147483647",
                           "CVE-2024-99999999999999999999", "GHSA-2024-0001"})
    CHECK_FALSE(ParseCve(name));
}

// Holds the index against a search of the list that it is made of, for every CVE there and its neighbours.
void CheckIndex(const Cves& cves) {
  const CveIndex index(cves);
  const auto position_of = [&](CveNumber cve) -> std::optional<std::uint32_t> {
    const auto place = std::ranges::lower_bound(cves, cve);
    if (place == cves.end() || *place != cve) return std::nullopt;
    return static_cast<std::uint32_t>(place - cves.begin());
  };
  bool all = true;
  for (const CveNumber cve : cves)
    for (const CveNumber near : {cve - 65, cve - 64, cve - 1, cve, cve + 1, cve + 63, cve + 64})
      all = all && index.Find(near) == position_of(near);
  CHECK(all);
}

TEST_CASE("a CVE is found wherever it stands in a list, and nothing is found in its stead", "[policy]") {
  const CveNumber first = *ParseCve("CVE-2024-0001");
  for (CveNumber count = 0; count <= 70; ++count) {
    INFO(count);
    for (const CveNumber step : {1u, 2u, 63u, 64u, 1u << 20}) {
      Cves cves;
      for (CveNumber i = 0; i < count; ++i) cves.push_back(first + step * i);
      CheckIndex(cves);
    }
  }
  CHECK_FALSE(CveIndex(Cves()).Find(first));
}

TEST_CASE("CVEs are found in lists made at random, dense and sparse", "[policy]") {
  std::mt19937 random(1);
  for (const CveNumber range : {1'000u, 100'000u, 0xFFFF'FFFFu}) {
    std::set<CveNumber> listed;
    while (listed.size() < 900) listed.insert(*ParseCve("CVE-1999-0001") + static_cast<CveNumber>(random()) % range);
    CheckIndex({listed.begin(), listed.end()});
  }
}

TEST_CASE("the first and the last name there can be are found, and not for each other", "[policy]") {
  Cves cves;
  for (const char* name : {"CVE-1990-0000", "CVE-1999-0001", "CVE-1999-33554431", "CVE-2000-0000", "CVE-2026-0063", "CVE-2026-0064",
                           "CVE-2026-1000000", "CVE-2117-33554431"})
    cves.push_back(*ParseCve(name));
  CHECK(cves.front() == 0);
  CHECK(cves.back() == 0xFFFF'FFFF);
  CheckIndex(cves);
}

TEST_CASE("in a list that somebody has written so that all of it shares one place of the table, all is found", "[policy]") {
  Cves cves;
  for (std::uint32_t block = 0; cves.size() < 4'000; ++block) {
    const bool is_in_first_slot = (block * 2'654'435'769u) >> 20 == 0;  // of 4,096, as CveIndex::SlotOf does it
    if (is_in_first_slot) cves.push_back(64 * block);
  }
  CheckIndex(cves);
}

TEST_CASE("a table gives the entry of a CVE, takes a few bytes for each, and may be empty", "[policy]") {
  struct Entry {
    CveNumber cve;
    int value;
  };
  const CveTable<Entry> table{{*ParseCve("CVE-2024-0001"), 1}, {*ParseCve("CVE-2024-0007"), 7}};
  REQUIRE(table.Find(*ParseCve("CVE-2024-0007")) != nullptr);
  CHECK(table.Find(*ParseCve("CVE-2024-0007"))->value == 7);
  CHECK(table.Find(*ParseCve("CVE-2024-0002")) == nullptr);
  CHECK(table.size() == 2);
  const CveTable<Entry> none;
  CHECK(none.empty());
  CHECK(none.Find(*ParseCve("CVE-2024-0001")) == nullptr);

  std::vector<Entry> entries;
  for (CveNumber i = 0; i < 100'000; ++i) entries.push_back({*ParseCve("CVE-2024-0001") + 2 * i, 0});
  entries.shrink_to_fit();
  CHECK(CveTable<Entry>(entries).bytes() < entries.size() * (sizeof(Entry) + 1));
}

}  // namespace
}  // namespace hullwright::policy
