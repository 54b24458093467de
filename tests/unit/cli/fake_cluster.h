// An installation in a cluster of memory: what is sound, so that a test takes one thing away.
#pragma once

#include <fmt/chrono.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "api/generate.h"
#include "api/object.h"
#include "base/base64.h"
#include "base/rfc3339.h"
#include "base/yaml.h"
#include "cli/doctor.h"
#include "kube/raw_client.h"
#include "support/certificates.h"
#include "support/paths.h"
#include "support/temporary_directory.h"

namespace hullwright::cli::testing {

using StoredObject = nlohmann::json;

inline std::string TextOfFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Answers from a table of paths; lists what lies below a path; asks a function who may do what. Dry runs are answered by `create`.
class FakeCluster final : public kube::RawClient {
 public:
  std::map<std::string, StoredObject> objects;                                       // by path
  std::map<std::string, http::Response> answers;                                     // by path without query; before objects
  std::function<bool(const std::string& user, const StoredObject& attributes)> may;  // user "": who asks
  std::function<http::Response(const StoredObject&)> create = [](const StoredObject&) {
    return http::Response{.status = 201, .body = "{}"};
  };
  std::chrono::seconds clock_ahead{0};
  bool is_down = false;
  std::vector<std::string> requests;

  Result<http::Response> Send(const kube::RawRequest& request, Deadline) override {
    requests.push_back(request.method + " " + request.path_and_query);
    if (is_down) return Fail(ErrorCode::kUnavailable, "connection refused");
    http::Response response = Answer(request);
    const auto now = std::chrono::floor<std::chrono::seconds>(SystemClock().Now()) + clock_ahead;
    response.headers.emplace_back("Date", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now.time_since_epoch().count())));
    return response;
  }

  void Refuse(const std::string& path) { answers[path] = Status(403, "forbidden"); }

  static http::Response Status(int code, const std::string& message) {
    return {.status = code, .body = StoredObject{{"kind", "Status"}, {"code", code}, {"message", message}}.dump()};
  }

 private:
  http::Response Answer(const kube::RawRequest& request) {
    const std::string path = request.path_and_query.substr(0, request.path_and_query.find('?'));
    if (const auto found = answers.find(path); found != answers.end()) return found->second;
    if (request.method == "POST") return Post(path, StoredObject::parse(request.json));
    if (const auto found = objects.find(path); found != objects.end()) return {.body = found->second.dump()};
    return List(path);
  }

  http::Response Post(const std::string& path, const StoredObject& body) {
    if (!path.contains("accessreviews")) return create(body);
    const StoredObject& spec = body.at("spec");
    const bool allowed = may(spec.value("user", ""), spec.at("resourceAttributes"));
    return {.status = 201, .body = StoredObject{{"status", {{"allowed", allowed}}}}.dump()};
  }

  http::Response List(const std::string& path) {
    if (path.ends_with("/proxy") || !served(path)) return Status(404, "the server could not find the requested resource");
    StoredObject items = StoredObject::array();
    for (const auto& [name, object] : objects) {
      if (name.starts_with(path + "/") && name.find('/', path.size() + 1) == std::string::npos) items.push_back(object);
    }
    return {.body = StoredObject{{"metadata", {{"resourceVersion", "1"}}}, {"items", items}}.dump()};
  }

  // A collection: its last part is a plural.
  bool served(const std::string& path) const {
    static const std::vector<std::string> plurals = {"validatingwebhookconfigurations",
                                                     "mutatingwebhookconfigurations",
                                                     "nodes",
                                                     "deployments",
                                                     "replicasets",
                                                     "pods",
                                                     "services",
                                                     "serviceaccounts",
                                                     "endpointslices",
                                                     "leases",
                                                     "poddisruptionbudgets",
                                                     "networkpolicies",
                                                     "events"};
    const std::string last = path.substr(path.rfind('/') + 1);
    if (std::ranges::find(plurals, last) != plurals.end()) return true;
    const bool is_kind = std::ranges::any_of(api::Kinds(), [&](const api::KindInfo& kind) { return kind.plural == last; });
    return is_kind && objects.contains("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + last + ".hullwright.dev");
  }
};

inline constexpr const char* kHooksPath = "/apis/admissionregistration.k8s.io/v1/";
inline const std::string kInNamespace = "/namespaces/hullwright-system/";
inline const std::string kConfigMapPath = "/api/v1" + kInNamespace + "configmaps/hullwright-webhook-configuration";
inline const std::string kOwnPath = "/apis/hullwright.dev/v1alpha1/";

// What docs/install/rbac.yaml and the chart grant.
inline bool MayAsInstalled(const std::string& user, const StoredObject& attributes) {
  const std::string verb = attributes.at("verb"), resource = attributes.at("resource"), group = attributes.at("group");
  if (user.empty()) return true;
  const bool reads = verb == "get" || verb == "list" || verb == "watch";
  if (user.ends_with(":hullwright-webhook")) {
    if (group == "hullwright.dev" || resource == "namespaces") return reads;
    return resource == "subjectaccessreviews" || (verb == "get" && group.empty());
  }
  if (group == "admissionregistration.k8s.io") return reads || verb == "patch" || verb == "create";
  return attributes.value("namespace", "") == "hullwright-system";
}

