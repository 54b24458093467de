// The real hullwright-webhook and a registry that speaks HTTP: an image signed with a key minted here.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "support/cosign_signature.h"
#include "support/lying_registry.h"
#include "support/minted_key.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"
#include "unit/webhook/fixtures.h"

namespace hullwright::webhook {
namespace {

namespace fs = std::filesystem;
using testing::LyingRegistry;
using testing::MintedKey;
using testing::Process;

constexpr std::chrono::seconds kPatience{60};

std::string Indented(const std::string& text) {
  std::string out = "        ";
  for (const char c : text) out += c == '\n' ? std::string("\n        ") : std::string(1, c);
  return out;
}

// A registry with one signed image, and the folder of a webhook that trusts its key.
struct World {
  testing::TemporaryDirectory folder;
  LyingRegistry registry;
  MintedKey key{MintedKey::kP256};
  std::string image = registry.PutManifest("app", "1", std::string(testing::kManifestType), testing::ImageManifestJson("{}", "layer"));

  World() {
    fs::create_directory(folder.path() / "policies");
    folder.Write("policies/all.yaml", fmt::format(R"(apiVersion: v1
kind: Namespace
metadata: {{name: shop}}
---
apiVersion: hullwright.dev/v1alpha1
kind: Registry
metadata: {{name: local}}
spec: {{host: "{0}", plainHTTP: true}}
---
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {{name: acme}}
spec:
  displayName: Acme
  repositories: ["{0}/**"]
  verification: Signature
  authorities:
  - name: release
    type: Key
    key:
      transparencyLog: Ignore
      pem: |
{1}
---
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: production}}
spec:
  enforcement: {{newImages: Deny}}
  rules: {{publishers: {{refs: [{{name: acme}}]}}}}
)",
                                                  registry.host(), Indented(key.Pem())));
  }

  void Sign(const MintedKey& signer) { testing::SignByKey(registry, "app", image, signer); }

  std::string ByTag() const { return registry.host() + "/app:1"; }
  std::string ByDigest() const { return registry.host() + "/app@" + image; }
  std::string Cache() const { return (folder.path() / "cache.db").string(); }
};

class Webhook {
 public:
  explicit Webhook(const World& world, const std::vector<std::string>& more = {})
      : process_(testing::ProgramPath("hullwright-webhook"), Arguments(world, more)) {
    if (!process_.WaitForText("\"msg\":\"serving\"", kPatience)) FAIL("the webhook does not serve: " << process_.Errors());
    const std::string log = process_.Errors();
    const auto begin = log.rfind('{', log.find("\"msg\":\"serving\""));
    port_ = Json::parse(log.substr(begin, log.find('\n', begin) - begin))["port"];
  }

  Json Ask(const std::string& image, const std::string& path = "/v1/validate") const { return AskOf(Pod(image), path); }
  Json AskOf(const Json& pod, const std::string& path) const {
    testing::RawConnection connection(port_, kPatience);
    const auto response = connection.Exchange(testing::PostRequest(path, Review(pod).dump()));
    if (!response) return {};
    return Json::parse(response->body)["response"];
  }
  std::string Metrics() const {
    testing::RawConnection connection(port_, kPatience);
    return connection.Exchange(testing::GetRequest("/metrics"))->body;
  }
  // Everything it would keep is on disk then.
  void Stop() {
    process_.Signal(SIGTERM);
    REQUIRE(process_.Wait(kPatience) == 0);
  }

 private:
  static std::vector<std::string> Arguments(const World& world, const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--policies",
                                          (world.folder.path() / "policies").string(),
                                          "--listen",
                                          "127.0.0.1:0",
                                          "--plain-http",
                                          "--cache",
                                          world.Cache(),
                                          "--shutdown-delay",
                                          "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  Process process_;
  std::uint16_t port_ = 0;
};

std::map<std::string, int> Counted(const LyingRegistry& registry) {
  std::map<std::string, int> counts;
  for (const std::string& request : registry.Requests()) ++counts[request];
  return counts;
}

Json Applied(const Json& pod, const Json& response) {
  if (!response.contains("patch")) return pod;
  return pod.patch(Json::parse(DecodeBase64(response["patch"].get<std::string>()).value()));
}

TEST_CASE("a signed image is pinned and admitted, an unsigned or wrongly signed one is refused with its word", "[webhook][integration]") {
  World world;
  world.Sign(world.key);
  {
    const Webhook webhook(world);
    const Json pin = webhook.Ask(world.ByTag(), "/v1/pin");
    CHECK(pin["allowed"] == true);
    const Json pinned = Applied(Pod(world.ByTag()), pin);
    CHECK(pinned["spec"]["containers"][0]["image"] == world.ByTag() + "@" + world.image);
    CHECK_FALSE(webhook.AskOf(pinned, "/v1/pin").contains("patch"));
    const Json validated = webhook.AskOf(pinned, "/v1/validate");
    INFO(validated.dump());
    CHECK(validated["allowed"] == true);
    CHECK(webhook.Ask(world.ByTag())["allowed"] == false);
    CHECK_THAT(webhook.Metrics(), Catch::Contains("hullwright_facts 1"));
  }
  World stranger;
  stranger.Sign(MintedKey(MintedKey::kP256));
  const Json refused = Webhook(stranger).Ask(stranger.ByDigest());
  CHECK(refused["allowed"] == false);
  CHECK_THAT(refused["status"]["message"].get<std::string>(),
             Catch::StartsWith(stranger.ByDigest()) && Catch::Contains("SignatureInvalid"));
  World bare;
  CHECK_THAT(Webhook(bare).Ask(bare.ByDigest())["status"]["message"].get<std::string>(), Catch::Contains("SignatureMissing"));
}

// One finding, and a policy that asks whether it is known to be exploited.
void AskForExploits(const World& world) {
  world.folder.Write("policies/exploited.yaml", fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: exploited}}
spec:
  enforcement: {{newImages: Deny}}
  rules: {{vulnerabilities: {{forbid: [{{name: exploited, knownExploited: true}}]}}}}
---
apiVersion: hullwright.dev/v1alpha1
kind: ImageScan
metadata: {{name: sha256-{0}}}
spec: {{digest: "sha256:{0}"}}
status:
  results: [{{scannerRef: {{name: trivy}}, scannedAt: 2026-01-01T00:00:00Z, source: Import, outcome: Complete}}]
  findings: [{{id: CVE-2024-0001, package: openssl, version: "1", severity: Low, fix: None, scanners: [trivy]}}]
)",
                                                            world.image.substr(std::string_view("sha256:").size())));
}

