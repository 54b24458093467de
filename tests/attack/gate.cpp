#include "attack/gate.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include "base/yaml.h"
#include "support/api_server.h"
#include "support/certificates.h"
#include "support/free_port.h"
#include "support/https_exchange.h"
#include "support/temporary_directory.h"

namespace hullwright::test {
namespace {

using testing::ApiServer;
using testing::Process;

constexpr std::chrono::seconds kPatience{20};

const std::map<std::string, std::string>& Plurals() {
  static const std::map<std::string, std::string> plurals = {{"PodTemplate", "podtemplates"},
                                                             {"ClusterImageAdmissionPolicy", "clusterimageadmissionpolicies"},
                                                             {"ImageAdmissionPolicy", "imageadmissionpolicies"},
                                                             {"BreakGlass", "breakglasses"}};
  return plurals;
}

std::string PluralOf(const std::string& kind) {
  if (const auto found = Plurals().find(kind); found != Plurals().end()) return found->second;
  std::string plural = kind + "s";
  for (char& c : plural) c = static_cast<char>(std::tolower(c));
  return plural;
}

// "/apis/apps/v1/namespaces/default/deployments"
std::string CollectionOf(const Json& object) {
  const std::string version = object["apiVersion"];
  std::string path = version == "v1" ? "/api/v1" : "/apis/" + version;
  if (object["metadata"].contains("namespace")) path += "/namespaces/" + object["metadata"]["namespace"].get<std::string>();
  return path + "/" + PluralOf(object["kind"]);
}

std::string PathOf(const Json& object, const std::string& subresource) {
  return CollectionOf(object) + "/" + object["metadata"]["name"].get<std::string>() + (subresource.empty() ? "" : "/" + subresource);
}

std::string ReadFile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Answer AnswerOf(const http::Response& response) {
  Answer answer;
  answer.status = response.status;
  answer.body = Json::parse(response.body, nullptr, false);
  for (const auto& [name, value] : response.headers) {
    if (name == "Warning" || name == "warning") answer.warnings.push_back(value);
  }
  return answer;
}

std::uint16_t PortOf(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

// The documents of a YAML file of the tree.
std::vector<Json> Documents(const std::string& file) {
  const auto documents = ReadYaml(ReadFile(std::string(HULLWRIGHT_SOURCE_DIR) + "/" + file));
  if (!documents) throw std::runtime_error(file + ": " + documents.error().message);
  std::vector<Json> objects;
  for (const auto& document : *documents) objects.push_back(Json::parse(document.json));
  return objects;
}

Json Policy(const std::string& name, const std::string& images) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ClusterImageAdmissionPolicy"},
          {"metadata", {{"name", name}}},
          {"spec",
           {{"match", {{"images", {images}}}},
            {"enforcement", {{"newImages", "Deny"}, {"templates", "Deny"}}},
            {"rules",
             {{"vulnerabilities",
               {{"forbid", {{{"name", "critical"}, {"severities", {"Critical"}}}}},
                {"waivers", {{"kinds", {"VulnerabilityException", "BreakGlass"}}}}}}}}}}};
}

// A workload kind of somebody else's, served in two versions of one shape, of which the hook names only v1.
Json RolloutDefinition() {
  const auto version = [](const std::string& name, bool storage) {
    return Json{{"name", name},
                {"served", true},
                {"storage", storage},
                {"schema", {{"openAPIV3Schema", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}}};
  };
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", "rollouts.rollouts.example.com"}}},
          {"spec",
           {{"group", "rollouts.example.com"},
            {"scope", "Namespaced"},
            {"names", {{"plural", "rollouts"}, {"singular", "rollout"}, {"kind", "Rollout"}, {"listKind", "RolloutList"}}},
            {"versions", {version("v1", true), version("v1alpha1", false)}}}}};
}

Json ScanOf(const std::string& digest, ScanState state) {
  Json status = {{"repositories", {"registry.example/ok/app"}},
                 {"results",
                  {{{"scannerRef", {{"name", "trivy"}}},
                    {"version", "0.68.2"},
                    {"scannedAt", "2026-01-01T00:00:00Z"},
                    {"source", "Import"},
                    {"outcome", "Complete"}}}}};
  if (state == ScanState::kCritical) {
    status["counts"] = {{{"severity", "Critical"}, {"fix", "Available"}, {"layer", "Unknown"}, {"count", 1}}};
    status["findings"] = {{{"id", "CVE-2026-1000"},
                           {"package", "pkg:deb/debian/openssl@3.0.11"},
                           {"version", "3.0.11"},
                           {"severity", "Critical"},
                           {"fix", "Available"},
                           {"fixedIn", "3.0.13"},
                           {"scanners", {"trivy"}}}};
  }
  std::string name = digest;
  name[name.find(':')] = '-';
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ImageScan"},
          {"metadata", {{"name", name}}},
          {"spec", {{"digest", digest}}},
          {"status", status}};
}

