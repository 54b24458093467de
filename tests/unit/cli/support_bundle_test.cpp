// hullctl support-bundle: what is in it, what is not, and that no secret that was planted anywhere leaves the cluster.
#include "cli/support_bundle.h"

#include <catch2/catch.hpp>

#include "unit/cli/fake_cluster.h"
#include "unit/cli/unpacked.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

constexpr const char* kPlanted = "PLANTEDPLANTED";

struct Unpacked {
  std::map<std::string, std::string> files;
  StoredObject index;
  Bundle bundle;

  std::string WhyLeftOut(std::string_view what) const {
    for (const auto& entry : index["leftOut"]) {
      if (entry["what"].get<std::string>().contains(what)) return entry["why"];
    }
    return "";
  }
};

Unpacked Gather(InstalledCluster& installed, BundleLimits limits = {}) {
  ClusterView view(installed.cluster, std::chrono::steady_clock::now() + std::chrono::minutes(1));
  Installation installation(view, {}, installed.clock);
  Unpacked unpacked{{}, {}, Bundle(limits)};
  GatherBundle(installation, unpacked.bundle);
  const auto packed = unpacked.bundle.Pack("bundle", {{"schema", "test"}}, installation.now());
  REQUIRE(packed);
  const std::vector<ArchivedFile> files = Unpack(*packed);
  CHECK(files.front().path == "bundle/index.json");
  for (const ArchivedFile& file : files) unpacked.files[file.path.substr(7)] = file.bytes;
  unpacked.index = StoredObject::parse(unpacked.files.at("index.json"));
  return unpacked;
}

// A Pod of the webhook with a log, restarted once.
void StartPod(InstalledCluster& installed, const std::string& log) {
  installed.cluster.objects["/api/v1" + kInNamespace + "pods/hullwright-webhook-1"] = {
      {"metadata", {{"name", "hullwright-webhook-1"}}},
      {"spec",
       {{"imagePullSecrets", {{{"name", "pull"}}}},
        {"containers", {{{"name", "webhook"}, {"env", {{{"name", "A"}, {"value", kPlanted}}}}}}}}},
      {"status", {{"containerStatuses", {{{"name", "webhook"}, {"restartCount", 1}}}}}}};
  installed.Says("pods/hullwright-webhook-1/log", log);
}

}  // namespace

TEST_CASE("a support bundle holds versions, doctor's findings, objects, hooks, the namespace, metrics and logs", "[cli]") {
  InstalledCluster installed;
  StartPod(installed, "{\"msg\":\"started\"}\n");
  const Unpacked unpacked = Gather(installed);
  for (const char* file :
       {"doctor.json", "versions.json", "cluster/nodes.json", "cluster/customresourcedefinitions.json",
        "cluster/validatingwebhookconfigurations.json", "cluster/mutatingwebhookconfigurations.json", "objects/imagescans.json",
        "objects/clusterimageadmissionpolicies.json", "namespace/wanted-hooks.json", "namespace/pods.json", "namespace/endpointslices.json",
        "namespace/events.json", "metrics/webhook.txt", "metrics/operator.txt", "readyz/webhook.txt", "readyz/operator.txt",
        "logs/hullwright-webhook-1/webhook.log", "logs/hullwright-webhook-1/webhook.previous.log"}) {
    CAPTURE(file);
    CHECK(unpacked.files.contains(file));
  }
  CHECK(unpacked.bundle.is_complete());
  CHECK(unpacked.index["files"].size() + 1 == unpacked.files.size());
  for (const auto& entry : unpacked.index["files"]) CHECK(unpacked.files.at(entry["path"]).size() == entry["bytes"]);
  CHECK(unpacked.files.at("namespace/pods.json").contains("\"pull\""));
  CHECK_FALSE(unpacked.WhyLeftOut("Secrets").empty());
  for (const auto& [path, text] : unpacked.files) {
    if (path.ends_with(".json")) CHECK_FALSE(StoredObject::parse(text, nullptr, false).is_discarded());
  }
}

TEST_CASE("the same cluster gives the same files in the same order", "[cli]") {
  InstalledCluster installed;
  const auto first = Gather(installed), second = Gather(installed);
  CHECK(first.index["files"].size() == second.index["files"].size());
  for (std::size_t i = 0; i < first.index["files"].size(); ++i) CHECK(first.index["files"][i]["path"] == second.index["files"][i]["path"]);
}