TEST_CASE("a catalogue of known exploits is taken from an artifact as oras pushes it", "[webhook][integration]") {
  World world;
  world.Sign(world.key);
  AskForExploits(world);
  const std::string today = FormatRfc3339(SystemClock().Now()).substr(0, std::string_view("2026-03-01").size());
  const std::string known = R"([{"cveID": "CVE-2024-0001", "dateAdded": ")" + today + R"("}])";
  world.registry.PutBlob("mirror/exploitation", known);
  const std::string title = R"(,"annotations":{"org.opencontainers.image.title":"known_exploited_vulnerabilities.json"})";
  world.registry.PutManifest("mirror/exploitation", "latest", std::string(testing::kManifestType),
                             fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", testing::kManifestType,
                                         testing::DescriptorJson("application/vnd.oci.empty.v1+json", "{}"),
                                         testing::DescriptorJson("application/json", known, title)));
  const Webhook webhook(world, {"--exploitation-artifact", world.registry.host() + "/mirror/exploitation"});
  std::string message;
  const bool told = testing::WaitUntil(
      [&] {
        message = webhook.Ask(world.ByDigest())["status"]["message"].get<std::string>();
        return message.find("known to be exploited") != std::string::npos;
      },
      kPatience);
  INFO(message);
  CHECK(told);
}

TEST_CASE("a hundred Pods at once with one cold image are one resolution and one fetch of each blob", "[webhook][integration]") {
  World world;
  world.Sign(world.key);
  const Webhook webhook(world);
  std::atomic<int> pinned = 0;
  std::latch ready(100);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      ready.arrive_and_wait();
      if (webhook.Ask(world.ByTag(), "/v1/pin").contains("patch")) ++pinned;
    });
  }
  threads.clear();
  CHECK(pinned == 100);
  for (const auto& [request, times] : Counted(world.registry)) {
    INFO(request);
    CHECK(times == 1);
  }
}

TEST_CASE("a restart finds what was verified in the file, which may be damaged or gone", "[webhook][integration]") {
  World world;
  world.Sign(world.key);
  {
    Webhook first(world);
    REQUIRE(first.Ask(world.ByDigest())["allowed"] == true);
    first.Stop();
  }
  const std::size_t asked = world.registry.Requests().size();
  {
    Webhook second(world);
    CHECK(second.Ask(world.ByDigest())["allowed"] == true);
    CHECK(world.registry.Requests().size() == asked);
    second.Stop();
  }
  std::ofstream(world.Cache(), std::ios::binary | std::ios::trunc) << std::string(50'000, '\0');
  {
    Webhook third(world);
    CHECK(third.Ask(world.ByDigest())["allowed"] == true);
    CHECK_THAT(third.Metrics(), Catch::Contains("hullwright_cache_rebuilds_total 1"));
    third.Stop();
  }
  CHECK(fs::exists(world.Cache() + ".damaged"));
  CHECK(world.registry.Requests().size() > asked);
}

TEST_CASE("a registry that stopped is told, and what is warm is answered as before", "[webhook][integration]") {
  World world;
  world.Sign(world.key);
  const Webhook webhook(world);
  REQUIRE(webhook.Ask(world.ByDigest())["allowed"] == true);
  world.registry.Stop();
  for (int i = 0; i < 20; ++i) CHECK(webhook.Ask(world.ByDigest())["allowed"] == true);
  const Json cold = webhook.Ask(world.registry.host() + "/app@sha256:" + std::string(64, 'c'));
  CHECK(cold["allowed"] == false);
  CHECK_THAT(cold["status"]["message"].get<std::string>(), Catch::Contains("RegistryUnreachable"));
}

}  // namespace
}  // namespace hullwright::webhook
