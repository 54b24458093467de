#include "api/common.h"

#include <catch2/catch.hpp>

#include "api/mistakes.h"

namespace hullwright::api {
namespace {

using Labels = std::map<std::string, std::string>;

LabelSelector Expression(SelectorOperator op, std::vector<std::string> values = {}) {
  LabelSelector selector;
  selector.match_expressions.push_back({"env", op, std::move(values)});
  return selector;
}

}  // namespace

TEST_CASE("an empty selector selects everything", "[api]") {
  CHECK(LabelSelector{}.Matches({}));
  CHECK(LabelSelector{}.Matches({{"env", "prod"}}));
}

TEST_CASE("selector operators select as apimachinery's do", "[api]") {
  struct Case {
    LabelSelector selector;
    bool prod, test, none;
  };
  const std::vector<Case> cases = {
      {Expression(SelectorOperator::kIn, {"prod", "stage"}), true, false, false},
      {Expression(SelectorOperator::kNotIn, {"prod", "stage"}), false, true, true},
      {Expression(SelectorOperator::kExists), true, true, false},
      {Expression(SelectorOperator::kDoesNotExist), false, false, true},
  };
  for (const Case& expected : cases) {
    INFO(static_cast<int>(expected.selector.match_expressions.front().op));
    CHECK(expected.selector.Matches(Labels{{"env", "prod"}}) == expected.prod);
    CHECK(expected.selector.Matches(Labels{{"env", "test"}}) == expected.test);
    CHECK(expected.selector.Matches(Labels{}) == expected.none);
  }
}

TEST_CASE("all requirements of a selector must hold", "[api]") {
  LabelSelector selector = Expression(SelectorOperator::kExists);
  selector.match_labels = {{"team", "shop"}};
  CHECK(selector.Matches({{"env", "a"}, {"team", "shop"}}));
  CHECK_FALSE(selector.Matches({{"env", "a"}, {"team", "web"}}));
  CHECK_FALSE(selector.Matches({{"team", "shop"}}));
}

TEST_CASE("enums have the words that stand in objects", "[api]") {
  CHECK(ToString(Severity::kCritical) == "Critical");
  CHECK(ToString(FixState::kWillNotFix) == "WillNotFix");
  CHECK(ToString(Layer::kApplication) == "Application");
  CHECK(ToString(Enforcement::kDeny) == "Deny");
  CHECK(ToString(ContainerType::kImageVolumes) == "ImageVolumes");
}

TEST_CASE("the nearest word is one that can have been meant", "[api]") {
  CHECK(Nearest("severty", {"severities", "severity"}) == "severity");
  CHECK(Nearest("FIX", {"fix"}) == "fix");
  CHECK(Nearest("podSelector", {"match", "rules"}) == "");
  CHECK(Nearest(std::string(10'000, 'a'), {"match"}) == "");
}

TEST_CASE("a path tells members, items and keys apart", "[api]") {
  Path root, spec(root, "spec"), list(spec, "images"), item(list, std::size_t{3});
  CHECK(root.ToString() == "");
  CHECK(item.ToString() == "spec.images[3]");
  CHECK(Path(item, "name").ToString() == "spec.images[3].name");
  CHECK(Path::ForKey(spec, "a.b/c").ToString() == R"(spec["a.b/c"])");
  CHECK(Path(spec, "a\nb").ToString().find('\n') == std::string::npos);
}

}  // namespace hullwright::api
