// verify-bundle: bundles of a private Sigstore minted here, and the published ones with the verdicts of their suites.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "support/minted_signature.h"
#include "support/paths.h"
#include "support/trusted_root_json.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Catch::Matchers::Contains;
using hullwright::testing::MintedKey;
using hullwright::testing::MintedSigstore;
using hullwright::testing::SignatureShape;
using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

const std::string kIdentity = "https://ci.example/release.yml@refs/heads/main";
const std::string kIssuer = "https://issuer.example";

struct Bench {
  World world;
  MintedSigstore sigstore;
  std::string root = world.Write("trusted_root.json", hullwright::testing::TrustedRootJson(sigstore.Root()));
  std::string key = world.Write("key.pub", sigstore.key.Pem());
  std::string artifact = world.Write("artifact", sigstore.artifact);
  std::string digest = sigstore.ArtifactDigest().text();

  std::string Bundle(const SignatureShape& shape) const { return world.Write("bundle.json", sigstore.Bundle(shape).dump()); }
  // In the order in which the conformance suite gives them.
  CommandOutput Verify(const std::string& bundle, const Arguments& signer, const std::string& what) const {
    Arguments arguments{"verify-bundle", "--bundle", bundle};
    arguments.insert(arguments.end(), signer.begin(), signer.end());
    arguments.insert(arguments.end(), {"--trusted-root", root, what});
    return world.Run(arguments);
  }
  Arguments Identity(const std::string& identity = kIdentity, const std::string& issuer = kIssuer) const {
    return {"--certificate-identity", identity, "--certificate-oidc-issuer", issuer};
  }
};

// One published case, in each of its modes; nullopt: it asks for something that this protocol has no words for.
std::optional<std::vector<Arguments>> CommandLinesOf(const Json& vector, const std::filesystem::path& folder) {
  const auto has = [&](const char* member) { return vector.contains(member) && vector[member].is_string(); };
  const Json options = vector.contains("options") && vector["options"].is_object() ? vector["options"] : Json::object();
  for (const auto& [name, value] : options.items())
    if (name != "modes" && name != "disagreement") return std::nullopt;
  const bool by_key = has("key"), by_identity = has("identity") && has("issuer");
  if (by_key == by_identity || !has("file") || !has("trusted_root")) return std::nullopt;
  const auto path = [&](const char* member) { return (folder / vector[member].get<std::string>()).string(); };
  Arguments line{"verify-bundle", "--bundle", path("file")};
  if (by_key)
    line.insert(line.end(), {"--key", path("key")});
  else
    line.insert(line.end(), {"--certificate-identity", vector["identity"], "--certificate-oidc-issuer", vector["issuer"]});
  line.insert(line.end(), {"--trusted-root", path("trusted_root")});
  const bool has_artifact = has("artifact");
  std::vector<Arguments> lines;
  for (const Json& mode : options.value("modes", Json::array({has_artifact ? "artifact" : "digest"}))) {
    lines.push_back(line);
    lines.back().push_back(mode == "artifact" ? path("artifact") : vector["artifact_digest"].get<std::string>());
  }
  return lines;
}

}  // namespace

TEST_CASE("a bundle of the file or of its digest passes under exactly its identity and issuer", "[cli]") {
  const Bench bench;
  const std::string bundle = bench.Bundle(
      {.statement = GENERATE(true, false), .log = GENERATE(hullwright::testing::LogForm::kRekor1, hullwright::testing::LogForm::kRekor2)});
  for (const std::string& what : {bench.artifact, bench.digest}) {
    const auto output = bench.Verify(bundle, bench.Identity(), what);
    INFO(output.err);
    CHECK(output.code == ExitCode::kPass);
    CHECK_THAT(output.out, Contains(what) && Contains("signed by " + kIdentity + " by " + kIssuer) && Contains("at 2026-03-01T"));
  }
  const auto other = bench.Verify(bundle, bench.Identity(kIdentity + "x"), bench.artifact);
  CHECK(other.code == ExitCode::kViolation);
  CHECK(other.out.empty());
  CHECK_THAT(other.err, Contains("identity: signed by " + kIdentity + " by " + kIssuer + "; wanted is the subject \"" + kIdentity + "x\""));
  CHECK(bench.Verify(bundle, bench.Identity(kIdentity, kIssuer + "/"), bench.artifact).code == ExitCode::kViolation);
  CHECK(bench.Verify(bundle, {"--key", bench.key}, bench.artifact).code == ExitCode::kViolation);
  CHECK(bench.Verify(bundle, bench.Identity(), bench.world.Write("other", "another artifact")).code == ExitCode::kViolation);
  CHECK(bench.Verify(bundle, bench.Identity(), "sha256:" + std::string(64, 'a')).code == ExitCode::kViolation);
}