// Distinct for distinct names; what a registry would have computed does not matter here.
std::string DigestFor(const std::string& name) {
  std::string digest = "sha256:";
  for (std::size_t i = 0; digest.size() < 7 + 64; ++i) {
    digest += fmt::format("{:016x}", std::hash<std::string>()(name + "#" + std::to_string(i)));
  }
  return digest.substr(0, 7 + 64);
}

}  // namespace

// A hullwright-webhook process and how to reach it.
struct WebhookProcess::Parts {
  Parts(const std::string& kubeconfig, const testing::CertificateFiles& certificate, const std::string& ca_file,
        const std::vector<std::string>& further)
      : port(testing::FreePort()), target{port, ca_file} {
    std::vector<std::string> arguments = {"--kubeconfig",     kubeconfig,
                                          "--listen",         "127.0.0.1:" + std::to_string(port),
                                          "--tls-cert",       certificate.certificate_file,
                                          "--tls-key",        certificate.key_file,
                                          "--shutdown-delay", "0",
                                          "--workload-path",  "rollouts.example.com/Rollout=/spec/template/spec"};
    arguments.insert(arguments.end(), further.begin(), further.end());
    process = std::make_unique<Process>(HULLWRIGHT_BIN_DIR "/hullwright-webhook", arguments);
    if (!testing::WaitUntil([&] { return !process->IsRunning() || Listens(); }, kPatience) || !process->IsRunning()) {
      throw std::runtime_error("hullwright-webhook does not listen: " + process->Errors());
    }
  }

