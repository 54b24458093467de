#include "operator/release.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/base64.h"
#include "base/yaml.h"
#include "support/free_port.h"
#include "support/paths.h"
#include "support/raw_http.h"

namespace hullwright::test {
namespace {

using testing::ApiServer;

constexpr const char* kNamespace = "hullwright-system";

std::vector<Json> DocumentsOf(const std::string& file) {
  std::ifstream stream(testing::SourcePath(file));
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto documents = ReadYaml(text);
  if (!documents) throw std::runtime_error(file + ": " + documents.error().message);
  std::vector<Json> objects;
  for (const auto& document : *documents) objects.push_back(Json::parse(document.json));
  return objects;
}

Json PolicyThatAdmits(const std::string& images) {
  return {{"apiVersion", "hullwright.dev/v1alpha1"},
          {"kind", "ClusterImageAdmissionPolicy"},
          {"metadata", {{"name", "ok"}}},
          {"spec",
           {{"match", {{"images", {images}}}},
            {"enforcement", {{"newImages", "Deny"}}},
            {"rules", {{"reference", {{"digest", "FromAuthor"}}}}}}}};
}

Json PodOf(const std::string& image) {
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"generateName", "probe-"}}},
          {"spec", {{"containers", {{{"name", "main"}, {"image", image + "@sha256:" + std::string(64, 'a')}}}}}}};
}

}  // namespace

std::string OwnAddress() {
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) return {};
  std::string found;
  for (const ifaddrs* i = interfaces; i != nullptr && found.empty(); i = i->ifa_next) {
    if (i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0)
      continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr, text.data(), text.size());
    if (std::string_view(text.data()).starts_with("169.254.")) continue;
    found = text.data();
  }
  freeifaddrs(interfaces);
  return found;
}

std::string MetricsOf(std::uint16_t port) {
  try {
    const auto answer = testing::RawConnection(port).Exchange("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return answer ? answer->body : "";
  } catch (const std::runtime_error&) {
    return "";
  }
}

Release& Release::Get() {
  static Release release;
  return release;
}

Release::Release() {
  testing::ApiServerOptions options;
  options.arguments = {"--enable-aggregator-routing=true"};  // asks the Service's endpoints itself: there is no kube-proxy
  server_ = std::make_unique<ApiServer>(options);
  webhook_port_ = testing::FreePort();
  Install();
  kubelet_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      try {
        CopySecret(files_.path().string());
      } catch (const std::exception&) {
        // The API server may be away; the next copy tells.
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
  });
}

Release::~Release() {
  kubelet_.request_stop();
  kubelet_.join();
}

void Release::Install() {
  const auto must = [&](const std::string& path, const Json& object) {
    const auto reply = server_->Request("POST", path, object.dump());
    if (reply.status != 201) throw std::runtime_error(path + ": " + reply.text);
  };
  const auto applied = server_->Kubectl({"apply", "--server-side", "-f", testing::SourcePath("crds")});
  if (applied.exit != 0) throw std::runtime_error(applied.err);
  must("/api/v1/namespaces", {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", kNamespace}}}});
  must(kNamespacePath + "/services", {{"apiVersion", "v1"},
                                      {"kind", "Service"},
                                      {"metadata", {{"name", "hullwright-webhook"}}},
                                      {"spec", {{"ports", {{{"name", "https"}, {"port", 443}, {"targetPort", webhook_port_}}}}}}});
  Json data = Json::object();
  for (const Json& configuration : DocumentsOf("docs/install/webhooks.yaml")) {
    const bool validating = configuration["kind"] == "ValidatingWebhookConfiguration";
    data[validating ? "validating.yaml" : "mutating.yaml"] = configuration.dump();
    Json empty = configuration;
    empty["webhooks"] = Json::array();
    must(kHooksPath + (validating ? "validatingwebhookconfigurations" : "mutatingwebhookconfigurations"), empty);
  }
  must(kNamespacePath + "/configmaps",
       {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "hullwright-webhook-configuration"}}}, {"data", data}});
  const std::string policies = "/apis/hullwright.dev/v1alpha1/clusterimageadmissionpolicies";
  if (!testing::WaitUntil([&] { return server_->Get(policies).status == 200; }, kPatience)) throw std::runtime_error("no CRDs");
  must(policies, PolicyThatAdmits("registry.example/ok/**"));
}

// As a kubelet does: a new folder, then one link that is swapped.
void Release::CopySecret(const std::string& folder) {
  const Json secret = Read(kNamespacePath + "/secrets/hullwright-webhook-tls");
  if (secret.is_null() || !secret.contains("data")) return;
  const std::string version = secret["metadata"]["resourceVersion"];
  const std::filesystem::path target = folder + "/..v" + version;
  if (std::filesystem::exists(target)) return;
  std::filesystem::create_directory(target);
  for (const auto& [key, value] : secret["data"].items()) {
    std::ofstream(target / key, std::ios::binary) << DecodeBase64(value.get<std::string>()).value_or("");
  }
  const std::filesystem::path link = folder + "/..data", next = folder + "/..next";
  std::filesystem::create_symlink("..v" + version, next);
  std::filesystem::rename(next, link);
}

