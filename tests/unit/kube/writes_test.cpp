// What the client sends when it changes something: patches, deletions, server-side apply, within our own rate.
#include <catch2/catch.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "kube/apply.h"
#include "kube/rate_limit.h"
#include "support/kube_contract.h"
#include "support/memory_kube.h"
#include "support/own_time.h"
#include "support/scripted_server.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A server that keeps what it is asked and answers all the same.
class KeepingServer {
 public:
  explicit KeepingServer(int status = 200, std::string body = "{}")
      : server_([this, status, body = std::move(body)](const ScriptedRequest& request, ScriptedAnswer& answer) {
          {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
          }
          answer.Whole(status, body);
        }) {}

  std::unique_ptr<KubeClient> Client() const {
    ClusterAccess access;
    access.server = server_.url();
    return ConnectOrFail(access);
  }
  std::vector<ScriptedRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ScriptedRequest> requests_;
  ScriptedServer server_;
};

json ConfigMap(const std::string& color) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "colors"}}}, {"data", {{"color", color}}}};
}

TEST_CASE("Each patch goes out with the content type of its kind", "[kube]") {
  KeepingServer server;
  const auto client = server.Client();
  REQUIRE(client->Patch("/x", PatchType::kApply, "{}", Soon()).has_value());
  REQUIRE(client->Patch("/x", PatchType::kJson, "[]", Soon()).has_value());
  REQUIRE(client->Patch("/x", PatchType::kMerge, R"({"a":1})", Soon()).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].content_type == "application/apply-patch+yaml");
  CHECK(requests[1].content_type == "application/json-patch+json");
  CHECK(requests[2].content_type == "application/merge-patch+json");
  for (const auto& request : requests) CHECK(request.method == "PATCH");
  CHECK(requests[2].body == R"({"a":1})");
}

TEST_CASE("A deletion says what must still be so, and leaves dependents to the background", "[kube]") {
  KeepingServer server;
  const auto client = server.Client();
  REQUIRE(client->Delete("/x", {}, Soon()).has_value());
  REQUIRE(client->Delete("/x", {"u-1", "42"}, Soon()).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "DELETE");
  const json plain = json::parse(requests[0].body), conditional = json::parse(requests[1].body);
  CHECK(plain["kind"] == "DeleteOptions");
  CHECK(plain["propagationPolicy"] == "Background");
  CHECK_FALSE(plain.contains("preconditions"));
  CHECK(conditional["preconditions"] == json{{"uid", "u-1"}, {"resourceVersion", "42"}});
}

TEST_CASE("An apply names its manager and says whether it takes by force", "[kube]") {
  KeepingServer server;
  const auto client = server.Client();
  const std::string path = "/api/v1/namespaces/shop/configmaps/colors";
  REQUIRE(Apply(*client, path, ConfigMap("red"), {"some manager", false}, Soon()).has_value());
  REQUIRE(Apply(*client, path, ConfigMap("red"), {"hullwright-operator", true}, Soon()).has_value());
  json with_status = ConfigMap("red");
  with_status["status"] = {{"ready", true}};
  REQUIRE(ApplyStatus(*client, path, with_status, {"hullwright-operator", true}, Soon()).has_value());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].target == path + "?fieldManager=some%20manager&force=false");
  CHECK(requests[1].target == path + "?fieldManager=hullwright-operator&force=true");
  CHECK(requests[2].target == path + "/status?fieldManager=hullwright-operator&force=true");
  CHECK(json::parse(requests[1].body) == ConfigMap("red"));
}

TEST_CASE("What cannot be applied is not sent", "[kube]") {
  MemoryKube client;
  const std::string path = "/api/v1/namespaces/shop/configmaps/colors";
  const auto code = [&](const json& object, const std::string& manager = "m", const std::string& to = "") {
    const auto applied = Apply(client, to.empty() ? path : to, object, {manager, true}, Soon());
    return applied ? std::string("success") : std::string(ToString(applied.error().code));
  };
  const auto without = [](const json::json_pointer& at) {
    json object = ConfigMap("red");
    object[at.parent_pointer()].erase(at.back());
    return object;
  };
  CHECK(code(without("/apiVersion"_json_pointer)) == "invalid_input");
  CHECK(code(without("/kind"_json_pointer)) == "invalid_input");
  CHECK(code(without("/metadata"_json_pointer)) == "invalid_input");
  CHECK(code(without("/metadata/name"_json_pointer)) == "invalid_input");
  CHECK(code(json::array()) == "invalid_input");
  json managed = ConfigMap("red");
  managed["metadata"]["managedFields"] = json::array();
  CHECK(code(managed) == "invalid_input");
  CHECK(code(ConfigMap("red"), "m", "/api/v1/namespaces/shop/configmaps/others") == "invalid_input");
  CHECK(code(ConfigMap("red"), "m", path + "?dryRun=All") == "invalid_input");
  CHECK(code(ConfigMap("red"), "") == "invalid_input");
  CHECK(code(ConfigMap("red"), std::string(129, 'm')) == "invalid_input");
  CHECK(code(ConfigMap("red"), "a\nb") == "invalid_input");
  CHECK_FALSE(ApplyStatus(client, path, ConfigMap("red"), {"m", true}, Soon()).has_value());
  CHECK(client.Requests().empty());
  CHECK(code(ConfigMap("red")) == "success");
}

