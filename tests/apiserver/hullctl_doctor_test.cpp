// hullctl doctor and support-bundle against the real API server: nothing installed, installed by hand, and one fault after the other.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "apiserver/own_kinds.h"
#include "base/base64.h"
#include "base/rfc3339.h"
#include "support/certificates.h"
#include "support/temporary_directory.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

constexpr const char* kHost = "hullwright-webhook.hullwright-system.svc";
constexpr const char* kSystem = "/namespaces/hullwright-system/";
constexpr const char* kPlanted = "PLANTEDPLANTED";

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Examined {
  int exit = 0;
  json document;

  Names With(std::string_view outcome) const {
    Names names;
    for (const json& check : document["checks"]) {
      if (check["outcome"] == outcome) names.insert(check["name"].get<std::string>());
    }
    return names;
  }
  std::string Said(std::string_view name) const {
    for (const json& check : document["checks"]) {
      if (check["name"] == name) return check.dump(1);
    }
    return "";
  }
};

Examined Examine(const ApiServer& server, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"doctor", "--kubeconfig", server.kubeconfig(), "-o", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto run = Run(ProgramPath("hullctl"), arguments);
  INFO(run.err);
  REQUIRE_FALSE(run.out.empty());
  return {run.exit, json::parse(run.out)};
}

void Must(const ProcessResult& result) {
  INFO(result.err);
  REQUIRE(result.exit == 0);
}