TEST_CASE("a secret planted anywhere in the cluster is in no file of a support bundle", "[cli]") {
  InstalledCluster installed;
  const std::string planted = kPlanted;
  StartPod(installed, "Authorization: Bearer " + planted + "\npassword=" + planted + "\n-----BEGIN PRIVATE KEY-----\n" + planted +
                          "\n-----END PRIVATE KEY-----\n");
  for (auto& [path, object] : installed.cluster.objects) {
    if (path == "/version") continue;
    object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = "{\"stringData\":{\"x\":\"" + planted + "\"}}";
    object["metadata"]["annotations"]["note"] = "api_key: " + planted;
    object["metadata"]["managedFields"] = {{{"manager", planted}}};
  }
  installed.cluster.objects["/api/v1" + kInNamespace + "secrets/hullwright-webhook-tls"]["data"]["planted"] = planted;
  installed.cluster.objects["/api/v1" + kInNamespace + "secrets/pull"] = {{"data", {{".dockerconfigjson", planted}}}};
  installed.cluster.objects[kConfigMapPath]["data"]["password.txt"] = planted;
  installed.cluster.objects["/api/v1" + kInNamespace + "events/e1"] = {{"metadata", {{"name", "e1"}}},
                                                                       {"message", "pull of https://bob:" + planted + "@r.example failed"}};
  installed.cluster.objects[kOwnPath + "registries/r"] = {
      {"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", "Registry"}, {"metadata", {{"name", "r"}}}, {"spec", {{"password", planted}}}};
  installed.Says("services/http:hullwright-webhook-metrics:8080/proxy/metrics", "x{token=\"" + planted + "\"} 1\n");
  installed.Says("services/https:hullwright-webhook:443/proxy/readyz", "problem: GET https://u:" + planted + "@r.example/: refused\nok\n");
  const Unpacked unpacked = Gather(installed);
  for (const auto& [path, text] : unpacked.files) {
    CAPTURE(path);
    CHECK_FALSE(text.contains(planted));
  }
  for (const std::string& request : installed.cluster.requests) CHECK_FALSE(request.contains("/secrets"));
  CHECK(unpacked.WhyLeftOut("password.txt of the ConfigMap") == "it is not ours");
}

TEST_CASE("what cannot be fetched is in the index with the reason, and the rest is there", "[cli]") {
  InstalledCluster installed;
  StartPod(installed, "log\n");
  installed.cluster.Refuse("/api/v1/nodes");
  installed.cluster.Refuse("/apis/hullwright.dev/v1alpha1/imagescans");
  installed.cluster.Refuse("/api/v1/namespaces/hullwright-system/pods/hullwright-webhook-1/log");
  const Unpacked unpacked = Gather(installed);
  CHECK(unpacked.bundle.missed() == 4);  // two logs
  for (const char* what : {"nodes", "imagescans", "logs/hullwright-webhook-1/webhook.log"})
    CHECK_THAT(unpacked.WhyLeftOut(what), Catch::Contains("forbidden"));
  CHECK(unpacked.files.contains("objects/registries.json"));
}

TEST_CASE("a support bundle is bounded, and the index says what was cut", "[cli]") {
  InstalledCluster installed;
  StartPod(installed, std::string(3'000, 'x') + "\n");
  const Unpacked small_files = Gather(installed, {.max_bytes = 1u << 20, .max_file_bytes = 2'000, .max_files = 300});
  for (const auto& [path, text] : small_files.files) {
    if (path != "index.json") CHECK(text.size() <= 2'000);
  }
  CHECK_FALSE(small_files.WhyLeftOut("webhook.log, its end").empty());
  CHECK_FALSE(StoredObject::parse(small_files.files.at("cluster/validatingwebhookconfigurations.json"), nullptr, false).is_discarded());
  const Unpacked few_files = Gather(installed, {.max_bytes = 64u << 20, .max_file_bytes = 8u << 20, .max_files = 5});
  CHECK(few_files.files.size() == 6);
  CHECK_THAT(few_files.WhyLeftOut("webhook.log"), Catch::Contains("the bundle is full"));
  const Unpacked few_bytes = Gather(installed, {.max_bytes = 5'000, .max_file_bytes = 8u << 20, .max_files = 300});
  std::size_t bytes = 0;
  for (const auto& [path, text] : few_bytes.files) bytes += path == "index.json" ? 0 : text.size();
  CHECK(bytes <= 5'000);
}

TEST_CASE("Pods of others, and names that are no file names, have no log in the bundle", "[cli]") {
  InstalledCluster installed;
  StartPod(installed, "log\n");
  auto& objects = installed.cluster.objects;
  objects["/api/v1" + kInNamespace + "pods/other"] = {{"metadata", {{"name", "other"}}}, {"spec", {{"containers", {{{"name", "c"}}}}}}};
  objects["/api/v1" + kInNamespace + "pods/evil"] = {{"metadata", {{"name", "hullwright-webhook-../../x"}}},
                                                     {"spec", {{"containers", {{{"name", "c"}}}}}}};
  const Unpacked unpacked = Gather(installed);
  CHECK(unpacked.WhyLeftOut("log of the Pod other") == "it is not ours");
  for (const auto& [path, text] : unpacked.files) CHECK_FALSE(path.contains(".."));
}

TEST_CASE("support-bundle needs a file to write and a cluster to ask", "[cli]") {
  const World world;
  CHECK(world.Run({"support-bundle"}).code == ExitCode::kUsage);
  CHECK(world.Run({"support-bundle", "--out", world.Path("x.tar.gz"), "--name", "A"}).code == ExitCode::kUsage);
  CHECK(world.Run({"support-bundle", "--out", world.Path("x.tar.gz")}).code == ExitCode::kCouldNotTell);
}

}  // namespace hullwright::cli::testing
