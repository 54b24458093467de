// What lib/kube expects of an API server, once: run against the fake (tests/unit/kube) and the real one (tests/apiserver), so that the fake
// cannot grow into something else.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/json.h"
#include "kube/client.h"
#include "kube/list_watch.h"
#include "support/process.h"

namespace hullwright::testing {

constexpr auto kPatience = std::chrono::seconds(30);

inline Deadline Soon() {
  return std::chrono::steady_clock::now() + kPatience;
}

class KubeServerUnderTest {
 public:
  virtual ~KubeServerUnderTest() = default;
  virtual kube::ClusterAccess Access() = 0;
  virtual void RemoveNamespace(const std::string& name) = 0;  // until it is gone
  virtual void Stop() = 0;
  virtual void Start() = 0;
};

inline std::unique_ptr<kube::KubeClient> ConnectOrFail(const kube::ClusterAccess& access) {
  auto client = kube::KubeClient::Connect(access);
  if (!client) FAIL(client.error().message);
  return std::move(*client);
}

inline std::string NamespaceText(const std::string& name, const std::string& color) {
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + R"(","labels":{"color":")" + color + R"("}}})";
}

// Remembers Namespaces by name and color, as a sink should; counts what was not as promised.
class RecordingSink final : public kube::ObjectSink {
 public:
  void BeginList() override {
    const std::lock_guard lock(mutex_);
    listed_.clear();
  }
  void Upsert(JsonElement object) override {
    const std::lock_guard lock(mutex_);
    if (TextMember(object, "kind") != "Namespace" || TextMember(object, "apiVersion") != "v1") ++untyped_;
    const JsonElement metadata = *Member(object, "metadata");
    const auto labels = Member(metadata, "labels");
    const std::string name(TextMember(metadata, "name"));
    colors_[name] = labels ? std::string(TextMember(*labels, "color")) : "";
    listed_.insert(name);
  }
  void EndList() override {
    const std::lock_guard lock(mutex_);
    std::erase_if(colors_, [&](const auto& entry) { return !listed_.contains(entry.first); });
    ++complete_lists_;
  }
  void Remove(JsonElement last_state) override {
    const std::lock_guard lock(mutex_);
    colors_.erase(std::string(TextMember(*Member(last_state, "metadata"), "name")));
  }

  // "a=red b=blue": those whose name begins with the prefix.
  std::string Colors(const std::string& prefix = "") const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& [name, color] : colors_) {
      if (name.starts_with(prefix)) text += (text.empty() ? "" : " ") + name.substr(prefix.size()) + "=" + color;
    }
    return text;
  }
  int complete_lists() const {
    const std::lock_guard lock(mutex_);
    return complete_lists_;
  }
  int untyped() const {
    const std::lock_guard lock(mutex_);
    return untyped_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> colors_;
  std::set<std::string> listed_;
  int complete_lists_ = 0, untyped_ = 0;
};

// Waits until the sink holds that, and says what it holds when it does not.
inline void CheckColors(const RecordingSink& sink, const std::string& expected, const std::string& prefix = "") {
  WaitUntil([&] { return sink.Colors(prefix) == expected; }, kPatience);
  CHECK(sink.Colors(prefix) == expected);
}

inline kube::ListWatchOptions NamespaceWatch() {
  kube::ListWatchOptions options;
  options.resource_path = "/api/v1/namespaces";
  options.list_kind = "Namespace";
  options.api_version = "v1";
  options.first_backoff = std::chrono::milliseconds(10);
  options.most_backoff = std::chrono::milliseconds(200);
  options.page_size = 2;
  return options;
}

inline void CheckThatErrorsAreTold(KubeServerUnderTest& server) {
  const auto client = ConnectOrFail(server.Access());
  const std::string path = "/api/v1/namespaces";
  const auto created = client->Post(path, NamespaceText("contract-once", "red"), Soon());
  REQUIRE(created.has_value());
  CHECK(created->status == 201);
  CHECK(client->Get(path + "/contract-once", Soon()).has_value());
  CHECK(client->Put(path + "/contract-once", NamespaceText("contract-once", "blue"), Soon()).has_value());
  const auto code = [](const auto& result) { return result ? std::string("success") : std::string(ToString(result.error().code)); };
  CHECK(code(client->Post(path, NamespaceText("contract-once", "red"), Soon())) == ToString(ErrorCode::kConflict));
  CHECK(code(client->Get(path + "/contract-never", Soon())) == ToString(ErrorCode::kNotFound));
  CHECK(code(client->Get("/apis/nobody.example/v1/things", Soon())) == ToString(ErrorCode::kNotFound));
  CHECK(code(client->Post(path, NamespaceText("Not_A_Name", "red"), Soon())) == ToString(ErrorCode::kInvalidInput));
  CHECK(code(client->Post(path, "{", Soon())) == ToString(ErrorCode::kInvalidInput));
  const auto missing = client->Get(path + "/contract-never", Soon());
  REQUIRE_FALSE(missing.has_value());
  CHECK_THAT(missing.error().message, Catch::Contains("namespaces \"contract-never\" not found"));
  kube::ClusterAccess stranger = server.Access();
  stranger.token = "no-such-token";
  CHECK(code(ConnectOrFail(stranger)->Get(path, Soon())) == ToString(ErrorCode::kDenied));
  server.RemoveNamespace("contract-once");
}