  bool Listens() const {
    try {
      Send("GET", "/healthz", "");
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  Answer Send(const std::string& method, const std::string& path, const std::string& body) const {
    http::Headers headers;
    if (method == "POST") headers.emplace_back("Content-Type", "application/json");
    return AnswerOf(testing::Exchange(target, method, path, headers, body));
  }

  void WaitReady() {
    if (!testing::WaitUntil([&] { return Send("GET", "/readyz", "").status == 200; }, kPatience)) {
      throw std::runtime_error("hullwright-webhook is not ready: " + process->Errors());
    }
  }

  std::uint16_t port;
  testing::HttpsTarget target;
  std::unique_ptr<Process> process;
};

struct Gate::Parts {
  testing::TemporaryDirectory folder;
  testing::CertificateAuthority authority{folder.path(), "gate"};
  testing::CertificateFiles certificate = authority.MintServer("webhook");
  ApiServer& server = ApiServer::Shared();
  std::unique_ptr<WebhookProcess::Parts> webhook;
  std::string good, bad;

  Answer Call(const std::string& method, const std::string& path, const Json& body, const As& as,
              const std::string& content_type = "application/json") const {
    http::Headers headers = {{"Authorization", "Bearer " + testing::Identity::Admin().token}, {"Content-Type", content_type}};
    if (!as.user.empty()) headers.emplace_back("Impersonate-User", as.user);
    for (const auto& group : as.groups) headers.emplace_back("Impersonate-Group", group);
    return AnswerOf(testing::Exchange({PortOf(server.url()), server.ca_file()}, method, path, headers, body.is_null() ? "" : body.dump()));
  }

  // Writes an object that must be there for the tests to mean anything.
  void Put(const Json& object) const {
    const Answer answer = Call("POST", CollectionOf(object), object, {});
    if (!answer.ok() && answer.status != 409) throw std::runtime_error("cannot set up " + object.dump() + ": " + answer.body.dump());
  }

  void InstallDefinitions() const;
  void RegisterHooks() const;
  void SetUpUsers() const;
};

void Gate::Parts::InstallDefinitions() const {
  std::vector<Json> definitions = {RolloutDefinition()};
  for (const auto& file : std::filesystem::directory_iterator(HULLWRIGHT_SOURCE_DIR "/crds")) {
    if (file.path().extension() == ".yaml") definitions.push_back(Documents("crds/" + file.path().filename().string()).at(0));
  }
  for (const Json& definition : definitions) Put(definition);
  for (const Json& definition : definitions) {
    const bool established = testing::WaitUntil(
        [&] {
          const Answer answer = Call("GET", PathOf(definition, ""), nullptr, {});
          return answer.body.dump().find(R"("status":"True","type":"Established")") != std::string::npos;
        },
        kPatience);
    if (!established) throw std::runtime_error("never established: " + definition["metadata"]["name"].dump());
  }
}

// docs/install/webhooks.yaml as it stands, but for the address, and with the custom workload's rule beside the built-in ones.
void Gate::Parts::RegisterHooks() const {
  const std::string bundle = Base64(ReadFile(authority.ca_file()));
  for (Json configuration : Documents("docs/install/webhooks.yaml")) {
    for (Json& hook : configuration["webhooks"]) {
      const std::string path = hook["clientConfig"]["service"]["path"];
      hook["clientConfig"] = {{"url", "https://127.0.0.1:" + std::to_string(webhook->port) + path}, {"caBundle", bundle}};
      if (hook["name"] == "images.hullwright.dev") {
        hook["rules"].push_back({{"apiGroups", {"rollouts.example.com"}},
                                 {"apiVersions", {"v1"}},
                                 {"operations", {"CREATE", "UPDATE"}},
                                 {"resources", {"rollouts"}}});
      }
    }
    Put(configuration);
  }
}

void Gate::Parts::SetUpUsers() const {
  // Alice may do anything in a namespace that binds her to this, except waive: no wildcard over our policies' verbs.
  Put({{"apiVersion", "rbac.authorization.k8s.io/v1"},
       {"kind", "ClusterRole"},
       {"metadata", {{"name", "test-everything"}}},
       {"rules",
        {{{"apiGroups", {"", "apps", "batch"}}, {"resources", {"*"}}, {"verbs", {"*"}}},
         {{"apiGroups", {"hullwright.dev"}},
          {"resources", {"imageadmissionpolicies", "vulnerabilityexceptions", "breakglasses"}},
          {"verbs", {"get", "list", "create", "update", "patch", "delete"}}}}}});
}

Gate::Gate() : parts_(std::make_unique<Parts>()) {
  parts_->InstallDefinitions();
  for (const Json& object : Documents("docs/install/rbac.yaml")) parts_->Put(object);
  parts_->SetUpUsers();
  parts_->webhook = std::make_unique<WebhookProcess::Parts>(parts_->server.kubeconfig(), parts_->certificate, parts_->authority.ca_file(),
                                                            std::vector<std::string>{});
  parts_->webhook->WaitReady();
  parts_->RegisterHooks();

  Json selected = Policy("selected", "registry.example/selected/**");
  selected["spec"]["match"]["namespaceSelector"] = {{"matchLabels", {{"env", "prod"}}}};
  parts_->Put(Policy("ok", "registry.example/ok/**"));
  parts_->Put(selected);
  // A new hook is called once the API server has noticed it; until then everything is admitted.
  const Json unmatched = Pod("probe", "registry.example/nobody/covers@" + DigestFor("probe"));
  if (!testing::WaitUntil([&] { return !Create(unmatched, {}, "dryRun=All").ok(); }, kPatience))
    throw std::runtime_error("the hook is never called");
  parts_->good = Image("good", ScanState::kClean);
  parts_->bad = Image("bad", ScanState::kCritical);
}

Gate::~Gate() = default;

Gate& Gate::Get() {
  static Gate gate;
  return gate;
}

const std::string& Gate::good() const {
  return parts_->good;
}
const std::string& Gate::bad() const {
  return parts_->bad;
}

std::string Gate::Image(const std::string& name, ScanState state) {
  const std::string digest = DigestFor(name);
  const std::string image = "registry.example/ok/" + name + "@" + digest;
  const Json scan = ScanOf(digest, state);
  const std::string path = PathOf(scan, "");
  parts_->Put(scan);
  Json stored = parts_->Call("GET", path, nullptr, {}).body;
  stored["status"] = scan["status"];
  const Answer answer = parts_->Call("PUT", path + "/status", stored, {});
  if (!answer.ok()) throw std::runtime_error("cannot write the scan: " + answer.body.dump());
  WaitUntil(Pod("probe", image), state == ScanState::kClean);
  return image;
}

Answer Gate::Create(const Json& object, const As& as, const std::string& query) {
  return parts_->Call("POST", CollectionOf(object) + (query.empty() ? "" : "?" + query), object, as);
}

Answer Gate::Put(const Json& object, const std::string& subresource, const As& as) {
  return parts_->Call("PUT", PathOf(object, subresource), object, as);
}

Answer Gate::Patch(const Json& object, PatchType type, const Json& patch, const std::string& subresource, const As& as) {
  const char* names[] = {"application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"};
  return parts_->Call("PATCH", PathOf(object, subresource), patch, as, names[static_cast<int>(type)]);
}

Answer Gate::Apply(const Json& object, const std::string& subresource, const As& as) {
  return parts_->Call("PATCH", PathOf(object, subresource) + "?fieldManager=test&force=true", object, as, "application/apply-patch+yaml");
}

Answer Gate::Read(const Json& object, const std::string& subresource) {
  return parts_->Call("GET", PathOf(object, subresource), nullptr, {});
}

Answer Gate::Delete(const Json& object) {
  return parts_->Call("DELETE", PathOf(object, ""), nullptr, {});
}

void Gate::WaitUntil(const Json& object, bool admitted) {
  Answer last;
  Json probe = object;
  probe["metadata"]["name"] = UniqueName("probe");
  const auto as_wanted = [&] {
    last = Create(probe, {}, "dryRun=All");
    return last.ok() == admitted;
  };
  if (!testing::WaitUntil(as_wanted, kPatience)) throw std::runtime_error("the webhook never took it up: " + last.body.dump());
}

std::string Gate::MakeNamespace(const std::string& name, const Json& labels) {
  const Json object = {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name}, {"labels", labels}}}};
  parts_->Put(object);
  WaitUntil(Pod("probe", good(), name), true);
  return name;
}

