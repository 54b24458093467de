// What controllers stand on, against the real API server: writes, apply, informers, leader election and events while the server is killed,
// forgets its history, sends us away and changes our token.
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "base/rfc3339.h"
#include "kube/apply.h"
#include "kube/condition.h"
#include "kube/events.h"
#include "kube/informer.h"
#include "kube/leader_election.h"
#include "kube/work_queue.h"
#include "support/api_server.h"
#include "support/kube_contract.h"
#include "support/paths.h"
#include "support/temporary_directory.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";
constexpr const char* kLeases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

std::unique_ptr<KubeClient> AdminClient(const ApiServer& server) {
  auto access = ClusterAccess::FromKubeconfig(server.kubeconfig());
  if (!access) FAIL(access.error().message);
  return ConnectOrFail(*access);
}

json ColorMap(const std::string& name, const json& data) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}, {"data", data}};
}

// ── Writing ──

TEST_CASE("Writes of the real API server are conditional", "[apiserver]") {
  CheckThatWritesAreConditional(*AdminClient(ApiServer::Shared()));
}

TEST_CASE("A field that another manager applied is told, kept without force and taken with it", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  const std::string path = std::string(kConfigMaps) + "/apply-conflict";
  const auto data = [&] { return server.Get(path).json["data"]; };
  REQUIRE(Apply(*client, path, ColorMap("apply-conflict", {{"color", "red"}, {"size", "large"}}), {"first", false}, Soon()).has_value());
  // Another field of the same object is nobody's business.
  REQUIRE(Apply(*client, path, ColorMap("apply-conflict", {{"shape", "round"}}), {"second", false}, Soon()).has_value());
  const auto refused = Apply(*client, path, ColorMap("apply-conflict", {{"shape", "round"}, {"color", "blue"}}), {"second", false}, Soon());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kDenied);
  CHECK_THAT(refused.error().message, Catch::Contains("first") && Catch::Contains(".data.color"));
  CHECK(data() == json{{"color", "red"}, {"size", "large"}, {"shape", "round"}});

  const auto forced = Apply(*client, path, ColorMap("apply-conflict", {{"shape", "round"}, {"color", "blue"}}), {"second", true}, Soon());
  REQUIRE(forced.has_value());
  CHECK(json::parse(forced->body)["data"]["color"] == "blue");
  // What a manager no longer names goes, unless it is another one's.
  REQUIRE(Apply(*client, path, ColorMap("apply-conflict", {{"color", "blue"}}), {"second", false}, Soon()).has_value());
  CHECK(data() == json{{"color", "blue"}, {"size", "large"}});
  const auto stale = client->Put(
      path,
      [&] {
        json object = server.Get(path).json;
        object["metadata"]["resourceVersion"] = "1";
        return object.dump();
      }(),
      Soon());
  REQUIRE_FALSE(stale.has_value());
  CHECK(stale.error().code == ErrorCode::kConflict);
  CHECK(client->Delete(path, {}, Soon()).has_value());
}

