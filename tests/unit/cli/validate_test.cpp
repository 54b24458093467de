#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/minted_key.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {

TEST_CASE("validate passes good objects", "[cli]") {
  const World world;
  const auto output = world.Run({"validate", world.Path("policies"), world.Path("scans")});
  CHECK(output.code == ExitCode::kPass);
  CHECK(output.out == "3 objects valid, 0 invalid\n");
}

TEST_CASE("validate tells every mistake with file, line and field", "[cli]") {
  const World world;
  const std::string file =
      world.Write("bad.yaml",
                  "# two objects\n"
                  "apiVersion: hullwright.dev/v1alpha1\nkind: TrustedPublisher\nmetadata: {name: acme}\n"
                  "spec: {repositories: ['registry.example/**'], verification: NameOnly}\n"
                  "---\n"
                  "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: production}\n"
                  "spec: {enforcement: {newImages: Never}, rules: {vulnerabilities: {forbid: [{name: a, severity: High}]}}}\n");
  const auto output = world.Run({"validate", file});
  CAPTURE(output.out);
  CHECK(output.code == ExitCode::kViolation);
  CHECK(output.out.contains("bad.yaml:6: ClusterImageAdmissionPolicy/production: spec.enforcement.newImages"));
  CHECK(output.out.contains("bad.yaml:6: ClusterImageAdmissionPolicy/production: spec.rules.vulnerabilities.forbid[0]"));
  CHECK(output.out.ends_with("1 object valid, 1 invalid\n"));
  const auto json = nlohmann::json::parse(world.Run({"validate", file, "-o", "json"}).out);
  CHECK(json["objects"][0]["valid"] == true);
  CHECK(json["objects"][1]["errors"].size() >= 2);
  CHECK(json["exitCode"] == 1);
}

TEST_CASE("validate tells each mistake on a line of its own, also of the namespace and beside spec", "[cli]") {
  const World world;
  const std::string policy =
      "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: production, namespace: shop}\n"
      "spec: {enforcement: {newImages: Never}, rules: {reference: {digest: Sometimes}}}\nrules: {}\n";
  const auto output = world.Run({"validate", "-"}, policy);
  CAPTURE(output.out);
  CHECK(output.code == ExitCode::kViolation);
  for (const char* mistake : {"spec.enforcement.newImages: must be", "spec.rules.reference.digest: must be", "rules: unknown field",
                              "metadata.namespace: must be left out"}) {
    CAPTURE(mistake);
    CHECK(output.out.contains("<stdin>:1: ClusterImageAdmissionPolicy shop/production: " + std::string(mistake)));
  }
  CHECK(nlohmann::json::parse(world.Run({"validate", "-", "-o", "json"}, policy).out)["objects"][0]["errors"].size() >= 4);
}

TEST_CASE("validate reads keys as the webhook does", "[cli]") {
  const World world;
  const auto publisher = [](std::string_view name, const std::string& pem) {
    std::string indented = "        ";
    for (const char c : pem) indented += c == '\n' ? std::string("\n        ") : std::string(1, c);
    return fmt::format(
        "apiVersion: hullwright.dev/v1alpha1\nkind: TrustedPublisher\nmetadata: {{name: {}}}\nspec:\n"
        "  displayName: Acme\n  repositories: ['registry.example/**']\n  verification: Signature\n  authorities:\n"
        "  - name: release\n    type: Key\n    key:\n      transparencyLog: Ignore\n      pem: |\n{}\n---\n",
        name, indented);
  };
  const std::string file =
      world.Write("keys.yaml", publisher("good", hullwright::testing::MintedKey(hullwright::testing::MintedKey::kP256).Pem()) +
                                   publisher("weak", hullwright::testing::MintedKey(hullwright::testing::MintedKey::kRsa1024).Pem()));
  const auto output = world.Run({"validate", file});
  CAPTURE(output.out);
  CHECK(output.code == ExitCode::kViolation);
  CHECK(output.out.contains("TrustedPublisher/weak: spec.authorities[0].key.pem: "));
  CHECK(output.out.contains("1024 bits"));
  CHECK(output.out.ends_with("1 object valid, 1 invalid\n"));
}

TEST_CASE("validate finds an object that is there twice and a kind that does not exist", "[cli]") {
  const World world;
  const std::string publisher =
      "apiVersion: hullwright.dev/v1alpha1\nkind: TrustedPublisher\nmetadata: {name: acme}\n"
      "spec: {repositories: ['registry.example/**'], verification: NameOnly}\n";
  const auto twice = world.Run({"validate", "-"}, publisher + "---\n" + publisher);
  CHECK(twice.code == ExitCode::kViolation);
  CHECK(twice.out.contains("is already defined at <stdin>:1"));
  const auto unknown = world.Run({"validate", "-"}, "apiVersion: hullwright.dev/v1alpha1\nkind: TrustedPublisher2\nmetadata: {name: a}\n");
  CHECK(unknown.code == ExitCode::kViolation);
}

TEST_CASE("validate refuses what the webhook would take for a policy that nobody can read", "[cli]") {
  const World world;
  const auto misspelt =
      world.Run({"validate", "-"}, "apiVersion: hullwrigt.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {name: a}\n");
  CHECK(misspelt.code == ExitCode::kViolation);
  CHECK(misspelt.out.contains("write hullwright.dev/v1alpha1"));
  CHECK(misspelt.out.ends_with("0 objects valid, 1 invalid\n"));
  world.Write("policies/kustomization.yaml", "resources: [production.yaml]\n");
  const auto kindless = world.Run({"validate", world.Path("policies")});
  CHECK(kindless.code == ExitCode::kCouldNotTell);
  CHECK(kindless.out.contains("kustomization.yaml:1: unreadable: no Kubernetes object"));
}

TEST_CASE("validate does not pass where there is nothing to validate", "[cli]") {
  const World world;
  const auto output = world.Run({"validate", "-"}, World::Pod("api", "nginx"));
  CHECK(output.code == ExitCode::kCouldNotTell);
  CHECK(output.err.contains("nothing was validated"));
  CHECK(output.out.contains("Pod shop/api: skipped: no Hullwright object"));
  CHECK(world.Run({"validate", world.Path("missing.yaml")}).code == ExitCode::kCouldNotTell);
}

}  // namespace hullwright::cli::testing
