#include "operator/object_status.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"

namespace hullwright::controller {
namespace {

using nlohmann::json;

const Time kNow = *ParseRfc3339("2026-03-01T12:00:00Z");

OwnObject Read(const json& object) {
  JsonReader reader;
  const std::string text = object.dump();
  const auto element = reader.Read(text);
  REQUIRE(element.has_value());
  auto own = ReadOwnObject(*element);
  REQUIRE(own.has_value());
  return *own;
}

json Object(const std::string& kind, const std::string& namespace_, const json& spec) {
  json metadata = {{"name", "one"}, {"generation", 7}, {"creationTimestamp", "2026-03-01T11:00:00Z"}};
  if (!namespace_.empty()) metadata["namespace"] = namespace_;
  return {{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", kind}, {"metadata", metadata}, {"spec", spec}};
}

json Policy() {
  return Object("ClusterImageAdmissionPolicy", "",
                {{"enforcement", {{"newImages", "Deny"}}}, {"rules", {{"publishers", {{"refs", {{{"name", "acme"}}}}}}}}});
}

api::Condition Judge(const json& object, const std::set<api::ObjectKey>& present = {}, Time now = kNow) {
  return JudgeReady(Read(object), [&](const api::ObjectKey& key) { return present.contains(key); }, now);
}

TEST_CASE("A policy is ready when it decodes and everything it refers to is there", "[operator]") {
  const api::Condition missing = Judge(Policy());
  CHECK(missing.type == "Ready");
  CHECK(missing.status == "False");
  CHECK(missing.reason == "ReferenceMissing");
  CHECK_THAT(missing.message, Catch::Contains("TrustedPublisher/acme"));
  const api::Condition ready = Judge(Policy(), {{"TrustedPublisher", "", "acme"}});
  CHECK(ready.status == "True");
  CHECK(ready.reason == "InForce");
  CHECK(ready.observed_generation == 7);
}

TEST_CASE("A policy that does not decode says why, and what is in force instead", "[operator]") {
  json policy = Policy();
  policy["spec"]["rules"] = {{"reference", {{"digest", "Sometimes"}}}};
  const api::Condition condition = Judge(policy);
  CHECK(condition.status == "False");
  CHECK(condition.reason == "Invalid");
  CHECK_THAT(condition.message, Catch::Contains("spec.rules.reference.digest") && Catch::Contains("earlier version"));
}

TEST_CASE("A publisher whose key cannot be used is not ready, as hullctl validate says", "[operator]") {
  const json authority = {
      {"name", "release"}, {"type", "Key"}, {"key", {{"pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}}}};
  const api::Condition condition = Judge(Object(
      "TrustedPublisher", "",
      {{"displayName", "Acme"}, {"repositories", {"registry.example/**"}}, {"verification", "Signature"}, {"authorities", {authority}}}));
  CHECK(condition.status == "False");
  CHECK(condition.reason == "Invalid");
  CHECK_THAT(condition.message, Catch::Contains("spec.authorities[0].key.pem"));
}

TEST_CASE("A break-glass counts from its creation for its duration", "[operator]") {
  const json object = Object("BreakGlass", "shop",
                             {{"policyRefs", {{{"name", "production"}}}},
                              {"images", {"registry.example/shop/app@sha256:" + std::string(64, 'a')}},
                              {"reason", "the shop is down"},
                              {"ticket", "OPS-1"},
                              {"durationSeconds", 7200}});
  const api::Condition now = Judge(object);
  INFO(now.message);
  CHECK(now.status == "True");
  CHECK_THAT(now.message, Catch::Contains("2026-03-01T13:00:00Z"));
  const api::Condition later = Judge(object, {}, kNow + std::chrono::hours(1));
  CHECK(later.status == "False");
  CHECK(later.reason == "Expired");
}

TEST_CASE("Conditions that stand there are read, and rubbish in their place is none", "[operator]") {
  json policy = Policy();
  policy["status"] = {{"conditions", {{{"type", "Ready"}, {"status", "True"}, {"reason", "InForce"}, {"message", ""}}}}};
  CHECK(Read(policy).conditions.size() == 1);
  policy["status"] = {{"conditions", "text"}};
  CHECK(Read(policy).conditions.empty());
}

}  // namespace
}  // namespace hullwright::controller