TEST_CASE("Fields of another manager are told apart from a lost race", "[kube]") {
  const auto code_of = [](const std::string& causes) {
    KeepingServer server(409, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,
      "message":"Apply failed with 1 conflict: conflict with \"other\" using v1: .data.color","details":{"causes":)" +
                                  causes + "}}");
    const auto reply = server.Client()->Patch("/x", PatchType::kApply, "{}", Soon());
    REQUIRE_FALSE(reply.has_value());
    CHECK_THAT(reply.error().message, Catch::Contains(".data.color"));
    return reply.error().code;
  };
  CHECK(code_of(R"([{"reason":"FieldManagerConflict","message":"conflict with \"other\" using v1","field":".data.color"}])") ==
        ErrorCode::kDenied);
  CHECK(code_of("[]") == ErrorCode::kConflict);
  CHECK(code_of("null") == ErrorCode::kConflict);
}

TEST_CASE("Writes in memory are conditional", "[kube]") {
  MemoryKube client;
  CheckThatWritesAreConditional(client);
}

// ── Rate limit ──

constexpr Deadline kBegin{std::chrono::hours(1000)};

TEST_CASE("A bucket lets a burst through, then its rate", "[kube]") {
  TokenBucket bucket(10, 3);
  CHECK(bucket.IsFull(kBegin));
  for (int i = 0; i < 3; ++i) CHECK(bucket.Take(kBegin) == milliseconds(0));
  CHECK_FALSE(bucket.TryTake(kBegin));
  CHECK(bucket.Wait(kBegin) == milliseconds(100));
  CHECK(bucket.Take(kBegin) == milliseconds(100));
  CHECK(bucket.Take(kBegin) == milliseconds(200));
  CHECK(bucket.Take(kBegin + milliseconds(200)) == milliseconds(100));
  CHECK(bucket.TryTake(kBegin + milliseconds(450)));
  CHECK_FALSE(bucket.TryTake(kBegin + milliseconds(450)));
  CHECK(bucket.IsFull(kBegin + seconds(10)));
  CHECK(bucket.Take(kBegin + seconds(10)) == milliseconds(0));
}

TEST_CASE("A time before the last one gives a bucket nothing", "[kube]") {
  TokenBucket bucket(1, 1);
  CHECK(bucket.TryTake(kBegin));
  CHECK_FALSE(bucket.TryTake(kBegin - seconds(100)));
  CHECK_FALSE(bucket.TryTake(kBegin));
  CHECK(bucket.TryTake(kBegin + seconds(1)));
}

TEST_CASE("A limited client waits for its turn, and says at once when none comes in time", "[kube]") {
  MemoryKube memory;
  memory.SetObject("/x", json::object());
  OwnMonotonicClock clock;
  const auto client = LimitRate(memory, {1, 2}, clock);
  const auto begin = clock.Now();
  const auto far = begin + seconds(1000);
  for (int i = 0; i < 4; ++i) REQUIRE(client->Get("/x", far).has_value());
  CHECK(clock.Now() - begin == seconds(2));
  const auto late = client->Get("/x", clock.Now() + milliseconds(500));
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().code == ErrorCode::kDeadline);
  CHECK(memory.Requests().size() == 4);
  CHECK(clock.Now() - begin == seconds(2));
  // It took nobody's turn.
  REQUIRE(client->Get("/x", clock.Now() + seconds(1)).has_value());
  CHECK(clock.Now() - begin == seconds(3));
}

TEST_CASE("All sorts of requests count, and what they come to is handed on", "[kube]") {
  MemoryKube memory;
  OwnMonotonicClock clock;
  const auto client = LimitRate(memory, {1, 1}, clock);
  const auto far = clock.Now() + seconds(1000);
  const auto begin = clock.Now();
  CHECK(client->Post("/things", R"({"metadata":{"name":"a"}})", far).has_value());
  CHECK(client->Put("/things/a", R"({"metadata":{"name":"a"}})", far).has_value());
  CHECK(client->Patch("/things/a", PatchType::kMerge, R"({"b":1})", far).has_value());
  CHECK(client->Delete("/things/a", {}, far).has_value());
  CHECK(client->GetLong("/things", 1, seconds(1), {}).error().code == ErrorCode::kUnsupported);
  CHECK(client->Watch("/things", [] {}, [](auto) { return true; }, seconds(1), {}).error().code == ErrorCode::kUnsupported);
  CHECK(client->Get("/things/a", far).error().code == ErrorCode::kNotFound);
  CHECK(clock.Now() - begin == seconds(6));
  std::stop_source stop;
  stop.request_stop();
  CHECK(client->GetLong("/things", 1, seconds(1), stop.get_token()).error().code == ErrorCode::kDeadline);
}

}  // namespace
}  // namespace hullwright::kube