void Gate::Require(const Json& object, const As& as) {
  RequireAdmitted(Create(object, as));
}

Answer Gate::PostToWebhook(const std::string& path, const std::string& body) {
  return parts_->webhook->Send("POST", path, body);
}

Answer Gate::Curl(const std::vector<std::string>& arguments, const std::string& path, const std::string& body) {
  const std::string body_file = parts_->folder.Write("body.json", body);
  const bool has_type = std::ranges::any_of(arguments, [](const std::string& a) { return a.starts_with("Content-Type"); });
  std::vector<std::string> all = {"-s", "-m", "10", "--path-as-is", "--cacert", parts_->authority.ca_file(), "-w", "\n%{http_code}"};
  if (!has_type) all.insert(all.end(), {"-H", "Content-Type: application/json"});
  if (!body.empty()) all.insert(all.end(), {"--data-binary", "@" + body_file});
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.push_back("https://127.0.0.1:" + std::to_string(parts_->webhook->port) + path);
  const std::string out = testing::Run("curl", all).out;
  const std::size_t line = out.rfind('\n');
  return {std::stoi(out.substr(line + 1)), Json::parse(out.substr(0, line), nullptr, false), {}};
}

WebhookProcess::WebhookProcess(Gate& gate, const std::vector<std::string>& arguments)
    : parts_(std::make_unique<Parts>(gate.parts_->server.kubeconfig(), gate.parts_->certificate, gate.parts_->authority.ca_file(),
                                     arguments)) {}
WebhookProcess::~WebhookProcess() = default;
Answer WebhookProcess::Get(const std::string& path) {
  return parts_->Send("GET", path, "");
}
Answer WebhookProcess::Post(const std::string& path, const std::string& body) {
  return parts_->Send("POST", path, body);
}
void WebhookProcess::WaitReady() {
  parts_->WaitReady();
}

PausedApiServer::PausedApiServer(Gate& gate) : gate_(gate) {
  gate_.parts_->server.Pause();
}
PausedApiServer::~PausedApiServer() {
  gate_.parts_->server.Continue();
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

std::string Base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  out.resize(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size())));
  return out;
}

void RequireDenied(const Answer& answer, std::string_view reason_word) {
  INFO(answer.body.dump());
  REQUIRE(answer.status == 403);
  REQUIRE_THAT(answer.message(), Catch::Contains(std::string(reason_word)));
}

void RequireAdmitted(const Answer& answer) {
  INFO(answer.body.dump());
  REQUIRE(answer.ok());
}

std::string UniqueName(const std::string& prefix) {
  static std::atomic<int> next{1};
  return prefix + "-" + std::to_string(next++);
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