TEST_CASE("Conditions are applied to a status, and those of others stay", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  const std::string path = "/apis/apps/v1/namespaces/default/deployments/conditions";
  const json labels{{"app", "conditions"}};
  json deployment{{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"metadata", {{"name", "conditions"}}}};
  json status_only = deployment;
  status_only["status"]["conditions"] = json::array();
  CHECK(ApplyStatus(*client, path, status_only, {"operator", false}, Soon()).error().code == ErrorCode::kNotFound);
  deployment["spec"] = {
      {"selector", {{"matchLabels", labels}}},
      {"template", {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", {{{"name", "c"}, {"image", "registry.example/c"}}}}}}}}};
  REQUIRE(Apply(*client, path, deployment, {"operator", false}, Soon()).has_value());

  // observedGeneration is no member of a Deployment's conditions.
  const auto apply = [&](const std::string& manager, const std::string& type, const std::string& status) {
    std::vector<api::Condition> conditions;
    SetCondition(conditions, {type, status, "Tested", "by a test", 0, std::nullopt}, *ParseRfc3339("2026-03-01T12:00:00Z"));
    json object = status_only;
    object["status"]["conditions"] = WriteConditions(conditions);
    for (json& condition : object["status"]["conditions"]) condition.erase("observedGeneration");
    const auto applied = ApplyStatus(*client, path, object, {manager, false}, Soon());
    if (!applied) FAIL(applied.error().message);
  };
  apply("operator", "Ready", "True");
  apply("another", "Painted", "False");
  apply("operator", "Ready", "False");
  const auto text = server.Get(path);
  JsonReader reader;
  const auto conditions = ReadConditions(*reader.Read(text.text));
  REQUIRE(conditions.has_value());
  REQUIRE(conditions->size() == 2);
  CHECK(FindCondition(*conditions, "Ready")->status == "False");
  CHECK(FindCondition(*conditions, "Painted")->status == "False");
  CHECK(client->Delete(path, {}, Soon()).has_value());
}

// ── Informers ──

Result<std::string> ColorOf(JsonElement object) {
  const auto data = Member(object, "data");
  return data ? std::string(TextMember(*data, "color")) : std::string();
}

ListWatchOptions ConfigMapWatch() {
  ListWatchOptions options = NamespaceWatch();
  options.resource_path = kConfigMaps;
  options.list_kind = "ConfigMap";
  return options;
}

// A client whose lists and watches can be held up, as by a network of which only we are cut off; and what became of lists.
class GatedClient final : public KubeClient {
 public:
  explicit GatedClient(KubeClient& client) : client_(client) {}

  void Shut() { shut_ = true; }
  void Open() { shut_ = false; }
  int expired() const { return expired_; }
  std::function<void(const std::string& path)> after_list;  // set before use

  Result<KubeReply> Get(const std::string& path, Deadline deadline) override { return client_.Get(path, deadline); }
  Result<KubeReply> Post(const std::string& path, std::string body, Deadline deadline) override {
    return client_.Post(path, std::move(body), deadline);
  }
  Result<KubeReply> Put(const std::string& path, std::string body, Deadline deadline) override {
    return client_.Put(path, std::move(body), deadline);
  }
  Result<KubeReply> Patch(const std::string& path, PatchType type, std::string body, Deadline deadline) override {
    return client_.Patch(path, type, std::move(body), deadline);
  }
  Result<KubeReply> Delete(const std::string& path, const DeletePreconditions& preconditions, Deadline deadline) override {
    return client_.Delete(path, preconditions, deadline);
  }
  Result<KubeReply> GetLong(const std::string& path, std::size_t max_bytes, milliseconds idle, std::stop_token stop) override {
    if (shut_) return Cut();
    auto reply = client_.GetLong(path, max_bytes, idle, std::move(stop));
    if (!reply && reply.error().code == ErrorCode::kExpired) ++expired_;
    if (after_list) after_list(path);
    return reply;
  }
  Result<void> Watch(const std::string& path, std::function<void()> on_open, std::function<bool(std::string_view)> on_line,
                     milliseconds idle, std::stop_token stop) override {
    if (shut_) return Cut();
    return client_.Watch(path, std::move(on_open), std::move(on_line), idle, std::move(stop));
  }

 private:
  static std::unexpected<Error> Cut() { return hullwright::Fail(ErrorCode::kUnavailable, "cut off by the test"); }

  KubeClient& client_;
  std::atomic<bool> shut_ = false;
  std::atomic<int> expired_ = 0;
};

// Changes ConfigMaps as somebody else would, as often as it takes: a server that was killed breaks kept connections.
class Painters {
 public:
  explicit Painters(KubeClient& client) : client_(client) {}
  void Paint(const std::string& name, const std::string& color) {
    Result<KubeReply> applied;
    WaitUntil(
        [&] {
          applied = Apply(client_, std::string(kConfigMaps) + "/" + name, ColorMap(name, {{"color", color}}), {"painter", true}, Soon());
          return applied.has_value();
        },
        kPatience);
    if (!applied) FAIL(applied.error().message);
  }
  void Remove(const std::string& name) {
    Result<KubeReply> removed;
    WaitUntil(
        [&] {
          removed = client_.Delete(std::string(kConfigMaps) + "/" + name, {}, Soon());
          return removed || removed.error().code == ErrorCode::kNotFound;
        },
        kPatience);
    if (!removed && removed.error().code != ErrorCode::kNotFound) FAIL(removed.error().message);
  }

 private:
  KubeClient& client_;
};

bool Shows(const Informer<std::string>& informer, const std::string& name, const std::string& color) {
  return WaitUntil(
      [&] {
        const auto found = informer.cache().Get("default/" + name);
        return color.empty() ? found == nullptr : found && *found == color;
      },
      kPatience);
}

TEST_CASE("An informer finds out what it missed while its history was compacted away", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  Painters painters(*client);
  GatedClient gated(*client);
  painters.Paint("stays", "red");
  painters.Paint("goes", "red");
  Guarded<std::vector<std::string>> gone;
  const Informer<std::string> informer(gated, ConfigMapWatch(),
                                       {.decode = ColorOf, .on_change = [&](const ObjectChange<std::string>& change) {
                                          if (!change.after) gone.With([&](auto& keys) { keys.push_back(change.key); });
                                        }});
  CHECK(Shows(informer, "goes", "red"));
  CHECK(WaitUntil([&] { return informer.status().watch.connected; }, kPatience));
  CHECK(informer.synced());

  gated.Shut();
  server.Restart();  // ends the open watch, and with it the server's own memory of history
  painters.Paint("stays", "blue");
  painters.Paint("comes", "green");
  painters.Remove("goes");
  server.Compact();
  server.Restart();
  CHECK(informer.synced());
  CHECK(informer.cache().Get("default/goes"));
  gated.Open();
  CHECK(Shows(informer, "comes", "green"));
  CHECK(Shows(informer, "stays", "blue"));
  CHECK(Shows(informer, "goes", ""));
  CHECK(informer.status().watch.expired >= 1);
  CHECK(gone.With([](const auto& keys) { return keys; }) == std::vector<std::string>{"default/goes"});
  painters.Remove("stays");
  painters.Remove("comes");
}

TEST_CASE("A list whose history is compacted away between two pages is still a whole one", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  Painters painters(*client);
  const std::vector<std::string> names{"page-a", "page-b", "page-c", "page-d", "page-e"};
  for (const auto& name : names) painters.Paint(name, "red");
  GatedClient gated(*client);
  std::atomic<bool> first_page = false, compacted = false;
  gated.after_list = [&](const std::string& path) {
    if (!path.ends_with("?limit=2") || first_page.exchange(true)) return;
    WaitUntil([&] { return compacted.load(); }, kPatience * 2);
  };
  const Informer<std::string> informer(gated, ConfigMapWatch(), {.decode = ColorOf});
  CHECK(WaitUntil([&] { return first_page.load(); }, kPatience));
  painters.Remove("page-a");
  painters.Paint("page-e", "blue");
  server.Compact();
  server.Restart();
  compacted = true;
  CHECK(Shows(informer, "page-e", "blue"));
  CHECK(WaitUntil([&] { return informer.synced(); }, kPatience));
  CHECK(gated.expired() >= 1);
  CHECK(Shows(informer, "page-a", ""));
  for (const auto* name : {"page-b", "page-c", "page-d"}) CHECK(Shows(informer, name, "red"));
  CHECK(informer.status().watch.lists == 1);
  for (const auto* name : {"page-b", "page-c", "page-d", "page-e"}) painters.Remove(name);
}

TEST_CASE("Informer, workers and leader go on when the API server is killed and comes back", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  Painters painters(*client);
  painters.Paint("killed", "red");
  WorkQueue queue;
  Guarded<std::map<std::string, std::string>> copies;
  Informer<std::string> informer(*client, ConfigMapWatch(),
                                 {.decode = ColorOf, .on_change = [&](const auto& change) { queue.Add(change.key); }});
  // Copies each color into a label of the same object: writes of its own, which fail while there is no server.
  std::atomic<int> failures = 0;
  const Workers workers("copy", queue, [&](const std::string& key, const std::stop_token&) -> Result<Reconciled> {
    const auto color = informer.cache().Get(key);
    const auto [namespace_, name] = SplitObjectKey(key);
    if (!color || name != "killed") return Reconciled::Done();
    const json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"labels", {{"copy", *color}}}}}};
    auto applied = Apply(*client, std::string(kConfigMaps) + "/" + name, object, {"copier", true}, Soon());
    if (!applied) {
      ++failures;
      return std::unexpected(applied.error());
    }
    copies.With([&](auto& all) { all[key] = *color; });
    return Reconciled::Done();
  });
  const auto copied = [&](const std::string& color) {
    return WaitUntil([&] { return copies.With([&](auto& all) { return all["default/killed"] == color; }); }, kPatience);
  };
  SteadyClock clock;
  const SystemClock wall;
  std::atomic<int> started = 0, lost = 0;
  const LeaderElection election(*client, {"default", "through-an-outage", "a", seconds(180), seconds(120), seconds(1)},
                                {.on_started = [&] { ++started; }, .on_lost = [&](const auto&) { ++lost; }}, {clock, wall, nullptr});
  CHECK(copied("red"));
  CHECK(WaitUntil([&] { return election.IsLeading(); }, kPatience));

  server.Stop();
  CHECK(WaitUntil([&] { return !informer.status().watch.connected && election.status().failures > 0; }, kPatience));
  queue.Add("default/killed");
  CHECK(WaitUntil([&] { return failures > 0; }, kPatience));
  CHECK(informer.synced());
  CHECK(election.IsLeading());
  server.Start();
  painters.Paint("killed", "blue");
  CHECK(copied("blue"));
  const auto renewals = election.status().renewals;
  CHECK(WaitUntil([&] { return election.status().renewals > renewals; }, kPatience));
  CHECK(started == 1);
  CHECK(lost == 0);
  CHECK(server.Get(std::string(kConfigMaps) + "/killed").json["metadata"]["labels"]["copy"] == "blue");
  CHECK(server.Get(std::string(kLeases) + "/through-an-outage").json["spec"]["leaseTransitions"] == 0);
  painters.Remove("killed");
}

