#include "evidence/together.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>
#include <vector>

#include "support/meeting.h"

namespace hullwright::evidence {
namespace {

TEST_CASE("each piece of work is done once, and all are done in the end", "[evidence]") {
  WorkPool pool({.threads = 3});
  for (const std::size_t count : {0, 1, 2, 100}) {
    std::vector<std::atomic<int>> done(count);
    ForEachTogether(pool, Urgency::kAdmission, count, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done) CHECK(times == 1);
  }
}

TEST_CASE("pieces of work run at the same time where threads are free", "[evidence]") {
  WorkPool pool({.threads = 2});
  testing::Meeting meeting(3);
  ForEachTogether(pool, Urgency::kAdmission, 3, [&](std::size_t) { meeting.Attend(); });
  CHECK(meeting.took_place());
}

TEST_CASE("work comes to its end without a free thread, also inside other such work", "[evidence]") {
  std::promise<void> release, busy;
  std::future<void> released = release.get_future(), is_busy = busy.get_future();
  WorkPool pool({.threads = 1});  // last: its thread uses the others
  REQUIRE(pool.Submit(Urgency::kAdmission, [&] {
    busy.set_value();
    released.wait();
  }));
  is_busy.wait();
  std::atomic<int> done = 0;
  ForEachTogether(pool, Urgency::kAdmission, 3,
                  [&](std::size_t) { ForEachTogether(pool, Urgency::kAdmission, 3, [&](std::size_t) { ++done; }); });
  CHECK(done == 9);
  release.set_value();
}

TEST_CASE("what a piece of work throws is thrown by the whole, and nothing is under way then", "[evidence]") {
  WorkPool pool({.threads = 2});
  for (int attempt = 0; attempt < 50; ++attempt) {
    std::atomic<int> under_way = 0;
    CHECK_THROWS_WITH(ForEachTogether(pool, Urgency::kAdmission, 20,
                                      [&](std::size_t i) {
                                        ++under_way;
                                        const bool fails = i == 3;
                                        --under_way;
                                        if (fails) throw std::runtime_error("the fourth");
                                      }),
                      "the fourth");
    CHECK(under_way == 0);
  }
}

}  // namespace
}  // namespace hullwright::evidence
