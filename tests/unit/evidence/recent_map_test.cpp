#include "evidence/recent_map.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace hullwright::evidence {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

TEST_CASE("what was put first goes first when there are too many entries", "[evidence]") {
  RecentMap<int> map({.entries = 2, .bytes = kPlenty});
  map.Put("a", 1, 0);
  map.Put("b", 2, 0);
  map.Put("a", 3, 0);  // put again, so later than b
  map.Put("c", 4, 0);
  CHECK(map.size() == 2);
  CHECK(map.Find("a") == 3);
  CHECK_FALSE(map.Find("b"));
  CHECK(map.Find("c") == 4);
}

TEST_CASE("large values drive out those before them, and never each other's bound", "[evidence]") {
  constexpr std::size_t kMost = 1'000'000;
  RecentMap<int> map({.entries = 1000, .bytes = kMost});
  for (int i = 0; i < 100; ++i) {
    map.Put(fmt::format("{}", i), i, 100'000);
    CHECK(map.bytes() <= kMost);
    CHECK(map.Find(fmt::format("{}", i)) == i);
  }
  CHECK(map.size() == 9);
  CHECK(map.Find("91") == 91);
  CHECK_FALSE(map.Find("90"));
}

TEST_CASE("keys count, and what goes gives its bytes back", "[evidence]") {
  RecentMap<int> map({.entries = 10, .bytes = kPlenty});
  const std::string key(10'000, 'k');
  map.Put(key, 1, 5'000);
  CHECK(map.bytes() >= 15'000);
  map.Put(key, 2, 0);
  CHECK(map.bytes() >= 10'000);
  CHECK(map.bytes() < 15'000);
  for (int i = 0; i < 10; ++i) map.Put(fmt::format("{}", i), i, 0);
  CHECK(map.size() == 10);
  CHECK(map.bytes() < 10'000);
}

TEST_CASE("a value that alone has more than all may have is not kept and drives out nothing else", "[evidence]") {
  RecentMap<int> map({.entries = 10, .bytes = 10'000});
  map.Put("a", 1, 100);
  map.Put("b", 2, 100);
  map.Put("b", 3, 20'000);
  CHECK(map.Find("a") == 1);
  CHECK_FALSE(map.Find("b"));  // not even what it was before
  CHECK(map.size() == 1);
}

}  // namespace
}  // namespace hullwright::evidence