// ── Leader election ──

class CandidateProcess {
 public:
  CandidateProcess(const ApiServer& server, const std::string& lease, const std::string& identity)
      : process(ProgramPath("test-lease-candidate"), {server.kubeconfig(), lease, identity, "8", "6", "1"}) {}
  bool Leads() { return process.WaitForText("leading", kPatience); }

  Process process;
};

std::string HolderOf(ApiServer& server, const std::string& lease) {
  return server.Get(std::string(kLeases) + "/" + lease).json["spec"].value("holderIdentity", "");
}

TEST_CASE("A leader that is killed is followed by another, once its Lease has run out", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  CandidateProcess first(server, "killed-leader", "first");
  REQUIRE(first.Leads());
  CandidateProcess second(server, "killed-leader", "second");
  std::set<std::string> renewals;
  CHECK(WaitUntil(
      [&] {
        renewals.insert(server.Get(std::string(kLeases) + "/killed-leader").json["spec"]["renewTime"].get<std::string>());
        return renewals.size() == 4;
      },
      kPatience));
  CHECK(HolderOf(server, "killed-leader") == "first");
  CHECK(second.process.Output().empty());
  first.process.Kill();
  CHECK(second.Leads());
  CHECK(HolderOf(server, "killed-leader") == "second");
  CHECK(server.Get(std::string(kLeases) + "/killed-leader").json["spec"]["leaseTransitions"] == 1);
  second.process.Signal(SIGTERM);
  CHECK(second.process.Wait(kPatience) == 0);
  CHECK(HolderOf(server, "killed-leader").empty());
}

