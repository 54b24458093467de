#include "kube/condition.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace hullwright::kube {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kNoon{seconds(1'772'366'400)};  // 2026-03-01T12:00:00Z

api::Condition Ready(const std::string& status, const std::string& reason = "Why", std::int64_t generation = 1) {
  return {"Ready", status, reason, "in a sentence", generation, std::nullopt};
}

TEST_CASE("The time of a condition changes with its status alone", "[kube]") {
  std::vector<api::Condition> conditions;
  CHECK(SetCondition(conditions, Ready("False"), kNoon + milliseconds(700)));
  REQUIRE(conditions.size() == 1);
  CHECK(conditions[0].last_transition_time == kNoon);  // Kubernetes keeps whole seconds
  CHECK_FALSE(SetCondition(conditions, Ready("False"), kNoon + seconds(10)));
  CHECK(SetCondition(conditions, Ready("False", "Other"), kNoon + seconds(20)));
  CHECK(SetCondition(conditions, Ready("False", "Other", 2), kNoon + seconds(30)));
  CHECK(conditions[0].last_transition_time == kNoon);
  CHECK(conditions[0].observed_generation == 2);
  CHECK(SetCondition(conditions, Ready("True", "Other", 2), kNoon + seconds(40)));
  CHECK(conditions[0].last_transition_time == kNoon + seconds(40));
  CHECK(conditions.size() == 1);
}

TEST_CASE("Conditions of other types are left alone", "[kube]") {
  std::vector<api::Condition> conditions;
  SetCondition(conditions, Ready("True"), kNoon);
  SetCondition(conditions, {"Synced", "Unknown", "NotYet", "", 0, std::nullopt}, kNoon + seconds(1));
  REQUIRE(conditions.size() == 2);
  REQUIRE(FindCondition(conditions, "Ready"));
  CHECK(FindCondition(conditions, "Ready")->status == "True");
  CHECK(FindCondition(conditions, "Synced")->last_transition_time == kNoon + seconds(1));
  CHECK(FindCondition(conditions, "Other") == nullptr);
}

TEST_CASE("A message too long for Kubernetes is cut between characters", "[kube]") {
  std::vector<api::Condition> conditions;
  api::Condition condition = Ready("False");
  condition.message = "x";
  while (condition.message.size() < 40'000) condition.message += "é";
  SetCondition(conditions, condition, kNoon);
  CHECK(conditions[0].message.size() == 32'767);
  CHECK(conditions[0].message.ends_with("é"));
}

TEST_CASE("Conditions are read as they were written", "[kube]") {
  std::vector<api::Condition> conditions;
  SetCondition(conditions, Ready("True"), kNoon);
  SetCondition(conditions, {"Synced", "False", "NotYet", "say \"why\"", 7, std::nullopt}, kNoon);
  const json object{{"status", {{"conditions", WriteConditions(conditions)}}}};
  CHECK(object["status"]["conditions"][0]["lastTransitionTime"] == "2026-03-01T12:00:00Z");
  JsonReader reader;
  const auto read = ReadConditions(*reader.Read(JsonLine(object)));
  REQUIRE(read.has_value());
  CHECK(WriteConditions(*read) == WriteConditions(conditions));
  for (const char* none : {"{}", R"({"status":{}})", R"({"status":{"conditions":[]}})", R"({"status":{"conditions":null}})"}) {
    CHECK(ReadConditions(*reader.Read(none))->empty());
  }
}

TEST_CASE("What is no list of conditions is said to be none", "[kube]") {
  const auto conditions = GENERATE(as<std::string>(), "{}", "7", "[7]", R"([{"type":"Ready"}])", R"([{"status":"True"}])",
                                   R"([{"type":"Ready","status":"True","lastTransitionTime":"yesterday"}])",
                                   R"([{"type":"Ready","status":"True","observedGeneration":"1"}])",
                                   R"([{"type":"Ready","status":"True"},{"type":"Ready","status":"False"}])");
  INFO(conditions);
  JsonReader reader;
  const std::string object = R"({"status":{"conditions":)" + conditions + "}}";
  CHECK_FALSE(ReadConditions(*reader.Read(object)).has_value());
}

}  // namespace
}  // namespace hullwright::kube
