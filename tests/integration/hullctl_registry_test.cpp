// The real hullctl against a registry that speaks HTTP: an image signed with a key minted here.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "support/cosign_signature.h"
#include "support/lying_registry.h"
#include "support/memory_registry.h"
#include "support/minted_key.h"
#include "support/paths.h"
#include "support/process.h"
#include "support/temporary_directory.h"
#include "unit/evidence/tuf_mirror.h"

namespace {

using namespace hullwright;
using namespace hullwright::testing;
using Catch::Matchers::Contains;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

// A registry with one signed image, tagged 1.
struct Bench {
  TemporaryDirectory folder;
  LyingRegistry registry;
  MintedKey key{MintedKey::kP256};
  std::string key_file = folder.Write("key.pub", key.Pem());
  std::string name = registry.host() + "/shop/api", tagged = name + ":1";
  std::string digest = Put({.layers = {{"application/x", "layer"}}}, "1");

  Bench() { std::filesystem::create_directory(folder.path() / "docker"); }

  std::string Put(const ManifestParts& parts, const std::string& tag) {
    const auto put = [&](const std::string& bytes) { return *Digest::Parse(registry.PutBlob("shop/api", bytes)); };
    return registry.PutManifest("shop/api", tag, std::string(kManifestType), ManifestJson(parts, put));
  }
  void Sign(const MintedKey& signer) {
    const Digest image = *Digest::Parse(digest);
    Put({.layers = {SignedLayer(signer, SimpleSigningPayload(image, name))}}, fmt::format("sha256-{}.sig", image.hex()));
  }
  // From now on nobody is answered without this user.
  void AskForPassword(const std::string& user_and_password) {
    registry.Tell([wanted = "Basic " + EncodeBase64(user_and_password)](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (request.authorization == wanted) return false;
      answer.Whole(401, R"({"errors":[{"code":"UNAUTHORIZED"}]})", {{"WWW-Authenticate", "Basic realm=\"shop\""}});
      return true;
    });
  }
  std::string WriteConfig(const std::string& user_and_password) const {
    return folder.Write("docker/config.json", Json{{"auths", {{registry.host(), {{"auth", EncodeBase64(user_and_password)}}}}}}.dump());
  }
  // A home of its own: nothing of the user's is read.
  ProcessResult Run(const Arguments& arguments) const {
    ProcessOptions options;
    options.environment = {{"HOME", folder.path().string()}, {"DOCKER_CONFIG", (folder.path() / "docker").string()}, {"LC_ALL", "C.UTF-8"}};
    return hullwright::testing::Run(ProgramPath("hullctl"), arguments, options);
  }
  ProcessResult Verify(const Arguments& more = {}) const {
    Arguments arguments{"verify", "--key", key_file, "--transparency-log", "Ignore", "--plain-http", registry.host(), tagged};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
};

}  // namespace

TEST_CASE("a signed image of a registry passes, one signed by a stranger and an unsigned one do not", "[cli][registry]") {
  Bench bench;
  CHECK(bench.Verify().exit == 1);
  bench.Sign(MintedKey(MintedKey::kP256));
  const auto stranger = bench.Verify();
  CHECK(stranger.exit == 1);
  CHECK_THAT(stranger.out, Contains("SignatureInvalid"));
  bench.Sign(bench.key);
  const auto right = bench.Verify();
  INFO(right.out << right.err);
  CHECK(right.exit == 0);
  CHECK(right.err.empty());
  CHECK_THAT(right.out, Catch::StartsWith("passed  " + bench.tagged + "\n        " + bench.digest) && Contains("✓ --key: key sha256:"));
}

TEST_CASE("a registry that cannot be asked is could-not-tell, one that lies is refused", "[cli][registry]") {
  Bench bench;
  bench.Sign(bench.key);
  SECTION("it does not answer") {
    bench.registry.Stop();
    const auto result = bench.Verify();
    CHECK(result.exit == 2);
    CHECK_THAT(result.out, Contains("RegistryUnreachable"));
  }
  SECTION("it is asked without TLS by explicit word only") {
    const auto result = bench.Run({"verify", "--key", bench.key_file, "--transparency-log", "Ignore", bench.tagged});
    CHECK(result.exit == 2);
    CHECK(bench.registry.Requests().empty());
  }
  SECTION("it sends other bytes than those of the digest") {
    bench.registry.Tell([](const ScriptedRequest& request, ScriptedAnswer& answer) {
      if (!request.target.contains("/blobs/")) return false;
      answer.Whole(200, "{}", {}, "application/octet-stream");
      return true;
    });
    const auto result = bench.Verify();
    CHECK(result.exit == 1);
    CHECK_THAT(result.out, Contains("RegistryMismatch"));
  }
}

TEST_CASE("credentials come from a docker config.json, the environment's or one that is named", "[cli][registry]") {
  Bench bench;
  bench.Sign(bench.key);
  bench.AskForPassword("shop:secret");
  const auto anonymous = bench.Verify();
  CHECK(anonymous.exit == 2);
  CHECK_THAT(anonymous.out, Contains("RegistryRefused"));
  const std::string config = bench.WriteConfig("shop:secret");
  CHECK(bench.Verify().exit == 0);
  std::filesystem::rename(config, bench.folder.path() / "elsewhere.json");
  CHECK(bench.Verify().exit == 2);
  CHECK(bench.Verify({"--registry-config", (bench.folder.path() / "elsewhere.json").string()}).exit == 0);
  const auto missing = bench.Verify({"--registry-config", "missing.json"});
  CHECK(missing.exit == 2);
  CHECK(missing.err == "hullctl: missing.json: there is no such file or folder\n");
  bench.folder.Write("docker/config.json", R"({"auths": {"x": {"auth": "c2VjcmV0"}}})");
  const auto malformed = bench.Verify();
  CHECK(malformed.exit == 2);
  CHECK_THAT(malformed.err, Contains("docker/config.json: pull secret: ") && !Contains("c2VjcmV0"));
}

TEST_CASE("resolve prints the digest of the bytes received, whatever the registry says it is", "[cli][registry]") {
  Bench bench;
  const auto resolve = [&] { return bench.Run({"resolve", "--plain-http", bench.registry.host(), bench.tagged}); };
  CHECK(resolve().out == bench.name + "@" + bench.digest + "\n");
  bench.registry.Tell([](const ScriptedRequest&, ScriptedAnswer& answer) {
    answer.Whole(200, ImageManifestJson("{}", "other"), {{"Docker-Content-Digest", "sha256:" + std::string(64, 'a')}}, kManifestType);
    return true;
  });
  const auto lied_to = resolve();
  CHECK(lied_to.exit == 1);
  CHECK(lied_to.out.empty());
  CHECK_THAT(lied_to.err, Contains("RegistryMismatch"));
}

TEST_CASE("Registry objects of a file say how a registry is asked", "[cli][registry]") {
  Bench bench;
  const std::string file = bench.folder.Write("registry.yaml", fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: Registry
metadata: {{name: local}}
spec: {{host: "{}", plainHTTP: true}}
)",
                                                                           bench.registry.host()));
  CHECK(bench.Run({"resolve", "--registries", file, bench.tagged}).exit == 0);
  CHECK(bench.Run({"resolve", "--registries", file, "--plain-http", bench.registry.host(), bench.tagged}).exit == 0);
  const auto other = bench.Run(
      {"resolve", "--registries", bench.folder.Write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"), bench.tagged});
  CHECK(other.exit == 2);
  CHECK_THAT(other.err, Contains("Namespace a is no Registry, and nothing else is read here"));
}

TEST_CASE("check judges by registries only when it is told to", "[cli][registry]") {
  Bench bench;
  bench.Sign(bench.key);
  std::filesystem::create_directory(bench.folder.path() / "policies");
  std::string pem;
  for (const char c : bench.key.Pem()) pem += c == '\n' ? std::string("\n        ") : std::string(1, c);
  bench.folder.Write("policies/all.yaml", fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: Registry
metadata: {{name: local}}
spec: {{host: "{0}", plainHTTP: true}}
---
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {{name: shop}}
spec:
  displayName: Shop
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
metadata: {{name: signed}}
spec:
  enforcement: {{newImages: Deny}}
  rules: {{publishers: {{refs: [{{name: shop}}]}}}}
)",
                                                      bench.registry.host(), pem));
  const std::string pod = bench.folder.Write(
      "pod.yaml", fmt::format("apiVersion: v1\nkind: Pod\nmetadata: {{name: api}}\nspec: {{containers: [{{name: main, image: \"{}\"}}]}}\n",
                              bench.tagged));
  const Arguments check{"check", "-f", pod, "--policies", (bench.folder.path() / "policies").string()};
  const auto offline = bench.Run(check);
  CHECK(offline.exit == 2);
  CHECK_THAT(offline.out, Contains("DigestUnresolved"));
  CHECK(bench.registry.Requests().empty());
  Arguments online = check;
  online.push_back("--registry");
  const auto judged = bench.Run(online);
  INFO(judged.out << judged.err);
  CHECK(judged.exit == 0);
}

