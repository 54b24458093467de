#include "base/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

namespace hullwright {
namespace {

TEST_CASE("a thread that yields to others does so alone", "[base]") {
  const auto niceness = [] { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); };
  const int before = niceness();
  int yielding = 0;
  std::thread([&] {
    YieldToOtherThreads();
    yielding = niceness();
  }).join();
  CHECK(yielding == 19);
  CHECK(niceness() == before);
}

}  // namespace
}  // namespace hullwright