void Release::StartWebhook() {
  if (webhook_) return;
  const std::string data = files_.path().string() + "/..data/";
  if (!testing::WaitUntil([&] { return std::filesystem::exists(data + "tls.key"); }, kPatience))
    throw std::runtime_error("no Secret to mount");
  webhook_ = std::make_unique<testing::Process>(
      testing::ProgramPath("hullwright-webhook"),
      std::vector<std::string>{"--kubeconfig", server_->kubeconfig(), "--listen", fmt::format("0.0.0.0:{}", webhook_port_), "--tls-cert",
                               data + "tls.crt", "--tls-key", data + "tls.key", "--shutdown-delay", "0", "--no-registry"});
  if (!webhook_->WaitForText("\"serving\"", kPatience)) throw std::runtime_error("no webhook: " + webhook_->Errors());
  const Json labels = {{"kubernetes.io/service-name", "hullwright-webhook"}};
  const Json slice = {{"apiVersion", "discovery.k8s.io/v1"},
                      {"kind", "EndpointSlice"},
                      {"metadata", {{"name", "hullwright-webhook-1"}, {"labels", labels}}},
                      {"addressType", "IPv4"},
                      {"ports", {{{"name", "https"}, {"port", webhook_port_}, {"protocol", "TCP"}}}},
                      {"endpoints", {{{"addresses", {OwnAddress()}}, {"conditions", {{"ready", true}}}}}}};
  const Json endpoints = {
      {"apiVersion", "v1"},
      {"kind", "Endpoints"},
      {"metadata", {{"name", "hullwright-webhook"}}},
      {"subsets", {{{"addresses", {{{"ip", OwnAddress()}}}}, {"ports", {{{"name", "https"}, {"port", webhook_port_}}}}}}}};
  for (const auto& [path, object] : {std::pair{std::string("/apis/discovery.k8s.io/v1/namespaces/hullwright-system/endpointslices"), slice},
                                     std::pair{kNamespacePath + "/endpoints", endpoints}}) {
    const auto reply = server_->Request("POST", path, object.dump());
    if (reply.status != 201) throw std::runtime_error(reply.text);
  }
}

std::unique_ptr<testing::Process> Release::StartOperator(const std::vector<std::string>& further, std::uint16_t metrics_port) {
  std::vector<std::string> arguments = {"--kubeconfig",       server_->kubeconfig(),
                                        "--namespace",        kNamespace,
                                        "--metrics-listen",   fmt::format("127.0.0.1:{}", metrics_port),
                                        "--propagation-time", "2s",
                                        "--recreate-after",   "2s"};
  arguments.insert(arguments.end(), further.begin(), further.end());
  return std::make_unique<testing::Process>(testing::ProgramPath("hullwright-operator"), arguments);
}

Json Release::Read(const std::string& path) {
  const auto reply = server_->Get(path);
  return reply.status == 200 ? reply.json : Json();
}

std::size_t Release::HookCount(const std::string& kind) {
  const Json object = Configuration(kind);
  return object.is_object() && object.contains("webhooks") ? object["webhooks"].size() : 0;
}

void Release::Patch(const std::string& path, const Json& merge) {
  const auto reply = server_->Request("PATCH", path, merge.dump(), testing::Identity::Admin(), "application/merge-patch+json");
  if (reply.status != 200) throw std::runtime_error(reply.text);
}

std::string Release::SecretEntry(const std::string& name, const std::string& key) {
  const Json secret = Read(kNamespacePath + "/secrets/" + name);
  if (!secret.is_object() || !secret.contains("data") || !secret["data"].contains(key)) return {};
  return DecodeBase64(secret["data"][key].get<std::string>()).value_or("");
}

bool Release::HasEvent(const std::string& reason) {
  const Json list = Read("/apis/events.k8s.io/v1/namespaces/hullwright-system/events");
  if (!list.is_object()) return false;
  return std::ranges::any_of(list["items"], [&](const Json& event) { return event.value("reason", "") == reason; });
}

std::string Release::Holder() {
  const Json lease = Read("/apis/coordination.k8s.io/v1/namespaces/hullwright-system/leases/hullwright-operator");
  return lease.is_object() ? lease["spec"].value("holderIdentity", "") : "";
}

std::string Release::Probe() {
  const std::string path = "/api/v1/namespaces/default/pods?dryRun=All";
  const auto good = server_->Request("POST", path, PodOf("registry.example/ok/app").dump());
  if (good.status != 201) return "a good Pod is refused: " + good.text;
  const auto bad = server_->Request("POST", path, PodOf("registry.example/other/app").dump());
  if (bad.status != 403 || bad.text.find("Unmatched") == std::string::npos) return "a bad Pod is not denied: " + bad.text;
  return {};
}

}  // namespace hullwright::test
