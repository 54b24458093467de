#include "attack/mutating_hook.h"

#include <fstream>
#include <stdexcept>

#include "base/base64.h"
#include "http/server.h"
#include "support/certificates.h"
#include "support/process.h"
#include "support/temporary_directory.h"

namespace hullwright::test {
namespace {

constexpr char kLabel[] = "test.example.com/hook";

}  // namespace

struct MutatingHook::Parts {
  std::string name;
  testing::TemporaryDirectory folder;
  testing::CertificateAuthority authority{folder.path(), "hook"};
  std::unique_ptr<http::HttpServer> server;
  Json configuration;
};

MutatingHook::MutatingHook(const std::string& name, const Json& patch) : parts_(std::make_unique<Parts>()) {
  parts_->name = UniqueName(name);
  const auto files = parts_->authority.MintServer("hook");
  http::ServerOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  options.certificate_file = files.certificate_file;
  options.key_file = files.key_file;
  const std::string encoded = EncodeBase64(patch.dump());
  const auto answer = [encoded](const http::ServerRequest& request) {
    const Json review = Json::parse(request.body);
    const Json response = {{"uid", review["request"]["uid"]}, {"allowed", true}, {"patchType", "JSONPatch"}, {"patch", encoded}};
    return http::Response{.body = Json{{"apiVersion", "admission.k8s.io/v1"}, {"kind", "AdmissionReview"}, {"response", response}}.dump(),
                          .headers = {}};
  };
  auto server = http::HttpServer::Start(options, {{.method = "POST", .path = "/mutate", .handler = answer}});
  if (!server) throw std::runtime_error(server.error().message);
  parts_->server = std::move(*server);

  std::ifstream ca(parts_->authority.ca_file());
  const std::string pem{std::istreambuf_iterator<char>(ca), {}};
  parts_->configuration = {
      {"apiVersion", "admissionregistration.k8s.io/v1"},
      {"kind", "MutatingWebhookConfiguration"},
      {"metadata", {{"name", parts_->name}}},
      {"webhooks",
       {{{"name", parts_->name + ".example.com"},
         {"admissionReviewVersions", {"v1"}},
         {"sideEffects", "None"},
         {"objectSelector", {{"matchLabels", {{kLabel, parts_->name}}}}},
         {"clientConfig",
          {{"url", "https://127.0.0.1:" + std::to_string(parts_->server->port()) + "/mutate"}, {"caBundle", EncodeBase64(pem)}}},
         {"rules", {{{"apiGroups", {""}}, {"apiVersions", {"v1"}}, {"operations", {"CREATE"}}, {"resources", {"pods"}}}}}}}}};
  Gate& gate = Gate::Get();
  gate.Require(parts_->configuration);
  // Called once the API server has noticed it: the dry run then comes back changed, or refused because of the change.
  const Json probe = Marked(Pod(parts_->name, gate.good()));
  const bool called = testing::WaitUntil(
      [&] {
        const Answer dry_run = gate.Create(probe, {}, "dryRun=All");
        return !dry_run.ok() || dry_run.body["spec"]["containers"].size() > 1 ||
               dry_run.body["spec"]["containers"][0]["image"] != gate.good();
      },
      std::chrono::seconds(20));
  if (!called) throw std::runtime_error("the API server never called the hook " + name);
}

MutatingHook::~MutatingHook() {
  Gate::Get().Delete(parts_->configuration);
}

Json MutatingHook::Marked(Json pod) const {
  pod["metadata"]["labels"][kLabel] = parts_->name;
  return pod;
}

}  // namespace hullwright::test
