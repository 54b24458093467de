#include "attack/objects.h"

#include <cctype>
#include <map>

namespace hullwright::test {
namespace {

const std::map<std::string, std::string>& Plurals() {
  static const std::map<std::string, std::string> plurals = {{"PodTemplate", "podtemplates"},
                                                             {"ClusterImageAdmissionPolicy", "clusterimageadmissionpolicies"},
                                                             {"ImageAdmissionPolicy", "imageadmissionpolicies"},
                                                             {"BreakGlass", "breakglasses"},
                                                             {"Registry", "registries"}};
  return plurals;
}

}  // namespace

std::string PluralOf(const std::string& kind) {
  if (const auto found = Plurals().find(kind); found != Plurals().end()) return found->second;
  std::string plural = kind + "s";
  for (char& c : plural) c = static_cast<char>(std::tolower(c));
  return plural;
}

Json Container(const std::string& name, const std::string& image) {
  return {{"name", name}, {"image", image}, {"resources", {{"requests", {{"cpu", "10m"}}}}}};
}

Json Pod(const std::string& name, const std::string& image, const std::string& name_space) {
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", name}, {"namespace", name_space}}},
          {"spec", {{"containers", {Container("app", image)}}}}};
}

Json MirrorPod(const std::string& name, const std::string& image) {
  Json pod = Pod(name, image);
  pod["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "0123456789abcdef"}};
  pod["spec"]["nodeName"] = "n1";
  return pod;
}

Json Workload(const std::string& kind, const std::string& name, const std::string& image) {
  const Json labels = {{"app", name}};
  const Json selector = {{"matchLabels", labels}};
  Json pod_template = {{"metadata", {{"labels", labels}}}, {"spec", {{"containers", {Container("app", image)}}}}};
  Json object = {{"apiVersion", "apps/v1"}, {"kind", kind}, {"metadata", {{"name", name}, {"namespace", "default"}}}};
  if (kind == "PodTemplate") {
    object["apiVersion"] = "v1";
    object["template"] = pod_template;
  } else if (kind == "ReplicationController") {
    object["apiVersion"] = "v1";
    object["spec"] = {{"selector", labels}, {"template", pod_template}};
  } else if (kind == "Job" || kind == "CronJob") {
    object["apiVersion"] = "batch/v1";
    pod_template["spec"]["restartPolicy"] = "Never";
    const Json job = {{"template", pod_template}};
    object["spec"] = kind == "Job" ? job : Json{{"schedule", "0 2 * * *"}, {"jobTemplate", {{"spec", job}}}};
  } else {
    object["spec"] = {{"selector", selector}, {"template", pod_template}};
    if (kind == "StatefulSet") object["spec"]["serviceName"] = name;
  }
  return object;
}

Json& PodSpecOf(Json& object) {
  const std::string kind = object["kind"];
  if (kind == "Pod") return object["spec"];
  if (kind == "PodTemplate") return object["template"]["spec"];
  if (kind == "CronJob") return object["spec"]["jobTemplate"]["spec"]["template"]["spec"];
  return object["spec"]["template"]["spec"];
}

Json Review(const Json& object, const std::string& operation) {
  const std::string version = object["apiVersion"];
  const std::size_t slash = version.find('/');
  const Json kind = {{"group", slash == std::string::npos ? "" : version.substr(0, slash)},
                     {"version", slash == std::string::npos ? version : version.substr(slash + 1)},
                     {"kind", object["kind"]}};
  const Json resource = {{"group", kind["group"]}, {"version", kind["version"]}, {"resource", PluralOf(object["kind"])}};
  return {{"apiVersion", "admission.k8s.io/v1"},
          {"kind", "AdmissionReview"},
          {"request",
           {{"uid", "705ab4f5-6393-11e8-b7cc-42010a800002"},
            {"kind", kind},
            {"resource", resource},
            {"requestKind", kind},
            {"requestResource", resource},
            {"name", object["metadata"]["name"]},
            {"namespace", object["metadata"]["namespace"]},
            {"operation", operation},
            {"userInfo", {{"username", "alice"}, {"groups", {"system:authenticated"}}}},
            {"object", object},
            {"oldObject", nullptr},
            {"dryRun", false}}}};
}

}  // namespace hullwright::test
