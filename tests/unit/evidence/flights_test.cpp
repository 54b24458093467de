#include "evidence/flights.h"

#include <catch2/catch.hpp>
#include <latch>
#include <stdexcept>

namespace hullwright::evidence {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Deadline Soon() {
  return steady_clock::now() + 10s;
}

WorkPool::Options OneThread(std::size_t max_waiting = 8) {
  return {.threads = 1, .background_threads = 1, .max_waiting = max_waiting};
}

TEST_CASE("all who ask for one key at the same time get the result of one piece of work", "[evidence]") {
  Flights<int> flights;
  WorkPool pool;
  std::latch go(1);
  std::atomic<int> runs = 0;
  std::vector<Flights<int>::Flight> joined;
  for (int i = 0; i < 50; ++i) {
    auto flight = flights.Join("key", Urgency::kAdmission, pool, [&] {
      go.wait();
      return ++runs;
    });
    REQUIRE(flight);
    joined.push_back(*flight);
  }
  CHECK_FALSE(Flights<int>::Await(joined[0], steady_clock::now()));
  go.count_down();
  for (const auto& flight : joined) CHECK(Flights<int>::Await(flight, Soon()) == 1);
  CHECK(runs == 1);
}

TEST_CASE("when the work has ended, the next who asks starts it anew", "[evidence]") {
  Flights<int> flights;
  WorkPool pool(OneThread());
  int runs = 0;
  for (int round = 1; round <= 3; ++round) {
    const auto flight = flights.Join("key", Urgency::kAdmission, pool, [&] { return ++runs; });
    REQUIRE(flight);
    CHECK(Flights<int>::Await(*flight, Soon()) == round);
    // The single thread is free only when the flight before has landed.
    const auto other = flights.Join("other", Urgency::kAdmission, pool, [] { return 0; });
    REQUIRE(Flights<int>::Await(*other, Soon()));
  }
}

TEST_CASE("what the work throws reaches those who wait, and the pool lives on", "[evidence]") {
  Flights<int> flights;
  WorkPool pool(OneThread());
  const auto flight = flights.Join("key", Urgency::kAdmission, pool, []() -> int { throw std::runtime_error("broken"); });
  REQUIRE(flight);
  CHECK_THROWS_AS(Flights<int>::Await(*flight, Soon()), std::runtime_error);
  const auto next = flights.Join("next", Urgency::kAdmission, pool, [] { return 7; });
  CHECK(Flights<int>::Await(*next, Soon()) == 7);
}

TEST_CASE("admission goes ahead of the background, and takes along what it waits for", "[evidence]") {
  Flights<int> flights;
  WorkPool pool(OneThread());
  std::latch go(1);
  std::vector<std::string> order;  // written by the one thread
  const auto work = [&](std::string name) {
    return [&order, name] {
      order.push_back(name);
      return 0;
    };
  };
  const auto first = flights.Join("first", Urgency::kAdmission, pool, [&] {
    go.wait();
    return 0;
  });
  const auto slow = flights.Join("slow", Urgency::kBackground, pool, work("slow"));
  (void)flights.Join("raised", Urgency::kBackground, pool, work("raised"));
  (void)flights.Join("urgent", Urgency::kAdmission, pool, work("urgent"));
  (void)flights.Join("raised", Urgency::kAdmission, pool, work("never"));
  go.count_down();
  REQUIRE(Flights<int>::Await(*slow, Soon()));
  CHECK(order == std::vector<std::string>{"urgent", "raised", "slow"});
}

TEST_CASE("too much waiting work is refused at once", "[evidence]") {
  Flights<int> flights;
  std::latch go(1), running(1);
  WorkPool pool(OneThread(1));
  const auto first = flights.Join("first", Urgency::kAdmission, pool, [&] {
    running.count_down();
    go.wait();
    return 0;
  });
  running.wait();
  CHECK(flights.Join("second", Urgency::kAdmission, pool, [] { return 0; }));
  CHECK_FALSE(flights.Join("third", Urgency::kAdmission, pool, [] { return 0; }));
  CHECK(flights.Join("second", Urgency::kAdmission, pool, [] { return 0; }));
  go.count_down();
  CHECK(Flights<int>::Await(*first, Soon()));
}

}  // namespace
}  // namespace hullwright::evidence
