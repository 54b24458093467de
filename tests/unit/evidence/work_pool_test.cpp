#include "evidence/work_pool.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <latch>

namespace hullwright::evidence {
namespace {

TEST_CASE("background work that waits for a place of its own takes no free thread from admission", "[evidence]") {
  std::latch go(1), running(1);
  std::promise<void> done;
  WorkPool pool({.threads = 16, .background_threads = 1});  // last: its threads use the others
  REQUIRE(pool.Submit(Urgency::kBackground, [&] {
    running.count_down();
    go.wait();
  }));
  running.wait();
  for (int i = 0; i < 20; ++i) REQUIRE(pool.Submit(Urgency::kBackground, [] {}));
  CHECK_FALSE(pool.SubmitToIdle(Urgency::kBackground, [] {}));
  CHECK(pool.SubmitToIdle(Urgency::kAdmission, [&] { done.set_value(); }));
  CHECK(done.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  go.count_down();
}

TEST_CASE("no more is submitted to idle threads than there are", "[evidence]") {
  std::latch go(1), running(2);
  WorkPool pool({.threads = 4, .background_threads = 2});
  const auto block = [&] {
    running.count_down();
    go.wait();
  };
  REQUIRE(pool.SubmitToIdle(Urgency::kBackground, block));
  REQUIRE(pool.SubmitToIdle(Urgency::kBackground, block));
  CHECK_FALSE(pool.SubmitToIdle(Urgency::kBackground, [] {}));
  running.wait();
  CHECK_FALSE(pool.SubmitToIdle(Urgency::kBackground, [] {}));
  const auto wait = [&] { go.wait(); };
  CHECK(pool.SubmitToIdle(Urgency::kAdmission, wait));
  CHECK(pool.SubmitToIdle(Urgency::kAdmission, wait));
  CHECK_FALSE(pool.SubmitToIdle(Urgency::kAdmission, wait));
  go.count_down();
}

}  // namespace
}  // namespace hullwright::evidence