TEST_CASE("A leader that stood still for longer than its Lease ends when it goes on", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  CandidateProcess first(server, "still-leader", "first");
  REQUIRE(first.Leads());
  CandidateProcess second(server, "still-leader", "second");
  first.process.Pause();
  CHECK(second.Leads());
  first.process.Signal(SIGCONT);
  CHECK(first.process.Wait(kPatience) == 3);
  CHECK_THAT(first.process.Output(), Catch::Contains("lost: "));
  CHECK(HolderOf(server, "still-leader") == "second");
}

TEST_CASE("A leader without an API server ends in time, and leads again when started anew", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  {
    CandidateProcess leader(server, "server-gone", "first");
    REQUIRE(leader.Leads());
    server.Stop();
    CHECK(leader.process.Wait(kPatience) == 3);
  }
  server.Start();
  CandidateProcess next(server, "server-gone", "next");
  CHECK(next.Leads());
}

// ── Being sent away ──

TEST_CASE("A server that is too busy is asked again when it says so", "[apiserver]") {
  // One request at a time; admins are never sent away, so that it is asked as alice.
  ApiServer server({{"--enable-priority-and-fairness=false", "--max-requests-inflight=1", "--max-mutating-requests-inflight=1"}});
  auto access = ClusterAccess::FromKubeconfig(server.kubeconfig(), "alice");
  if (!access) FAIL(access.error().message);
  const auto client = ConnectOrFail(*access);
  const auto sent_away = [&] {
    const std::string metrics = server.Get("/metrics").text;
    return metrics.find("code=\"429\"") != std::string::npos;
  };
  std::atomic<int> failed = 0;
  CHECK(WaitUntil(
      [&] {
        std::vector<std::jthread> askers;
        for (int i = 0; i < 8; ++i) {
          askers.emplace_back([&] {
            const auto listed = client->Get(kConfigMaps, Soon());
            if (!listed) ++failed;
          });
        }
        askers.clear();
        return sent_away();
      },
      kPatience));
  // Eight that come back together after the second that they were told meet again: three tries may not do for each.
  CHECK(failed <= 8);
  CHECK(client->Get(kConfigMaps, Soon()).has_value());
  Informer<std::string> informer(*client, ConfigMapWatch(), {.decode = ColorOf});
  CHECK(WaitUntil([&] { return informer.synced(); }, kPatience));
}