void Must(const ApiServerReply& reply) {
  INFO(reply.text.substr(0, 2'000));
  REQUIRE(reply.status / 100 == 2);
}

ApiServerReply Merge(ApiServer& server, const std::string& path, const json& patch) {
  return server.Request("PATCH", path, patch.dump(), Identity::Admin(), "application/merge-patch+json");
}

// Installed as docs/install-by-hand.md says, with a certificate of a CA of the test. No kubelet: no Pod ever runs.
class InstalledByHand {
 public:
  InstalledByHand(ApiServer& server, const TemporaryDirectory& folder) : server_(server), folder_(folder), authority_(folder.path(), "ca") {
    Must(server.Kubectl({"apply", "-f", SourcePath("crds")}));
    Must(server.Kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", SourcePath("crds")}));
    Must(server.Kubectl({"apply", "-f", SourcePath("docs/install/rbac.yaml")}));
    PutCertificate(std::chrono::hours(24 * 90));
  }

  void RegisterHooks() {
    std::string text = ReadText(SourcePath("docs/install/webhooks.yaml"));
    const std::string bundle = EncodeBase64(ReadText(authority_.ca_file()));
    for (std::size_t at = text.find("Cg=="); at != std::string::npos; at = text.find("Cg==", at + bundle.size()))
      text.replace(at, 4, bundle);
    Must(server_.Kubectl({"apply", "-f", "-"}, text));
  }
  void TakeHooksAway() { Must(server_.Kubectl({"delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", "hullwright"})); }

  void PutCertificate(std::chrono::seconds lifetime) {
    const auto files = authority_.MintServer("leaf", {.dns = {kHost}, .ip = {}}, lifetime);
    server_.Request("DELETE", std::string("/api/v1") + kSystem + "secrets/hullwright-webhook-tls");
    Must(server_.Kubectl({"-n", "hullwright-system", "create", "secret", "tls", "hullwright-webhook-tls", "--cert", files.certificate_file,
                          "--key", files.key_file}));
  }

  // A Deployment of which a test says that its Pods are ready.
  void DeployWebhook(const std::string& annotation = "") {
    const json deployment{
        {"apiVersion", "apps/v1"},
        {"kind", "Deployment"},
        {"metadata", {{"name", "hullwright-webhook"}, {"namespace", "hullwright-system"}, {"annotations", {{"note", annotation}}}}},
        {"spec",
         {{"replicas", 3},
          {"selector", {{"matchLabels", {{"app", "webhook"}}}}},
          {"template",
           {{"metadata", {{"labels", {{"app", "webhook"}}}}},
            {"spec",
             {{"containers",
               {{{"name", "webhook"},
                 {"image", "registry.example/hullwright/webhook:1"},
                 {"env", {{{"name", "A"}, {"value", kPlanted}}}}}}}}}}}}}};
    Must(server_.Kubectl({"apply", "-f", "-"}, deployment.dump()));
    Must(Merge(server_, std::string("/apis/apps/v1") + kSystem + "deployments/hullwright-webhook/status",
               {{"status", {{"replicas", 3}, {"readyReplicas", 3}}}}));
  }

  const CertificateAuthority& authority() const { return authority_; }

 private:
  ApiServer& server_;
  const TemporaryDirectory& folder_;
  CertificateAuthority authority_;
};

std::string HooksPath(const std::string& sort) {
  return "/apis/admissionregistration.k8s.io/v1/" + sort + "webhookconfigurations/hullwright";
}

json FirstHookWith(ApiServer& server, const std::string& sort, const std::string& member, const json& value) {
  json hooks = server.Get(HooksPath(sort)).json["webhooks"];
  if (member == "caBundle") {
    hooks[0]["clientConfig"]["caBundle"] = value;
  } else {
    hooks[0][member] = value;
  }
  return {{"webhooks", hooks}};
}

// What a fault adds to the checks with a problem.
Names Added(const Examined& before, const Examined& after) {
  const Names had = before.With("problem"), has = after.With("problem");
  Names added;
  std::ranges::set_difference(has, had, std::inserter(added, added.end()));
  return added;
}

void TryFaultsOfHooks(ApiServer& server, InstalledByHand& installed, const TemporaryDirectory& folder, const Examined& sound) {
  const std::string path = HooksPath("validating");
  const json hooks{{"webhooks", server.Get(path).json["webhooks"]}};
  Must(Merge(server, path, FirstHookWith(server, "validating", "failurePolicy", "Ignore")));
  CHECK(Added(sound, Examine(server)) == Names{"hooks"});
  Must(Merge(server, path, hooks));

  const CertificateAuthority other(folder.path(), "other");
  Must(Merge(server, path, FirstHookWith(server, "validating", "caBundle", EncodeBase64(ReadText(other.ca_file())))));
  const Examined wrong_bundle = Examine(server);
  CHECK(Added(sound, wrong_bundle) == Names{"certificates"});
  CHECK_THAT(wrong_bundle.Said("certificates"), Catch::Contains("does not lead to a CA of the bundle"));
  Must(Merge(server, path, hooks));

  installed.PutCertificate(std::chrono::seconds(-10));
  const Examined expired = Examine(server);
  CHECK(Added(sound, expired) == Names{"certificates"});
  CHECK_THAT(expired.Said("certificates"), Catch::Contains("has expired"));
  installed.PutCertificate(std::chrono::hours(24 * 90));
}

void TryFaultsOfPermissionsAndKinds(ApiServer& server, const Examined& sound) {
  Must(server.Kubectl({"delete", "clusterrolebinding", "hullwright-webhook"}));
  const Examined without = Examine(server);
  CHECK(Added(sound, without) == Names{"webhook-permissions"});
  CHECK_THAT(without.Said("webhook-permissions"), Catch::Contains("may not list *.hullwright.dev"));
  Must(server.Kubectl({"create", "clusterrolebinding", "hullwright-webhook", "--clusterrole", "cluster-admin", "--serviceaccount",
                       "hullwright-system:hullwright-webhook"}));
  const Examined too_much = Examine(server);
  CHECK(Added(sound, too_much) == Names{"webhook-permissions"});
  CHECK_THAT(too_much.Said("webhook-permissions"), Catch::Contains("may list secrets, which it does not need"));
  Must(server.Kubectl({"delete", "clusterrolebinding", "hullwright-webhook"}));
  Must(server.Kubectl({"apply", "-f", SourcePath("docs/install/rbac.yaml")}));

  Must(server.Kubectl(
      {"patch", "crd", "registries.hullwright.dev", "--type=json", "-p",
       R"([{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/extra", "value": {"type": "string"}}])"}));
  const Examined drifted = Examine(server);
  CHECK(Added(sound, drifted) == Names{"kinds"});
  CHECK_THAT(drifted.Said("kinds"), Catch::Contains("properties.extra differs"));
  Must(server.Kubectl({"patch", "crd", "registries.hullwright.dev", "--type=json", "-p",
                       R"([{"op": "remove", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/extra"}])"}));
}

void TryTheSwitch(ApiServer& server) {
  json wanted{{"apiVersion", "v1"},
              {"kind", "ConfigMap"},
              {"metadata", {{"name", "hullwright-webhook-configuration"}, {"namespace", "hullwright-system"}}}};
  for (const char* sort : {"validating", "mutating"}) {
    json hooks = server.Get(HooksPath(sort)).json["webhooks"];
    for (json& hook : hooks) hook["clientConfig"].erase("caBundle");
    wanted["data"][std::string(sort) + ".yaml"] = json{{"webhooks", hooks}}.dump();
  }
  const std::string path = std::string("/api/v1") + kSystem + "configmaps";
  Must(server.Request("POST", path, wanted.dump()));
  const Examined on = Examine(server);
  CHECK_FALSE(on.With("problem").contains("hooks"));
  CHECK(on.With("ok").contains("gate-switch"));
  Must(server.Kubectl({"-n", "hullwright-system", "annotate", "configmap", "hullwright-webhook-configuration", "hullwright.dev/gate=off"}));
  for (const char* sort : {"validating", "mutating"}) Must(Merge(server, HooksPath(sort), {{"webhooks", json::array()}}));
  const Examined off = Examine(server);
  CHECK(Added(on, off) == Names{"gate-switch"});
  CHECK_THAT(off.Said("gate-switch"), Catch::Contains("hullwright.dev/gate-"));
  Must(server.Request("DELETE", path + "/hullwright-webhook-configuration"));
}

void TryFaultsOfObjects(ApiServer& server) {
  const Examined before = Examine(server);
  const std::string group = "/apis/hullwright.dev/v1alpha1/";
  Must(server.Request(
      "POST", group + "clusterimageadmissionpolicies",
      R"({"apiVersion":"hullwright.dev/v1alpha1","kind":"ClusterImageAdmissionPolicy","metadata":{"name":"broken"},"spec":{"surprise":1,)"
      R"("enforcement":{"newImages":"Deny"},"rules":{"reference":{"digest":"FromAuthor"}}}})"));
  const Examined broken = Examine(server);
  CHECK(Added(before, broken) == Names{"objects"});
  CHECK_THAT(broken.Said("objects"), Catch::Contains("spec.surprise"));
  Must(server.Request("DELETE", group + "clusterimageadmissionpolicies/broken"));

  Must(server.Request(
      "POST", group + "clusterimageadmissionpolicies",
      R"({"apiVersion":"hullwright.dev/v1alpha1","kind":"ClusterImageAdmissionPolicy","metadata":{"name":"fresh"},"spec":{"enforcement":{"newImages":)"
      R"("Deny"},"rules":{"vulnerabilities":{"forbid":[{"name":"critical","severities":["Critical"]}],"scan":{"maxAgeHours":24}}}}})"));
  const std::string digits(64, '7');
  const json scan{{"apiVersion", "hullwright.dev/v1alpha1"},
                  {"kind", "ImageScan"},
                  {"metadata", {{"name", "sha256-" + digits}}},
                  {"spec", {{"digest", "sha256:" + digits}}}};
  Must(server.Request("POST", group + "imagescans", scan.dump()));
  const std::string long_ago = FormatRfc3339(std::chrono::floor<std::chrono::seconds>(SystemClock().Now()) - std::chrono::hours(100));
  Must(Merge(
      server, group + "imagescans/sha256-" + digits + "/status",
      {{"status",
        {{"results", {{{"scannerRef", {{"name", "trivy"}}}, {"scannedAt", long_ago}, {"source", "Import"}, {"outcome", "Complete"}}}}}}}));
  const Examined old = Examine(server);
  CHECK(Added(before, old) == Names{"scans"});
  CHECK_THAT(old.Said("scans"), Catch::Contains("ScanStale"));
}

}  // namespace

TEST_CASE("doctor finds nothing installed, an installation by hand sound where it can be, and each fault by its own check",
          "[cli][apiserver]") {
  ApiServer server;
  const TemporaryDirectory folder;

  const Examined nothing = Examine(server);
  CHECK(nothing.exit == 1);
  CHECK(nothing.With("ok").contains("api-server"));
  CHECK(nothing.With("ok").contains("clock"));
  CHECK(nothing.With("ok").contains("permissions"));
  const Names missing = nothing.With("problem");
  for (const char* name : {"kinds", "webhook-permissions", "operator-permissions", "certificates", "gate-switch", "hooks", "webhook-pods",
                           "operator-pods", "objects"}) {
    CAPTURE(name);
    CHECK(missing.contains(name));
  }
  for (const json& check : nothing.document["checks"]) {
    for (const json& finding : check["findings"]) CHECK(finding["remedy"].get<std::string>().empty() == (finding["outcome"] == "ok"));
  }

  InstalledByHand installed(server, folder);
  TryFaultsOfObjects(server);  // before the hooks, behind which nobody answers here
  installed.RegisterHooks();
  installed.DeployWebhook();
  Must(server.Request("DELETE", "/apis/hullwright.dev/v1alpha1/clusterimageadmissionpolicies/fresh"));
  const Examined sound = Examine(server);
  CAPTURE(sound.document.dump(1));
  CHECK(sound.With("problem") == Names{});
  CHECK(sound.With("could-not-tell") == Names{"webhook-pods"});  // no Pod answers
  CHECK(sound.exit == 2);
  TryFaultsOfHooks(server, installed, folder, sound);
  TryFaultsOfPermissionsAndKinds(server, sound);

  const Examined trial = Examine(server, {"--try-admission", "default"});
  CHECK(Added(sound, trial) == Names{"admission"});
  CHECK_THAT(trial.Said("admission"), Catch::Contains("failed calling webhook"));
  TryTheSwitch(server);
  installed.TakeHooksAway();
  const Examined open = Examine(server, {"--try-admission", "default"});
  CHECK(open.With("problem").contains("admission"));
  CHECK_THAT(open.Said("admission"), Catch::Contains("was admitted in namespace default"));

  // Somebody who may do nothing is told that nobody could tell.
  const Examined alice = Examine(server, {"--context", "alice"});
  CHECK(alice.With("could-not-tell").contains("permissions"));
  CHECK_FALSE(alice.With("ok").contains("hooks"));
}

TEST_CASE("a support bundle of a real cluster has all parts and none of the secrets in it", "[cli][apiserver]") {
  ApiServer server;
  const TemporaryDirectory folder;
  InstalledByHand installed(server, folder);
  installed.RegisterHooks();
  installed.DeployWebhook(std::string("password=") + kPlanted);
  Must(server.Kubectl(
      {"-n", "hullwright-system", "create", "secret", "generic", "pull", std::string("--from-literal=password=") + kPlanted}));
  Must(server.Kubectl(
      {"apply", "-f", "-"},
      std::string(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"hullwright-webhook-configuration","namespace":)"
                  R"("hullwright-system"},"data":{"token":")") +
          kPlanted + R"("}})"));
  const std::string file = (folder.path() / "bundle.tar.gz").string();
  const auto run = Run(ProgramPath("hullctl"), {"support-bundle", "--kubeconfig", server.kubeconfig(), "--out", file});
  CAPTURE(run.out, run.err);
  CHECK(run.exit == 2);  // nobody tells metrics here
  Must(Run("tar", {"-xzf", file, "-C", folder.path().string()}));
  const auto unpacked = folder.path() / "hullwright-support";
  std::set<std::string> paths;
  const std::string key = ReadText((folder.path() / "leaf.key").string()).substr(40, 60),
                    key_in_base64 = EncodeBase64(ReadText((folder.path() / "leaf.key").string())).substr(60, 60);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(unpacked)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = std::filesystem::relative(entry.path(), unpacked).string(), text = ReadText(entry.path().string());
    CAPTURE(path);
    paths.insert(path);
    CHECK_FALSE(text.contains(kPlanted));
    CHECK_FALSE(text.contains(EncodeBase64(kPlanted)));
    CHECK_FALSE(text.contains(key));
    CHECK_FALSE(text.contains(key_in_base64));
  }
  for (const char* path : {"index.json", "doctor.json", "versions.json", "cluster/validatingwebhookconfigurations.json",
                           "objects/imagescans.json", "namespace/deployments.json", "namespace/wanted-hooks.json", "namespace/events.json"})
    CHECK(paths.contains(path));
  const json index = json::parse(ReadText((unpacked / "index.json").string()));
  CHECK(std::ranges::any_of(index["leftOut"], [](const json& entry) { return entry["what"] == "metrics of a webhook Pod"; }));
}

}  // namespace hullwright::testing
