#include "cli/support/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/object.h"
#include "base/text.h"
#include "cli/doctor.h"
#include "kube/status.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxLogBytes = 2u << 20;
constexpr int kMaxLogLines = 10'000;
constexpr std::size_t kMaxLoggedPods = 20;
constexpr std::size_t kMaxSpokenBytes = 4u << 20;

// Objects of a list, without those that are nested deeper than any of Kubernetes.
std::optional<std::vector<KubeJson>> Listed(Installation& installation, const std::string& path, const std::string& what, Bundle& bundle) {
  const auto listed = installation.view().List(path);
  if (!listed) {
    bundle.Miss(what, listed.error());
    return std::nullopt;
  }
  if (listed->cut) bundle.LeaveOut("further " + what, "there are more than are fetched");
  std::vector<KubeJson> objects;
  for (const std::string& text : listed->objects) {
    auto object = ReadObject(text);
    if (object) {
      objects.push_back(std::move(*object));
    } else {
      bundle.LeaveOut("one of " + what, "it cannot be read: " + object.error().message);
    }
  }
  return objects;
}

void AddList(Installation& installation, const std::string& path, const std::string& file, const std::string& what, Bundle& bundle) {
  if (auto objects = Listed(installation, path, what, bundle)) bundle.AddObjects(file, what, std::move(*objects));
}

void GatherDoctor(Installation& installation, Bundle& bundle) {
  bundle.AddText("doctor.json", "what hullctl doctor says", ExaminationJson(Examine(installation, {})));
}

void GatherVersions(Installation& installation, Bundle& bundle) {
  const auto server = installation.view().Get("/version");
  if (!server) bundle.Miss("the version of the API server", server.error());
  const KubeJson versions{{"hullctl", HULLWRIGHT_VERSION}, {"apiServer", server ? *server : KubeJson()}};
  bundle.AddText("versions.json", "versions of hullctl and the API server", versions.dump(1) + "\n");
}

// Names, system and state; no addresses.
void GatherNodes(Installation& installation, Bundle& bundle) {
  auto nodes = Listed(installation, "/api/v1/nodes", "nodes", bundle);
  if (!nodes) return;
  for (KubeJson& node : *nodes) {
    node =
        KubeJson{{"metadata", {{"name", TextAt(At(node, "metadata"), "name")}}},
                 {"status", {{"nodeInfo", AtPath(node, {"status", "nodeInfo"})}, {"conditions", AtPath(node, {"status", "conditions"})}}}};
    if (node["status"]["nodeInfo"].is_object()) {
      for (const char* identity : {"machineID", "systemUUID", "bootID"}) node["status"]["nodeInfo"].erase(identity);
    }
  }
  bundle.AddObjects("cluster/nodes.json", "nodes: versions and state", std::move(*nodes));
}

// The schemas of this version are known; whether the stored ones are the same stands in doctor.json.
void GatherKinds(Installation& installation, Bundle& bundle) {
  std::vector<KubeJson> definitions;
  for (const api::KindInfo& kind : api::Kinds()) {
    const std::string name = kind.plural + "." + std::string(api::kGroup);
    const Result<KubeJson>& stored = installation.Get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + name);
    if (!stored) {
      bundle.Miss("CustomResourceDefinition " + name, stored.error());
      continue;
    }
    KubeJson definition{{"metadata", At(*stored, "metadata")}, {"status", At(*stored, "status")}};
    definitions.push_back(std::move(definition));
  }
  bundle.AddObjects("cluster/customresourcedefinitions.json", "definitions of our kinds, without their schemas", std::move(definitions));
}

