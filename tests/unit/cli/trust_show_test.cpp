#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/minted_signature.h"
#include "support/trusted_root_json.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Catch::Matchers::Contains;
using hullwright::testing::MintedKey;
using hullwright::testing::MintedSigstore;
using Json = nlohmann::json;

std::string Indented(const std::string& text) {
  std::string out = "        ";
  for (const char c : text) out += c == '\n' ? std::string("\n        ") : std::string(1, c);
  return out;
}

// One publisher with a key and an identity, the root that both rest on, and one that is trusted by its name.
struct Bench {
  World world;
  MintedSigstore sigstore;

  Bench() {
    std::filesystem::remove(world.Path("policies/production.yaml"));
    WriteRoot(hullwright::testing::TrustedRootJson(sigstore.Root()));
    WritePublisher(sigstore.key.Pem());
    world.Write("policies/vendor.yaml", R"(
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {name: vendor}
spec: {displayName: Vendor, repositories: ["vendor.example/**"], verification: NameOnly}
)");
  }
  void WriteRoot(const std::string& json) const {
    world.Write("policies/root.json", Json{{"apiVersion", "hullwright.dev/v1alpha1"},
                                           {"kind", "TrustRoot"},
                                           {"metadata", {{"name", "private"}}},
                                           {"spec", {{"type", "Sigstore"}, {"sigstore", {{"trustedRoot", {{"json", json}}}}}}}}
                                          .dump());
  }
  void WritePublisher(const std::string& pem) const {
    world.Write("policies/shop.yaml", fmt::format(R"(
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {{name: shop}}
spec:
  displayName: The shop
  repositories: ["registry.example/shop/**"]
  verification: Signature
  authorities:
  - name: release
    type: Key
    key:
      transparencyLog: Ignore
      pem: |
{}
  - name: ci
    type: Keyless
    keyless:
      issuer: https://issuer.example
      subject: https://ci.example/release.yml@refs/heads/main
      trustRootRef: {{name: private}}
)",
                                                  Indented(pem)));
  }
  CommandOutput Show(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"trust", "show", world.Path("policies")});
    return world.Run(more);
  }
};

}  // namespace

TEST_CASE("trust show names publishers with keys and identities, and roots with their windows", "[cli]") {
  const Bench bench;
  const auto output = bench.Show();
  INFO(output.out << output.err);
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains("TrustedPublisher shop  The shop") && Contains("registry.example/shop/**") &&
                             Contains("key " + bench.sigstore.PublicKey().Fingerprint() + " (ECDSA P-256)") &&
                             Contains("\"https://ci.example/release.yml@refs/heads/main\" by \"https://issuer.example\"") &&
                             Contains("TrustRoot private"));
  CHECK_THAT(output.out, Contains("by name") && Contains("whoever can push there is trusted"));
  CHECK_THAT(output.out, Contains("transparency log https://rekor.example  from 2026-01-01T00:00:00Z\n") &&
                             Contains("certificate log https://ctlog.example") && Contains("certificate authority ") &&
                             Contains("time-stamp authority ") && Contains("2 publishers, 1 trust root\n"));
  const Json json = Json::parse(bench.Show({"-o", "json"}).out);
  CHECK(json["schema"] == "hullctl/trust/v1");
  CHECK(json["publishers"][0]["authorities"][1]["trustRoot"] == "private");
  CHECK(json["roots"][0]["parts"].size() == 5);
}

TEST_CASE("a window that has ended is shown as such, and is no problem", "[cli]") {
  const Bench bench;
  auto root = bench.sigstore.Root();
  root.logs[0].window.end = *ParseRfc3339("2026-02-01T00:00:00Z");
  bench.WriteRoot(hullwright::testing::TrustedRootJson(root));
  const auto output = bench.Show();
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains("until 2026-02-01T00:00:00Z, ended"));
}

TEST_CASE("what cannot be used is told with its place, and the exit code says so", "[cli]") {
  const Bench bench;
  SECTION("a key that is none") {
    bench.WritePublisher(MintedKey(MintedKey::kRsa1024).Pem());
    const auto output = bench.Show();
    CHECK(output.code == ExitCode::kCouldNotTell);
    CHECK_THAT(output.out, Contains("broken") && Contains("authority release of TrustedPublisher shop cannot be used"));
  }
  SECTION("a root that is none breaks what rests on it") {
    bench.WriteRoot("{}");
    const auto output = bench.Show();
    CHECK(output.code == ExitCode::kCouldNotTell);
    CHECK_THAT(output.out,
               Contains("authority ci of TrustedPublisher shop cannot be used: TrustRoot private") && Contains("trustedRoot: "));
  }
  SECTION("a file that does not parse") {
    bench.world.Write("policies/broken.yaml", "kind: [");
    const auto output = bench.Show();
    CHECK(output.code == ExitCode::kCouldNotTell);
    CHECK_THAT(output.out, Contains("broken.yaml"));
  }
  SECTION("a folder that is not there") {
    const auto output = bench.world.Run({"trust", "show", bench.world.Path("nowhere")});
    CHECK(output.code == ExitCode::kCouldNotTell);
    CHECK_THAT(output.err, Catch::StartsWith("hullctl: ") && Contains("nowhere"));
  }
}

TEST_CASE("keys in ConfigMaps are read from the folder of cluster data", "[cli]") {
  const Bench bench;
  bench.world.Write("policies/shop.yaml", R"(
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {name: shop}
spec:
  displayName: The shop
  repositories: ["registry.example/shop/**"]
  verification: Signature
  authorities:
  - {name: release, type: Key, key: {transparencyLog: Ignore, configMapKeyRef: {name: keys, key: release.pub}}}
)");
  CHECK(bench.Show().code == ExitCode::kCouldNotTell);
  std::filesystem::create_directories(bench.world.Path("data/hullwright-system/configmaps/keys"));
  bench.world.Write("data/hullwright-system/configmaps/keys/release.pub", bench.sigstore.key.Pem());
  const auto output = bench.Show({"--cluster-data", bench.world.Path("data")});
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains(bench.sigstore.PublicKey().Fingerprint()));
}

}  // namespace hullwright::cli::testing