TEST_CASE("a bundle by a key passes with that key and no other", "[cli]") {
  const Bench bench;
  const std::string bundle = bench.Bundle({.by_key = true});
  const auto right = bench.Verify(bundle, {"--key", bench.key}, bench.artifact);
  INFO(right.err);
  CHECK(right.code == ExitCode::kPass);
  CHECK_THAT(right.out, Contains("signed by key " + bench.sigstore.PublicKey().Fingerprint()));
  const std::string stranger = bench.world.Write("stranger.pub", MintedKey(MintedKey::kP256).Pem());
  const auto wrong = bench.Verify(bundle, {"--key", stranger}, bench.artifact);
  CHECK(wrong.code == ExitCode::kViolation);
  CHECK_THAT(wrong.err, Contains(bundle + ": signature: "));
  CHECK(bench.Verify(bundle, bench.Identity(), bench.artifact).code == ExitCode::kViolation);
}

TEST_CASE("what cannot be read is no verdict, and a signer is named exactly once", "[cli]") {
  const Bench bench;
  const std::string bundle = bench.Bundle({});
  CHECK(bench.Verify("absent.json", bench.Identity(), bench.artifact).code == ExitCode::kCouldNotTell);
  const auto absent = bench.Verify(bundle, bench.Identity(), "absent");
  CHECK(absent.code == ExitCode::kCouldNotTell);
  CHECK(absent.err == "hullctl: absent: there is no such file or folder\n");
  CHECK(bench.Verify(bundle, {}, bench.artifact).code == ExitCode::kUsage);
  CHECK(bench.Verify(bundle, {"--key", bench.key, "--certificate-identity", "a", "--certificate-oidc-issuer", "b"}, bench.artifact).code ==
        ExitCode::kUsage);
  CHECK(bench.Verify(bundle, {"--certificate-identity", "a"}, bench.artifact).code == ExitCode::kUsage);
  const auto no_root = bench.world.Run({"verify-bundle", "--bundle", bundle, "--key", bench.key, bench.artifact});
  CHECK(no_root.code == ExitCode::kCouldNotTell);
  CHECK_THAT(no_root.err, Contains("--trusted-root") && Contains("HULLCTL_TRUSTED_ROOT"));
  const auto staging = bench.world.Run({"verify-bundle", "--staging", "--bundle", bundle, "--key", bench.key, bench.artifact});
  CHECK_THAT(staging.err, Contains("staging instance"));
}

TEST_CASE("published bundles get the verdict of their suite", "[cli]") {
  const std::filesystem::path folder = hullwright::testing::SourcePath("../shared/vectors");
  std::ifstream file(folder / "index.json");
  if (!file) {
    std::cout << "absent: ../shared/vectors/index.json (published bundles are not run)\n";
    return;
  }
  const World world;
  std::size_t run = 0;
  const Json index = Json::parse(file);
  for (const Json& vector : index["vectors"]) {
    const auto lines = vector["kind"] == "sigstore-bundle" ? CommandLinesOf(vector, folder) : std::nullopt;
    for (const Arguments& line : lines.value_or(std::vector<Arguments>())) {
      const auto output = world.Run(line);
      INFO(vector["id"] << ": " << output.err);
      CHECK((output.code == ExitCode::kPass) == (vector["expect"] == "valid"));
      CHECK(output.code != ExitCode::kUsage);
      ++run;
    }
  }
  CHECK(run >= 90);
}

}  // namespace hullwright::cli::testing
