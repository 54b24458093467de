// The real hullwright-operator against the real API server, with the real hullwright-webhook behind the hooks that it registers.
#include <catch2/catch.hpp>
#include <csignal>
#include <mutex>

#include "operator/release.h"
#include "support/free_port.h"

namespace hullwright::test {
namespace {

using namespace std::chrono_literals;
using testing::WaitUntil;

const std::vector<std::string> kLongLives = {"--leaf-lifetime", "24h", "--ca-lifetime", "72h"};

bool CanRun() {
  if (!OwnAddress().empty()) return true;
  WARN("skipped: this machine has no address but loopback, which an EndpointSlice may not have");
  return false;
}

// The operator of a test, ended with it; the release stays.
struct RunningOperator {
  explicit RunningOperator(const std::vector<std::string>& further = kLongLives)
      : port(testing::FreePort()), process(Release::Get().StartOperator(further, port)) {}
  // Gives the Lease back, so that the next need not wait for its end.
  ~RunningOperator() {
    process->Signal(SIGTERM);
    if (!process->Wait(kPatience)) WARN("hullwright-operator does not end: " + process->Errors());
  }
  RunningOperator(RunningOperator&&) = delete;

  std::uint16_t port;
  std::unique_ptr<testing::Process> process;
};

// A running operator, and the hooks registered and called.
void RequireRegistered(RunningOperator& running) {
  Release& release = Release::Get();
  release.StartWebhook();
  std::string last;
  const bool registered = WaitUntil([&] { return release.BothRegistered() && (last = release.Probe()).empty(); }, kPatience);
  INFO(last);
  INFO(running.process->Errors());
  REQUIRE(registered);
}

TEST_CASE("A first start makes both Secrets, and registers the hooks once a webhook answers", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  REQUIRE(WaitUntil([&] { return !release.SecretEntry("hullwright-webhook-tls", "tls.crt").empty(); }, kPatience));
  CHECK(release.SecretEntry("hullwright-webhook-tls", "ca.crt") == release.SecretEntry("hullwright-ca", "tls.crt"));
  CHECK(release.SecretEntry("hullwright-webhook-tls", "tls.key") != release.SecretEntry("hullwright-ca", "tls.key"));
  // Nothing answers yet.
  CHECK(WaitUntil([&] { return release.HasEvent("WebhookNotAnswering"); }, kPatience));
  CHECK(release.HookCount("validating") == 0);
  CHECK(release.HookCount("mutating") == 0);
  RequireRegistered(running);
  CHECK(WaitUntil([&] { return release.HasEvent("WebhookConfigurationApplied"); }, kPatience));
  CHECK(WaitUntil([&] { return MetricsOf(running.port).find("hullwright_operator_leader 1") != std::string::npos; }, kPatience));
  // A stop gives the Lease back.
  running.process->Signal(SIGTERM);
  CHECK(running.process->Wait(kPatience) == 0);
  CHECK(release.Holder().empty());
}

TEST_CASE("What somebody changes in the live configurations is restored", "[operator][attack-69]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  RequireRegistered(running);
  const Json wanted = release.Configuration("validating")["webhooks"];
  const auto change = [&](const std::string& what, auto&& edit) {
    INFO(what);
    Json hooks = release.Configuration("validating")["webhooks"];
    edit(hooks);
    release.Patch(kHooksPath + "validatingwebhookconfigurations/hullwright", {{"webhooks", hooks}});
    const bool restored = WaitUntil([&] { return release.Configuration("validating")["webhooks"] == wanted; }, kPatience);
    INFO(running.process->Errors());
    CHECK(restored);
  };
  change("another failure policy", [](Json& hooks) { hooks[0]["failurePolicy"] = "Ignore"; });
  change("a condition that never holds", [](Json& hooks) { hooks[0]["matchConditions"] = {{{"name", "never"}, {"expression", "false"}}}; });
  change("a selector", [](Json& hooks) { hooks[0]["objectSelector"] = {{"matchLabels", {{"judge", "me"}}}}; });
  change("no rules", [](Json& hooks) { hooks[0]["rules"] = Json::array(); });
  change("another CA", [](Json& hooks) { hooks[0]["clientConfig"]["caBundle"] = "Cg=="; });
  change("another address", [](Json& hooks) { hooks[0]["clientConfig"]["service"]["name"] = "elsewhere"; });
  change("one hook less", [](Json& hooks) { hooks.erase(0); });
  change("no hooks", [](Json& hooks) { hooks = Json::array(); });
  CHECK(WaitUntil([&] { return release.HasEvent("WebhookConfigurationDrift"); }, kPatience));
  CHECK(MetricsOf(running.port).find("hullwright_operator_webhook_configuration_drift_total{configuration=\"validating\"}") !=
        std::string::npos);
}

TEST_CASE("A deleted configuration is made again", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  RequireRegistered(running);
  for (const std::string kind : {"validating", "mutating"}) {
    CHECK(release.server().Request("DELETE", kHooksPath + kind + "webhookconfigurations/hullwright").status == 200);
  }
  CHECK(WaitUntil([&] { return release.BothRegistered() && release.Probe().empty(); }, kPatience));
}

TEST_CASE("The off switch removes every hook until it is taken away", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  RequireRegistered(running);
  const std::string config_map = kNamespacePath + "/configmaps/hullwright-webhook-configuration";
  const auto switch_gate = [&](const Json& value) {
    release.Patch(config_map, {{"metadata", {{"annotations", {{"hullwright.dev/gate", value}}}}}});
  };
  switch_gate("off");
  CHECK(WaitUntil([&] { return release.HookCount("validating") + release.HookCount("mutating") == 0; }, kPatience));
  const bool told = WaitUntil([&] { return release.HasEvent("GateOff"); }, kPatience);
  INFO(running.process->Errors());
  CHECK(told);
  CHECK(WaitUntil([&] { return MetricsOf(running.port).find("hullwright_operator_gate_off 1") != std::string::npos; }, kPatience));
  switch_gate(nullptr);
  CHECK(WaitUntil([&] { return release.BothRegistered() && release.Probe().empty(); }, kPatience));
  CHECK(WaitUntil([&] { return release.HasEvent("GateOn"); }, kPatience));
}

TEST_CASE("A ConfigMap that nobody can use leaves the live hooks as they are", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  RequireRegistered(running);
  const std::string path = kNamespacePath + "/configmaps/hullwright-webhook-configuration";
  const Json before = release.Read(path)["data"], hooks = release.Configuration("validating")["webhooks"];
  release.Patch(path, {{"data", {{"validating.yaml", "webhooks: ["}}}});
  CHECK(WaitUntil([&] { return release.HasEvent("WebhookConfigurationInvalid"); }, kPatience));
  // Well formed, but nothing that an API server takes.
  Json refused = Json::parse(before["validating.yaml"].get<std::string>());
  refused["webhooks"][0]["timeoutSeconds"] = 3000;
  release.Patch(path, {{"data", {{"validating.yaml", refused.dump()}}}});
  const auto invalid = [&] {
    const std::string metrics = MetricsOf(running.port), name = "hullwright_operator_webhook_configuration_invalid_total ";
    const auto at = metrics.find("\n" + name);
    return at != std::string::npos && std::stod(metrics.substr(at + 1 + name.size())) >= 2;
  };
  CHECK(WaitUntil(invalid, kPatience));
  CHECK(release.Configuration("validating")["webhooks"] == hooks);
  CHECK(release.Probe().empty());
  release.Patch(path, {{"data", before}});
  CHECK(
      WaitUntil([&] { return MetricsOf(running.port).find("in_force{configuration=\"validating\"} 1") != std::string::npos; }, kPatience));
}

TEST_CASE("When the leader is killed the other operator takes over", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator first;
  RequireRegistered(first);
  const std::string holder = release.Holder();
  RunningOperator second;
  REQUIRE(second.process->WaitForText("waiting to lead", kPatience));
  first.process->Kill();
  CHECK(WaitUntil([&] { return !release.Holder().empty() && release.Holder() != holder; }, kPatience));
  release.Patch(kHooksPath + "mutatingwebhookconfigurations/hullwright", {{"webhooks", Json::array()}});
  const bool restored = WaitUntil([&] { return release.BothRegistered(); }, kPatience);
  INFO(second.process->Errors());
  CHECK(restored);
}

Json ReadyOf(const std::string& path) {
  const Json object = Release::Get().Read(path);
  if (!object.is_object() || !object.contains("status") || !object["status"].contains("conditions")) return Json::object();
  return object["status"]["conditions"][0];
}

TEST_CASE("The status of our own objects says whether they are in force, and why not", "[operator]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  RunningOperator running;
  const std::string group = "/apis/hullwright.dev/v1alpha1/";
  const auto reason = [&](const std::string& path, const std::string& wanted) {
    const bool told = WaitUntil([&] { return ReadyOf(group + path).value("reason", "") == wanted; }, kPatience);
    INFO(path << ": " << ReadyOf(group + path).dump() << running.process->Errors());
    CHECK(told);
  };
  reason("clusterimageadmissionpolicies/ok", "InForce");
  CHECK(ReadyOf(group + "clusterimageadmissionpolicies/ok")["observedGeneration"] == 1);
  const auto create = [&](const std::string& plural, const Json& object) {
    const auto reply = release.server().Request("POST", group + plural, object.dump());
    INFO(reply.text);
    REQUIRE(reply.status == 201);
  };
  create("clusterimageadmissionpolicies", {{"apiVersion", "hullwright.dev/v1alpha1"},
                                           {"kind", "ClusterImageAdmissionPolicy"},
                                           {"metadata", {{"name", "signed"}}},
                                           {"spec",
                                            {{"match", {{"images", {"registry.example/signed/**"}}}},
                                             {"enforcement", {{"newImages", "Deny"}}},
                                             {"rules", {{"publishers", {{"refs", {{{"name", "acme"}}}}}}}}}}});
  reason("clusterimageadmissionpolicies/signed", "ReferenceMissing");
  create("trustedpublishers",
         {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "TrustedPublisher"},
          {"metadata", {{"name", "acme"}}},
          {"spec", {{"displayName", "Acme"}, {"repositories", {"registry.example/**"}}, {"verification", "NameOnly"}}}});
  reason("trustedpublishers/acme", "InForce");
  reason("clusterimageadmissionpolicies/signed", "InForce");
  // Nothing more is written while nothing changes.
  const std::string version = release.Read(group + "trustedpublishers/acme")["metadata"]["resourceVersion"];
  create("namespaces/default/breakglasses", {{"apiVersion", "hullwright.dev/v1alpha1"},
                                             {"kind", "BreakGlass"},
                                             {"metadata", {{"name", "tonight"}, {"namespace", "default"}}},
                                             {"spec",
                                              {{"policyRefs", {{{"name", "ok"}}}},
                                               {"images", {"registry.example/ok/app@sha256:" + std::string(64, 'a')}},
                                               {"reason", "a test"},
                                               {"ticket", "T-1"},
                                               {"durationSeconds", 60}}}});
  const std::string break_glass = "namespaces/default/breakglasses/tonight";
  reason(break_glass, "InForce");
  reason(break_glass, "Expired");
  CHECK(release.Read(group + "trustedpublishers/acme")["metadata"]["resourceVersion"] == version);
}

// Asks without a pause, until it is stopped.
class Load {
 public:
  Load() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  int calls() const { return calls_; }
  std::vector<std::string> Failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::string failure;
      try {
        failure = Release::Get().Probe();
      } catch (const std::exception& error) {
        failure = error.what();
      }
      ++calls_;
      if (failure.empty()) continue;
      const std::lock_guard lock(mutex_);
      if (failures_.size() < 5) failures_.push_back(failure);
    }
  }

  std::atomic<int> calls_ = 0;
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::jthread thread_;  // last: works on the above
};

