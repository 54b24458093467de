#include "registry/pacing.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "fake_timer.h"
#include "registry/single_flight.h"

using namespace hullwright;
using namespace hullwright::registry;
using namespace std::chrono_literals;

TEST_CASE("a bucket lets a burst through and then its rate", "[registry]") {
  FakeTimer timer;
  Pacing pacing(timer);
  const Deadline begin = timer.Now();
  for (int i = 0; i < 30; ++i) REQUIRE(pacing.Wait("a", 10, Priority::kAdmission, begin + 60s));
  CHECK(timer.Now() - begin >= 900ms);  // 20 at once, 10 at 10/s
  CHECK(timer.Now() - begin <= 1100ms);
  const Deadline later = timer.Now();
  REQUIRE(pacing.Wait("b", 10, Priority::kAdmission, later));
  CHECK(timer.Now() == later);
}

TEST_CASE("a turn after the deadline is not waited for", "[registry]") {
  FakeTimer timer;
  Pacing pacing(timer);
  for (int i = 0; i < 2; ++i) REQUIRE(pacing.Wait("a", 1, Priority::kAdmission, timer.Now()));
  const Deadline before = timer.Now();
  const auto refused = pacing.Wait("a", 1, Priority::kAdmission, before + 100ms);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == Why::kRateLimited);
  CHECK(refused.error().retry_after == 1s);
  CHECK(timer.Now() == before);
}

TEST_CASE("background work takes only what admissions leave", "[registry]") {
  TokenBucket bucket(10, Deadline{});
  const Deadline now{}, never = Deadline{} + 1h;
  int served = 0;
  while (bucket.Take(Priority::kBackground, now, never) <= now) ++served;
  CHECK(served == 10);
  for (int i = 0; i < 10; ++i) CHECK(bucket.Take(Priority::kAdmission, now, never) <= now);
  // Admissions reserve ahead, so background stays behind all of them.
  const Deadline admission = bucket.Take(Priority::kAdmission, now, never);
  CHECK(admission > now);
  CHECK(bucket.Take(Priority::kBackground, now, never) > admission);
}

TEST_CASE("a host that asked for silence gets it", "[registry]") {
  FakeTimer timer;
  Pacing pacing(timer);
  pacing.Silence("a", 10, 30s);
  const auto refused = pacing.Wait("a", 10, Priority::kAdmission, timer.Now() + 10s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == Why::kRateLimited);
  const Deadline before = timer.Now();
  REQUIRE(pacing.Wait("a", 10, Priority::kAdmission, timer.Now() + 60s));
  CHECK(timer.Now() - before == 30s);
  REQUIRE(pacing.Wait("b", 10, Priority::kAdmission, timer.Now()));
}

TEST_CASE("the same work at the same time is done once", "[registry]") {
  SingleFlight<int> flights;
  std::atomic<int> works = 0, answers = 0;
  std::counting_semaphore<64> started(0), go(0);
  const Deadline deadline = std::chrono::steady_clock::now() + 30s;
  const auto work = [&]() -> Answer<int> {
    ++works;
    started.release();
    go.acquire();
    return 7;
  };
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { answers += flights.Do("x", deadline, work).value_or(0); });
  started.acquire();
  for (int i = 0; i < 20; ++i) threads.emplace_back([&] { answers += flights.Do("x", deadline, work).value_or(0); });
  CHECK(flights.Do("y", deadline, []() -> Answer<int> { return 1; }).value() == 1);
  CHECK(flights.Do("x", std::chrono::steady_clock::now(), work).error().why == Why::kDeadline);
  // Those that come after the first has landed work themselves.
  go.release(40);
  threads.clear();
  CHECK(answers == 21 * 7);
  CHECK(works >= 1);
}

TEST_CASE("whose own time ran out does not answer for others", "[registry]") {
  SingleFlight<int> flights;
  std::counting_semaphore<4> started(0), go(0);
  const Deadline deadline = std::chrono::steady_clock::now() + 30s;
  std::jthread leader([&] {
    flights.Do("x", deadline, [&]() -> Answer<int> {
      started.release();
      go.acquire();
      return Decline(Why::kDeadline, "mine");
    });
  });
  started.acquire();
  std::jthread opener([&] { go.release(); });
  CHECK(flights.Do("x", deadline, []() -> Answer<int> { return 3; }).value() == 3);
}

TEST_CASE("work that throws leaves nobody waiting", "[registry]") {
  SingleFlight<int> flights;
  const Deadline deadline = std::chrono::steady_clock::now() + 30s;
  CHECK_THROWS(flights.Do("x", deadline, []() -> Answer<int> { throw std::runtime_error("no"); }));
  CHECK(flights.Do("x", deadline, []() -> Answer<int> { return 3; }).value() == 3);
}

TEST_CASE("a host shared by two registries keeps its one bucket", "[registry]") {
  FakeTimer timer;
  Pacing pacing(timer);
  pacing.Silence("auth", 10, 30s);
  CHECK_FALSE(pacing.Wait("auth", 20, Priority::kAdmission, timer.Now() + 10s));
  CHECK_FALSE(pacing.Wait("auth", 10, Priority::kAdmission, timer.Now() + 10s));
}
