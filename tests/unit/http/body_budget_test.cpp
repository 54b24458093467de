#include "http/body_budget.h"

#include <catch2/catch.hpp>
#include <memory>

namespace hullwright::http {

TEST_CASE("budgets that share one take from both, and give back to it when they end", "[http]") {
  const auto common = std::make_shared<BodyBudget>(100);
  {
    BodyBudget first(80, common), second(80, common);
    CHECK_FALSE(first.TryTake(81));
    CHECK_FALSE(first.common_was_full());
    CHECK(first.TryTake(80));
    CHECK_FALSE(second.TryTake(21));
    CHECK(second.common_was_full());
    CHECK(second.used() == 0);
    CHECK(second.TryTake(20));
    CHECK(common->used() == 100);
    first.GiveBack(30);
    CHECK(common->used() == 70);
  }
  CHECK(common->used() == 0);
}

}  // namespace hullwright::http
