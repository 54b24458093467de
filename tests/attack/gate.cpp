#include "attack/gate.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/base64.h"
#include "base/yaml.h"
#include "support/api_server.h"
#include "support/certificates.h"
#include "support/https_exchange.h"
#include "support/paths.h"
#include "support/temporary_directory.h"

namespace hullwright::test {
namespace {

using testing::ApiServer;

constexpr std::chrono::seconds kPatience{40};  // longer than the webhook remembers that nothing vouches

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

std::uint16_t PortOf(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

// The documents of a YAML file of the tree.
std::vector<Json> Documents(const std::string& file) {
  const auto documents = ReadYaml(ReadFile(testing::SourcePath(file)));
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

const As kNode{"system:node:n1", {"system:nodes", "system:authenticated"}};

struct Gate::Parts {
  testing::TemporaryDirectory folder;
  testing::CertificateAuthority authority{folder.path(), "gate"};
  testing::CertificateFiles certificate = authority.MintServer("webhook");
  ApiServer& server = ApiServer::Shared();
  std::unique_ptr<WebhookProcess> webhook;
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
  for (const auto& file : std::filesystem::directory_iterator(testing::SourcePath("crds"))) {
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
  const std::string bundle = EncodeBase64(ReadFile(authority.ca_file()));
  for (Json configuration : Documents("docs/install/webhooks.yaml")) {
    for (Json& hook : configuration["webhooks"]) {
      const std::string path = hook["clientConfig"]["service"]["path"];
      hook["clientConfig"] = {{"url", "https://127.0.0.1:" + std::to_string(webhook->port()) + path}, {"caBundle", bundle}};
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
  parts_->webhook = StartWebhook({"--node-platforms", "linux/amd64"});
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
  Answer answer;
  // Without the stamp a result is refused, and the mutating hook may be noticed later than the validating one.
  const auto write = [&] {
    answer = parts_->Call("PUT", path + "/status", stored, {});
    return answer.ok();
  };
  if (!testing::WaitUntil(write, kPatience)) throw std::runtime_error("cannot write the scan: " + answer.body.dump());
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

Answer Gate::Delete(const Json& object, const As& as) {
  return parts_->Call("DELETE", PathOf(object, ""), nullptr, as);
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

std::size_t Gate::WebhookResidentBytes() const {
  return parts_->webhook->ResidentBytes();
}

std::uint16_t Gate::ApiServerPort() const {
  return PortOf(parts_->server.url());
}

Answer Gate::PostToWebhook(const std::string& path, const std::string& body) {
  return parts_->webhook->Post(path, body);
}

Answer Gate::Curl(const std::vector<std::string>& arguments, const std::string& path, const std::string& body) {
  const std::string body_file = parts_->folder.Write("body.json", body);
  const bool has_type = std::ranges::any_of(arguments, [](const std::string& a) { return a.starts_with("Content-Type"); });
  std::vector<std::string> all = {"-s", "-m", "10", "--path-as-is", "--cacert", parts_->authority.ca_file(), "-w", "\n%{http_code}"};
  if (!has_type) all.insert(all.end(), {"-H", "Content-Type: application/json"});
  if (!body.empty()) all.insert(all.end(), {"--data-binary", "@" + body_file});
  all.insert(all.end(), arguments.begin(), arguments.end());
  all.push_back("https://127.0.0.1:" + std::to_string(parts_->webhook->port()) + path);
  const std::string out = testing::Run("curl", all).out;
  const std::size_t line = out.rfind('\n');
  return {std::stoi(out.substr(line + 1)), Json::parse(out.substr(0, line), nullptr, false), {}};
}

std::unique_ptr<WebhookProcess> Gate::StartWebhook(const std::vector<std::string>& further) {
  return std::make_unique<WebhookProcess>(parts_->server.kubeconfig(), parts_->certificate, parts_->authority.ca_file(), further);
}

PausedApiServer::PausedApiServer(Gate& gate) : gate_(gate) {
  gate_.parts_->server.Pause();
}
PausedApiServer::~PausedApiServer() {
  gate_.parts_->server.Continue();
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

std::string ReadFile(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string UniqueName(const std::string& prefix) {
  static std::atomic<int> next{1};
  return prefix + "-" + std::to_string(next++);
}

}  // namespace hullwright::test