TEST_CASE("A token that ends is replaced by the one that lies in its place", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  REQUIRE(server
              .Request("POST", "/api/v1/namespaces/default/serviceaccounts",
                       R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"rotated"}})")
              .status == 201);
  REQUIRE(server
              .Kubectl(
                  {"create", "clusterrolebinding", "rotated", "--clusterrole=system:aggregate-to-view", "--serviceaccount=default:rotated"})
              .exit == 0);
  // A token that is bound to a Secret ends with it.
  const auto token_for = [&](const std::string& secret) {
    const auto made = server.Request("POST", "/api/v1/namespaces/default/secrets",
                                     json{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", secret}}}}.dump());
    REQUIRE(made.status == 201);
    const json bound{{"kind", "Secret"}, {"apiVersion", "v1"}, {"name", secret}, {"uid", made.json["metadata"]["uid"]}};
    const auto token = server.Request(
        "POST", "/api/v1/namespaces/default/serviceaccounts/rotated/token",
        json{{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"spec", {{"boundObjectRef", bound}}}}.dump());
    INFO(token.text);
    REQUIRE(token.status == 201);
    return token.json["status"]["token"].get<std::string>();
  };
  const TemporaryDirectory folder;
  const std::string first = token_for("token-1");
  ClusterAccess access;
  access.server = server.url();
  access.ca_file = server.ca_file();
  access.token_file = folder.Write("token", first);
  const auto client = ConnectOrFail(access), admin = AdminClient(server);
  Painters painters(*admin);
  const Informer<std::string> informer(*client, ConfigMapWatch(), {.decode = ColorOf});
  CHECK(WaitUntil([&] { return informer.synced(); }, kPatience));

  folder.Write("token", token_for("token-2"));
  REQUIRE(server.Request("DELETE", "/api/v1/namespaces/default/secrets/token-1").status == 200);
  server.Restart();  // forgets that the first token was good, which it else remembers for some seconds, and ends the watch
  ClusterAccess old = access;
  old.token_file.clear();
  old.token = first;
  const auto refused = ConnectOrFail(old)->Get(kConfigMaps, Soon());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kDenied);
  CHECK(client->Get(kConfigMaps, Soon()).has_value());
  painters.Paint("after-rotation", "red");
  CHECK(Shows(informer, "after-rotation", "red"));
  painters.Remove("after-rotation");
}

// ── Events ──

TEST_CASE("Events that repeat are one series, as kubectl shows it", "[apiserver]") {
  ApiServer& server = ApiServer::Shared();
  const auto client = AdminClient(server);
  Painters painters(*client);
  painters.Paint("drifting", "red");
  const json object = server.Get(std::string(kConfigMaps) + "/drifting").json;
  SteadyClock clock;
  const SystemClock wall;
  EventRecorderOptions options;
  options.controller = "hullwright.dev/test";
  options.instance = "test-1";
  options.look_at_series = milliseconds(20);
  options.series.finish = milliseconds(300);
  EventRecorder recorder(*client, options, clock, wall);
  const Event drift{{"v1", "ConfigMap", "default", "drifting", object["metadata"]["uid"], object["metadata"]["resourceVersion"]},
                    EventSeverity::kWarning,
                    "Drift",
                    "Restore",
                    "somebody changed the color"};
  for (int i = 0; i < 5; ++i) recorder.Record(drift);
  REQUIRE(recorder.Flush(kPatience));
  const auto listed = [&] {
    const auto got = server.Kubectl({"get", "events.events.k8s.io", "--namespace=default", "--output=json"});
    const json all = json::parse(got.out);
    json mine = json::array();
    for (const json& event : all["items"]) {
      if (event["regarding"].value("name", "") == "drifting") mine.push_back(event);
    }
    return mine;
  };
  CHECK(WaitUntil(
      [&] {
        const json events = listed();
        return events.size() == 1 && events[0].contains("series") && events[0]["series"]["count"] == 5;
      },
      kPatience));
  const json events = listed();
  REQUIRE(events.size() == 1);
  CHECK(events[0]["reason"] == "Drift");
  CHECK(events[0]["reportingController"] == "hullwright.dev/test");
  CHECK(recorder.status().dropped == 0);
  CHECK(recorder.status().last_error.empty());
  const auto described = server.Kubectl({"describe", "configmap", "drifting"});
  CHECK_THAT(described.out, Catch::Contains("Drift") && Catch::Contains("somebody changed the color"));

  // What the server refuses is dropped, and nobody is held up.
  Event impossible = drift;
  impossible.regarding.namespace_ = "no-such-namespace";
  recorder.Record(impossible);
  REQUIRE(recorder.Flush(kPatience));
  CHECK(recorder.status().dropped == 1);
  CHECK_FALSE(recorder.status().last_error.empty());
  painters.Remove("drifting");
}

}  // namespace
}  // namespace hullwright::kube