void GatherHooks(Installation& installation, Bundle& bundle) {
  for (const char* plural : {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"})
    AddList(installation, fmt::format("/apis/admissionregistration.k8s.io/v1/{}", plural), fmt::format("cluster/{}.json", plural), plural,
            bundle);
}

void GatherOwnObjects(Installation& installation, Bundle& bundle) {
  for (const api::KindInfo& kind : api::Kinds())
    AddList(installation, fmt::format("/apis/{}/{}", api::kApiVersion, kind.plural), fmt::format("objects/{}.json", kind.plural),
            kind.plural, bundle);
}

// Of the ConfigMap the wanted hooks; of what else somebody put there the names.
void GatherWantedHooks(Installation& installation, Bundle& bundle) {
  const std::string what = "ConfigMap " + installation.names().wanted_hooks();
  const Result<KubeJson>& stored = installation.WantedHooks();
  if (!stored) return bundle.Miss(what, stored.error());
  KubeJson config_map = *stored;
  for (const char* member : {"data", "binaryData"}) {
    if (!config_map.contains(member) || !config_map[member].is_object()) continue;
    for (auto& [key, value] : config_map[member].items()) {
      if (key == "validating.yaml" || key == "mutating.yaml") continue;
      value = nullptr;
      bundle.LeaveOut(fmt::format("{} of the {}", Printable(key), what), "it is not ours");
    }
  }
  bundle.AddObjects("namespace/wanted-hooks.json", what, {std::move(config_map)});
}

void GatherNamespace(Installation& installation, Bundle& bundle) {
  struct Collection {
    const char *group, *plural;
  };
  constexpr std::array kCollections = {
      Collection{"/apis/apps/v1", "deployments"},
      Collection{"/apis/apps/v1", "replicasets"},
      Collection{"/api/v1", "pods"},
      Collection{"/api/v1", "services"},
      Collection{"/api/v1", "serviceaccounts"},
      Collection{"/apis/discovery.k8s.io/v1", "endpointslices"},
      Collection{"/apis/coordination.k8s.io/v1", "leases"},
      Collection{"/apis/policy/v1", "poddisruptionbudgets"},
      Collection{"/apis/networking.k8s.io/v1", "networkpolicies"},
      Collection{"/api/v1", "events"},
  };
  for (const Collection& collection : kCollections)
    AddList(installation, fmt::format("{}/namespaces/{}/{}", collection.group, installation.names().namespace_, collection.plural),
            fmt::format("namespace/{}.json", collection.plural), collection.plural, bundle);
}

bool IsOurPod(const InstallationNames& names, std::string_view pod) {
  return pod.starts_with(names.webhook() + "-") || pod.starts_with(names.operator_() + "-");
}

// A log that was cut ends in the middle of a line, of which what is left may be half of a secret.
std::string WholeLines(std::string text, bool cut) {
  if (cut) text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  return text;
}

void GatherLog(Installation& installation, const std::string& pod, const std::string& container, bool previous, Bundle& bundle) {
  const std::string file = fmt::format("logs/{}/{}{}.log", pod, container, previous ? ".previous" : "");
  const std::string path =
      fmt::format("/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={}&limitBytes={}{}", installation.names().namespace_, pod,
                  container, kMaxLogLines, kMaxLogBytes, previous ? "&previous=true" : "");
  const auto answer = installation.view().Answer({.path_and_query = path, .max_bytes = kMaxLogBytes + 1024});
  if (!answer) return bundle.Miss(file, answer.error());
  if (answer->status != 200) return bundle.Miss(file, kube::ErrorOf(*answer, "GET " + path));
  const bool cut = answer->body.size() >= kMaxLogBytes;
  if (cut)
    bundle.LeaveOut(file + ", the rest",
                    fmt::format("of a log the last {} lines are fetched, and of them {} bytes", kMaxLogLines, kMaxLogBytes));
  bundle.AddText(file, "log", WholeLines(answer->body, cut));
}

// Names of Kubernetes: nothing else goes into a path.
bool IsPathSafe(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

void GatherLogsOf(Installation& installation, const KubeJson& pod, Bundle& bundle) {
  const std::string name = TextAt(At(pod, "metadata"), "name");
  const KubeJson& states = AtPath(pod, {"status", "containerStatuses"});
  const KubeJson& containers = AtPath(pod, {"spec", "containers"});
  for (const KubeJson& container : containers.is_array() ? containers : KubeJson::array()) {
    const std::string container_name = TextAt(container, "name");
    if (!IsPathSafe(name) || !IsPathSafe(container_name)) continue;
    GatherLog(installation, name, container_name, false, bundle);
    const bool was_restarted =
        states.is_array() && std::ranges::any_of(states, [&](const KubeJson& state) {
          return TextAt(state, "name") == container_name && At(state, "restartCount").is_number_integer() && At(state, "restartCount") > 0;
        });
    if (was_restarted) GatherLog(installation, name, container_name, true, bundle);
  }
}

void GatherLogs(Installation& installation, Bundle& bundle) {
  const auto pods =
      Listed(installation, fmt::format("/api/v1/namespaces/{}/pods", installation.names().namespace_), "pods, for their logs", bundle);
  if (!pods) return;
  std::size_t logged = 0;
  for (const KubeJson& pod : *pods) {
    const std::string name = TextAt(At(pod, "metadata"), "name");
    if (!IsOurPod(installation.names(), name)) {
      bundle.LeaveOut("log of the Pod " + Printable(name), "it is not ours");
    } else if (++logged > kMaxLoggedPods) {
      bundle.LeaveOut("log of the Pod " + Printable(name), fmt::format("logs of {} Pods are enough", kMaxLoggedPods));
    } else {
      GatherLogsOf(installation, pod, bundle);
    }
  }
}

void GatherSpoken(Installation& installation, const std::string& path, const std::string& file, const std::string& what, Bundle& bundle) {
  const auto answer = installation.view().Answer({.path_and_query = path, .max_bytes = kMaxSpokenBytes});
  if (!answer) return bundle.Miss(what, answer.error());
  // Not ready is an answer as well.
  if (answer->status != 200 && !answer->body.ends_with("not ready\n")) return bundle.Miss(what, kube::ErrorOf(*answer, "GET " + path));
  bundle.AddText(file, what, answer->body);
}

void GatherMetrics(Installation& installation, Bundle& bundle) {
  const InstallationNames& names = installation.names();
  if (const Result<std::string>& metrics = installation.Metrics()) {
    bundle.AddText("metrics/webhook.txt", "metrics of a webhook Pod", *metrics);
  } else {
    bundle.Miss("metrics of a webhook Pod", metrics.error());
  }
  GatherSpoken(installation, installation.ThroughWebhook("/readyz?verbose"), "readyz/webhook.txt", "readiness of a webhook Pod", bundle);
  if (installation.IsWithoutOperator()) return bundle.LeaveOut("metrics of the operator", "installed without it");
  const std::string service = names.operator_() + "-metrics";
  GatherSpoken(installation, installation.ThroughService("http", service, 8080, "/metrics"), "metrics/operator.txt",
               "metrics of an operator Pod", bundle);
  GatherSpoken(installation, installation.ThroughService("http", service, 8080, "/readyz?verbose"), "readyz/operator.txt",
               "readiness of an operator Pod", bundle);
}

constexpr std::array kBundleParts = {
    BundlePart{"doctor", GatherDoctor},
    BundlePart{"versions", GatherVersions},
    BundlePart{"nodes", GatherNodes},
    BundlePart{"kinds", GatherKinds},
    BundlePart{"webhook configurations", GatherHooks},
    BundlePart{"objects of hullwright.dev", GatherOwnObjects},
    BundlePart{"wanted hooks", GatherWantedHooks},
    BundlePart{"namespace", GatherNamespace},
    BundlePart{"metrics", GatherMetrics},
    BundlePart{"logs", GatherLogs},
};

}  // namespace

std::span<const BundlePart> BundleParts() {
  return kBundleParts;
}

}  // namespace hullwright::cli