inline void CheckThatAListWatchFollows(KubeServerUnderTest& server) {
  const auto client = ConnectOrFail(server.Access());
  const std::string path = "/api/v1/namespaces";
  for (const char* name : {"lw-a", "lw-b", "lw-c"}) REQUIRE(client->Post(path, NamespaceText(name, "red"), Soon()).has_value());
  RecordingSink sink;
  {
    const kube::ListWatch list_watch(*client, NamespaceWatch(), sink);
    CheckColors(sink, "a=red b=red c=red", "lw-");
    CHECK(WaitUntil([&] { return list_watch.status().connected; }, kPatience));
    CHECK(list_watch.status().synced);
    REQUIRE(client->Post(path, NamespaceText("lw-d", "green"), Soon()).has_value());
    REQUIRE(client->Put(path + "/lw-a", NamespaceText("lw-a", "blue"), Soon()).has_value());
    server.RemoveNamespace("lw-b");
    CheckColors(sink, "a=blue c=red d=green", "lw-");

    server.Stop();
    CHECK(WaitUntil([&] { return !list_watch.status().connected && !list_watch.status().last_error.empty(); }, kPatience));
    CHECK(sink.Colors("lw-") == "a=blue c=red d=green");
    CHECK(list_watch.status().synced);
    server.Start();
    CHECK(WaitUntil([&] { return client->Post(path, NamespaceText("lw-e", "white"), Soon()).has_value(); }, kPatience));
    CheckColors(sink, "a=blue c=red d=green e=white", "lw-");
    CHECK(sink.untyped() == 0);
    const auto status = list_watch.status();
    CHECK(status.last_error.empty());
    CHECK(status.watches >= 2);
  }
  for (const char* name : {"lw-a", "lw-c", "lw-d", "lw-e"}) server.RemoveNamespace(name);
}

// What leader election and controllers build on: of two writers one wins, and the other is told. Leases, which nobody else looks after.
inline void CheckThatWritesAreConditional(kube::KubeClient& client) {
  const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases", path = leases + "/contract-lease";
  const auto code = [](const auto& result) { return result ? std::string("success") : std::string(ToString(result.error().code)); };
  const auto lease = [](const std::string& holder) {
    return nlohmann::json{{"apiVersion", "coordination.k8s.io/v1"},
                          {"kind", "Lease"},
                          {"metadata", {{"name", "contract-lease"}, {"namespace", "default"}}},
                          {"spec", {{"holderIdentity", holder}, {"leaseDurationSeconds", 15}}}};
  };
  CHECK(code(client.Get(path, Soon())) == "not_found");
  CHECK(code(client.Patch(path, kube::PatchType::kMerge, R"({"spec":{"holderIdentity":"m"}})", Soon())) == "not_found");
  const auto created = client.Post(leases, lease("a").dump(), Soon());
  REQUIRE(created.has_value());
  CHECK(created->status == 201);
  CHECK(code(client.Post(leases, lease("b").dump(), Soon())) == "conflict");

  nlohmann::json first = nlohmann::json::parse(created->body);
  nlohmann::json second = first;
  first["spec"]["holderIdentity"] = "first";
  second["spec"]["holderIdentity"] = "second";
  const auto written = client.Put(path, first.dump(), Soon());
  REQUIRE(written.has_value());
  const nlohmann::json answer = nlohmann::json::parse(written->body);
  CHECK(answer["metadata"]["uid"] == first["metadata"]["uid"]);
  CHECK(answer["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]);
  CHECK(code(client.Put(path, second.dump(), Soon())) == "conflict");

  const auto patched = client.Patch(path, kube::PatchType::kMerge, R"({"spec":{"holderIdentity":"merged"}})", Soon());
  REQUIRE(patched.has_value());
  const nlohmann::json merged = nlohmann::json::parse(patched->body);
  CHECK(merged["spec"]["holderIdentity"] == "merged");
  CHECK(merged["spec"]["leaseDurationSeconds"] == 15);

  const std::string uid = merged["metadata"]["uid"], version = merged["metadata"]["resourceVersion"];
  CHECK(code(client.Delete(path, {"another-uid", ""}, Soon())) == "conflict");
  CHECK(code(client.Delete(path, {uid, "1"}, Soon())) == "conflict");
  CHECK(code(client.Delete(path, {uid, version}, Soon())) == "success");
  CHECK(code(client.Delete(path, {}, Soon())) == "not_found");
}

}  // namespace hullwright::testing