// Installed with the operator, and sound. Times are those of the machine's clock: certificates are minted.
class InstalledCluster {
 public:
  FakeCluster cluster;
  hullwright::testing::TemporaryDirectory folder;
  hullwright::testing::CertificateAuthority authority{folder.path(), "test"};

  InstalledCluster() {
    cluster.may = MayAsInstalled;
    cluster.objects["/version"] = {{"major", "1"}, {"minor", "36"}, {"gitVersion", "v1.36.1"}};
    for (const api::GeneratedFile& file : api::GenerateCrds()) {
      StoredObject crd = StoredObject::parse(ReadYaml(file.text)->front().json);
      crd["status"] = {{"conditions", {{{"type", "Established"}, {"status", "True"}}, {{"type", "NamesAccepted"}, {"status", "True"}}}},
                       {"storedVersions", {"v1alpha1"}}};
      cluster.objects["/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + crd["metadata"]["name"].get<std::string>()] = crd;
    }
    for (const char* account : {"hullwright-webhook", "hullwright-operator"}) {
      cluster.objects["/api/v1" + kInNamespace + "serviceaccounts/" + account] = {{"metadata", {{"name", account}}}};
      cluster.objects["/apis/apps/v1" + kInNamespace + "deployments/" + account] = {
          {"metadata", {{"name", account}}}, {"spec", {{"replicas", 2}}}, {"status", {{"readyReplicas", 2}}}};
    }
    InstallHooks();
    InstallCertificate({.dns = {"hullwright-webhook.hullwright-system.svc"}, .ip = {}});
    Says("services/https:hullwright-webhook:443/proxy/readyz", "[+]cluster ok\n[+]shutdown ok\nok\n");
    Says("services/http:hullwright-operator-metrics:8080/proxy/readyz", "[+]leader ok\nok\n");
    Says("services/http:hullwright-operator-metrics:8080/proxy/metrics", "hullwright_operator_gate_off 0\n");
    Says("services/http:hullwright-webhook-metrics:8080/proxy/metrics",
         "hullwright_ready 1\nhullwright_exploitation_age_seconds{data=\"epss\"} 3600\n");
  }

  void Says(const std::string& below, const std::string& text, int status = 200) {
    cluster.answers["/api/v1" + kInNamespace + below] = {.status = status, .content_type = "text/plain", .body = text};
  }

  void InstallCertificate(const hullwright::testing::ServerNames& names, std::chrono::seconds lifetime = std::chrono::hours(24 * 90)) {
    const auto files = authority.MintServer("webhook", names, lifetime);
    cluster.objects["/api/v1" + kInNamespace + "secrets/hullwright-webhook-tls"] = {
        {"data", {{"tls.crt", EncodeBase64(TextOfFile(files.certificate_file))}, {"tls.key", EncodeBase64(TextOfFile(files.key_file))}}}};
  }

  StoredObject& Hooks(const std::string& plural) { return cluster.objects.at(kHooksPath + plural + "/hullwright"); }

  void WithoutOperator() {
    cluster.objects.erase("/api/v1" + kInNamespace + "serviceaccounts/hullwright-operator");
    cluster.objects.erase("/apis/apps/v1" + kInNamespace + "deployments/hullwright-operator");
    cluster.objects.erase(kConfigMapPath);
  }

  Examination Look(const AdmissionTrial& trial = {}) {
    ClusterView view(cluster, std::chrono::steady_clock::now() + std::chrono::minutes(1));
    Installation installation(view, {}, clock);
    return Examine(installation, trial);
  }

  const SystemClock clock;

 private:
  void InstallHooks() {
    const std::string bundle = EncodeBase64(TextOfFile(authority.ca_file()));
    StoredObject config_map{{"metadata", {{"name", "hullwright-webhook-configuration"}}}};
    const auto documents = ReadYaml(TextOfFile(hullwright::testing::SourcePath("docs/install/webhooks.yaml")));
    for (const YamlDocument& document : documents.value()) {
      StoredObject hooks = StoredObject::parse(document.json);
      const bool validating = hooks["kind"] == "ValidatingWebhookConfiguration";
      StoredObject wanted = hooks;
      for (StoredObject& hook : wanted["webhooks"]) hook["clientConfig"].erase("caBundle");
      config_map["data"][validating ? "validating.yaml" : "mutating.yaml"] = wanted.dump();
      for (StoredObject& hook : hooks["webhooks"]) {
        hook["clientConfig"]["caBundle"] = bundle;
        hook["objectSelector"] = StoredObject::object();  // as the API server writes it
      }
      cluster.objects[kHooksPath + std::string(validating ? "validatingwebhookconfigurations" : "mutatingwebhookconfigurations") +
                      "/hullwright"] = hooks;
    }
    cluster.objects[kConfigMapPath] = config_map;
  }
};

}  // namespace hullwright::cli::testing