TEST_CASE("a TrustRoot of type TUF among the policies is fetched before anything is judged", "[cli][registry]") {
  constexpr std::string_view kLongAhead = "2099-01-01T00:00:00Z";
  Bench bench;
  bench.Sign(bench.key);
  std::filesystem::create_directory(bench.folder.path() / "policies");
  TufMirror files;
  files.Publish(1, 1, 1, kLongAhead);
  ScriptedServer mirror([&](const ScriptedRequest& request, ScriptedAnswer& answer) {
    const auto file = files.files.find(request.target.substr(1));
    file == files.files.end() ? answer.Whole(404, "") : answer.Whole(200, file->second);
  });
  const auto write = [&](const Json& object) {
    bench.folder.Write("policies/" + object["kind"].get<std::string>() + ".json", object.dump());
  };
  const auto object = [](const std::string& kind, const std::string& name, const Json& spec) {
    return Json{{"apiVersion", "hullwright.dev/v1alpha1"}, {"kind", kind}, {"metadata", {{"name", name}}}, {"spec", spec}};
  };
  write(object("Registry", "mirror", {{"host", mirror.url().substr(std::string_view("http://").size())}, {"plainHTTP", true}}));
  write(object("TrustRoot", "logs",
               {{"type", "TUF"}, {"tuf", {{"mirror", mirror.url()}, {"initialRoot", {{"json", files.repository.Root(1, kLongAhead)}}}}}}));
  const Json key = {{"pem", bench.key.Pem()}, {"transparencyLog", "Required"}, {"trustRootRef", {{"name", "logs"}}}};
  write(object("TrustedPublisher", "acme",
               {{"displayName", "Acme"},
                {"repositories", {bench.registry.host() + "/**"}},
                {"verification", "Signature"},
                {"authorities", {{{"name", "release"}, {"type", "Key"}, {"key", key}}}}}));
  write(object("ClusterImageAdmissionPolicy", "signed",
               {{"enforcement", {{"newImages", "Deny"}}}, {"rules", {{"publishers", {{"refs", {{{"name", "acme"}}}}}}}}}));
  const auto verify = [&] {
    return bench.Run(
        {"verify", "--policies", (bench.folder.path() / "policies").string(), "--plain-http", bench.registry.host(), bench.tagged});
  };
  const auto unlogged = verify();
  INFO(unlogged.out << unlogged.err);
  CHECK(unlogged.exit == 1);
  CHECK_THAT(unlogged.out, Contains("TransparencyLogUnproved"));  // the root is there, and none of its logs has the signature
  mirror.Close();
  const auto unfetched = verify();
  INFO(unfetched.out << unfetched.err);
  CHECK(unfetched.exit == 2);
  CHECK_THAT(unfetched.out, Contains("TrustMaterialInvalid") && Contains("nothing has been fetched yet"));
}