TEST_CASE("Lost Secrets, then a new certificate, then a new CA: no call fails", "[operator][rotation]") {
  if (!CanRun()) return;
  Release& release = Release::Get();
  {
    RunningOperator before;
    RequireRegistered(before);
  }
  Load load;
  const std::string lost_ca = release.SecretEntry("hullwright-ca", "tls.crt");
  for (const std::string name : {"hullwright-ca", "hullwright-webhook-tls"}) {
    CHECK(release.server().Request("DELETE", kNamespacePath + "/secrets/" + name).status == 200);
  }
  RunningOperator running({"--leaf-lifetime", "45s", "--ca-lifetime", "135s"});
  const auto entry_other_than = [&](const std::string& secret, const std::string& known) {
    return WaitUntil(
        [&] {
          const std::string now = release.SecretEntry(secret, "tls.crt");
          return !now.empty() && now != known;
        },
        4 * kPatience);
  };
  REQUIRE(entry_other_than("hullwright-ca", lost_ca));
  const std::string first_ca = release.SecretEntry("hullwright-ca", "tls.crt");
  CHECK(release.SecretEntry("hullwright-ca", "ca.crt") == first_ca + lost_ca);
  REQUIRE(entry_other_than("hullwright-webhook-tls", ""));
  const std::string first_leaf = release.SecretEntry("hullwright-webhook-tls", "tls.crt");
  REQUIRE(entry_other_than("hullwright-webhook-tls", first_leaf));
  REQUIRE(entry_other_than("hullwright-ca", first_ca));
  const std::string second_ca = release.SecretEntry("hullwright-ca", "tls.crt");
  // The old one leaves once nothing needs it.
  CHECK(release.SecretEntry("hullwright-ca", "ca.crt").starts_with(second_ca));
  const bool retired =
      WaitUntil([&] { return release.SecretEntry("hullwright-ca", "ca.crt").find(first_ca) == std::string::npos; }, 4 * kPatience);
  INFO(running.process->Errors());
  CHECK(retired);
  CHECK(load.calls() > 100);
  CHECK(load.Failures() == std::vector<std::string>{});
}

}  // namespace
}  // namespace hullwright::test
