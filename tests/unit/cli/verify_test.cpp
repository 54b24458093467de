// verify and resolve over layout folders: images signed with keys and by a private Sigstore that are minted here.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/cosign_signature.h"
#include "support/layout_folder.h"
#include "support/minted_signature.h"
#include "support/trusted_root_json.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

using Catch::Matchers::Contains;
using hullwright::testing::LayoutFolder;
using hullwright::testing::MintedKey;
using hullwright::testing::MintedSigstore;
using hullwright::testing::RefName;
using hullwright::testing::SimpleSigningPayload;
using Json = nlohmann::json;

const std::string kRepository = "registry.example/shop/api";
const std::string kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

// A layout with one image, tagged 1, and who may sign it.
struct Bench {
  World world;
  LayoutFolder layout;
  MintedKey key{MintedKey::kP256}, stranger{MintedKey::kP256};
  std::string key_file = world.Write("key.pub", key.Pem());
  Digest image = layout.Push({.layers = {{"application/x", "layer"}}}, RefName("1"));
  std::string tagged = kRepository + ":1", pinned = kRepository + "@" + image.text();

  void Sign(const std::vector<const MintedKey*>& keys) {
    hullwright::testing::ManifestParts parts;
    for (const MintedKey* one : keys) parts.layers.push_back(SignedLayer(*one, SimpleSigningPayload(image, kRepository)));
    layout.Push(parts, RefName(fmt::format("sha256-{}.sig", image.hex())));
  }
  CommandOutput Verify(std::vector<std::string> arguments, Terminal terminal = {}) const {
    arguments.insert(arguments.begin(), "verify");
    arguments.insert(arguments.end(), {"--layout", layout.path()});
    return world.Run(arguments, "", terminal);
  }
  CommandOutput VerifyByKey(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{tagged, "--key", key_file, "--transparency-log", "Ignore"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Verify(arguments);
  }
};

// The same for a Sigstore: the artifact is the manifest, a bundle refers to it.
struct SigstoreBench {
  World world;
  LayoutFolder layout;
  MintedSigstore sigstore;
  std::string root = world.Write("trusted_root.json", hullwright::testing::TrustedRootJson(sigstore.Root()));
  std::string image;

  SigstoreBench() {
    sigstore.artifact = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
                        R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":)"
                        R"("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]})";
    image = kRepository + "@" + sigstore.ArtifactDigest().text();
  }

  void Refer(const hullwright::testing::SignatureShape& shape) {
    layout.PutBlob(sigstore.artifact);
    layout.Push({.artifact_type = kBundleType,
                 .layers = {{kBundleType, sigstore.Bundle(shape).dump()}},
                 .subject = {{sigstore.ArtifactDigest(), sigstore.artifact.size()}}});
  }
  CommandOutput Verify(const std::string& identity, const std::string& issuer, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{
        "verify", image, "--layout", layout.path(), "--trusted-root", root, "--certificate-identity", identity, "--certificate-oidc-issuer",
        issuer};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return world.Run(arguments);
  }
};

const std::string kIdentity = "https://ci.example/release.yml@refs/heads/main";
const std::string kIssuer = "https://issuer.example";

}  // namespace

TEST_CASE("an image signed by the key passes, and the answer names digest, signature and key", "[cli]") {
  Bench bench;
  bench.Sign({&bench.key});
  const auto output = bench.VerifyByKey();
  INFO(output.out << output.err);
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains(bench.tagged) && Contains(bench.image.text()) && Contains("wanted  --key: key sha256:") &&
                             Contains("(ECDSA P-256); no transparency log is asked for") && Contains("found   cosign signature") &&
                             Contains("✓ --key: key sha256:"));
}

TEST_CASE("a signature by another key is a violation that names the step, the find and the key that was wanted", "[cli]") {
  Bench bench;
  bench.Sign({&bench.stranger});
  const auto output = bench.VerifyByKey();
  INFO(output.out << output.err);
  CHECK(output.code == ExitCode::kViolation);
  CHECK_THAT(output.out, Catch::StartsWith("REFUSED") && Contains("✗ --key: signature: ") && Contains("why     SignatureInvalid: ") &&
                             Contains("to do   "));
}

TEST_CASE("every signature is told with what each signer made of it", "[cli]") {
  Bench bench;
  bench.Sign({&bench.stranger, &bench.key});
  const auto output = bench.VerifyByKey({"-o", "json"});
  CHECK(output.code == ExitCode::kPass);
  const Json json = Json::parse(output.out);
  CHECK(json["schema"] == "hullctl/verify/v1");
  CHECK(json["verdict"] == "pass");
  CHECK(json["objects"][0]["images"][0]["digest"] == bench.image.text());
  REQUIRE(json["found"].size() == 2);
  const Json &first = json["found"][0]["trials"][0], &second = json["found"][1]["trials"][0];
  CHECK(first["accepted"] == false);
  CHECK(first["step"] == "signature");
  CHECK(second["accepted"] == true);
  CHECK_THAT(second["identity"].get<std::string>(), Catch::StartsWith("key sha256:"));
  CHECK(json["sought"][0]["repository"] == kRepository);
  CHECK_THAT(json["sought"][0]["authorities"][0]["wanted"].get<std::string>(), Catch::StartsWith("key sha256:"));
}

TEST_CASE("an unsigned image is refused, telling where nothing was found", "[cli]") {
  const Bench bench;
  const auto output = bench.VerifyByKey();
  CHECK(output.code == ExitCode::kViolation);
  CHECK_THAT(output.out,
             Contains("found   nothing that claims to be a signature, in " + kRepository) && Contains("why     SignatureMissing"));
}

TEST_CASE("an image that is not in the layout is absent; one whose layout cannot be read could not be told", "[cli]") {
  const Bench bench;
  const auto absent = bench.Verify({kRepository + ":2", "--key", bench.key_file, "--transparency-log", "Ignore"});
  CHECK_THAT(absent.out, Contains("its digest is not known") && Contains("ImageAbsent") && Contains("it holds 1"));
  CHECK(absent.code == ExitCode::kViolation);
  const auto no_layout = bench.world.Run(
      {"verify", bench.tagged, "--key", bench.key_file, "--transparency-log", "Ignore", "--layout", bench.world.Path("policies")});
  CHECK(no_layout.code == ExitCode::kCouldNotTell);
  CHECK_THAT(no_layout.err, Contains("--layout: ") && Contains("this is no OCI layout"));
}

TEST_CASE("a signature whose bytes are not those of its digest counts for nothing, and is told as such", "[cli]") {
  Bench bench;
  bench.Sign({&bench.key});
  const std::string payload = SimpleSigningPayload(bench.image, kRepository);
  bench.layout.Write(fmt::format("blobs/sha256/{}", bench.layout.PutBlob(payload).hex()), "{}" + payload.substr(2));
  const auto output = bench.VerifyByKey();
  INFO(output.out);
  CHECK(output.code == ExitCode::kViolation);
  CHECK_THAT(output.out, Catch::StartsWith("REFUSED") && Contains("RegistryMismatch"));
}

TEST_CASE("a keyless signature passes under exactly its identity and issuer", "[cli]") {
  SigstoreBench bench;
  bench.Refer({});
  const auto right = bench.Verify(kIdentity, kIssuer);
  INFO(right.out << right.err);
  CHECK(right.code == ExitCode::kPass);
  CHECK_THAT(right.out, Contains("✓ --certificate-identity: " + kIdentity + " by " + kIssuer + ", signed at 2026-03-01T"));
  const auto other = bench.Verify(kIdentity + "2", kIssuer);
  CHECK(other.code == ExitCode::kViolation);
  CHECK_THAT(other.out, Contains("✗ --certificate-identity: identity: signed by " + kIdentity + " by " + kIssuer) &&
                            Contains("wanted is the subject \"" + kIdentity + "2\"") && Contains("IdentityMismatch"));
  CHECK(bench.Verify(kIdentity, kIssuer + "/").code == ExitCode::kViolation);
  const auto pattern = [&](const std::string& text) {
    return bench.world.Run({"verify", bench.image, "--layout", bench.layout.path(), "--trusted-root", bench.root,
                            "--certificate-identity-regexp", text, "--certificate-oidc-issuer", kIssuer});
  };
  CHECK(pattern("https://ci\\.example/.*").code == ExitCode::kPass);
  CHECK(pattern("https://ci\\.example/").code == ExitCode::kViolation);  // the whole identity must match
}

TEST_CASE("a certificate without a log promise passes only where none is asked for", "[cli]") {
  SigstoreBench bench;
  bench.Refer({.promised_certificate = false});
  CHECK(bench.Verify(kIdentity, kIssuer).code == ExitCode::kViolation);
  CHECK(bench.Verify(kIdentity, kIssuer, {"--certificate-transparency", "Ignore"}).code == ExitCode::kPass);
}

TEST_CASE("a keyless signature that stands in no log passes only where none is asked for, by its time-stamp", "[cli]") {
  SigstoreBench bench;
  bench.Refer({.log = hullwright::testing::LogForm::kTimeStamp});
  CHECK(bench.Verify(kIdentity, kIssuer).code == ExitCode::kViolation);
  const auto output = bench.Verify(kIdentity, kIssuer, {"--transparency-log", "Ignore"});
  INFO(output.out << output.err);
  CHECK(output.code == ExitCode::kPass);
  CHECK_THAT(output.out, Contains("with a time-stamp, no transparency log is asked for"));
}

TEST_CASE("an attestation is asked for by its type, and is no signature", "[cli]") {
  SigstoreBench bench;
  bench.Refer({.predicate_type = "https://example.com/checked/v1"});
  const auto attestation = bench.Verify(kIdentity, kIssuer, {"--attestation", "https://example.com/checked/v1"});
  INFO(attestation.out << attestation.err);
  CHECK(attestation.code == ExitCode::kPass);
  const auto signature = bench.Verify(kIdentity, kIssuer);
  CHECK(signature.code == ExitCode::kViolation);
  CHECK_THAT(signature.out, Contains("found   Sigstore bundle of type https://example.com/checked/v1") && Contains("nobody asked for it"));
}

TEST_CASE("policies say who must have signed, and their scans count too", "[cli]") {
  Bench bench;
  bench.Sign({&bench.key});
  std::filesystem::remove(bench.world.Path("policies/production.yaml"));
  std::string pem;
  for (const char c : bench.key.Pem()) pem += c == '\n' ? std::string("\n        ") : std::string(1, c);
  bench.world.Write("policies/trust.yaml", fmt::format(R"(
apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {{name: shop}}
spec:
  displayName: Shop
  repositories: ["registry.example/shop/**"]
  verification: Signature
  authorities:
  - name: release
    type: Key
    key:
      transparencyLog: Ignore
      pem: |
        {}
---
apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {{name: signed}}
spec:
  enforcement: {{newImages: Deny}}
  rules: {{publishers: {{refs: [{{name: shop}}]}}}}
)",
                                                       pem));
  const auto signed_one = bench.Verify({bench.tagged, "--policies", bench.world.Path("policies")});
  INFO(signed_one.out << signed_one.err);
  CHECK(signed_one.code == ExitCode::kPass);
  CHECK_THAT(signed_one.out, Contains("wanted  shop/release: key sha256:") && Contains("✓ shop/release: key sha256:"));
  const auto same = bench.Verify({"--policy", bench.world.Path("policies"), bench.pinned});
  CHECK(same.code == ExitCode::kPass);
  // check, with the same layout, says the same of a Pod that names the tag; without it nobody can tell.
  const auto check = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"check", "-f", "-", "--policies", bench.world.Path("policies")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return bench.world.Run(arguments, World::Pod("api", bench.tagged));
  };
  CHECK(check({"--layout", bench.layout.path()}).code == ExitCode::kPass);
  CHECK(check({}).code == ExitCode::kCouldNotTell);
  CHECK_THAT(check({"--plain-http", "registry.example"}).err, Contains("add --registry"));
}

TEST_CASE("a signer that cannot be used is told with its option and file, before anything is asked", "[cli]") {
  const Bench bench;
  const std::string broken = bench.world.Write("broken", "no key"), key = bench.key_file;
  const auto [arguments, code, text] = GENERATE_COPY(table<std::vector<std::string>, ExitCode, std::string>({
      {{}, ExitCode::kUsage, "say who must have signed: --policies DIR, --key FILE, or --certificate-identity with its issuer"},
      {{"--key", key}, ExitCode::kUsage, "--key needs --trusted-root"},
      {{"--key", key, "--certificate-identity", "a"}, ExitCode::kUsage, "name two signers: give one"},
      {{"--certificate-identity", "a"}, ExitCode::kUsage, "--certificate-oidc-issuer go together"},
      {{"--certificate-identity", "a", "--certificate-oidc-issuer", "b"}, ExitCode::kUsage, "--certificate-identity needs --trusted-root"},
      {{"--certificate-identity-regexp", "(", "--certificate-oidc-issuer", "https://b", "--trusted-root", broken},
       ExitCode::kCouldNotTell,
       "--trusted-root " + broken + ": "},
      {{"--key", key, "--policies", "x"}, ExitCode::kUsage, "exclude each other"},
      {{"--key", broken, "--transparency-log", "Ignore"}, ExitCode::kCouldNotTell, "--key " + broken + ": "},
      {{"--key", "absent.pub", "--transparency-log", "Ignore"},
       ExitCode::kCouldNotTell,
       "--key absent.pub: there is no such file or folder"},
      {{"--key", key, "--transparency-log", "No"}, ExitCode::kUsage, "No is none of Required, Ignore"},
  }));
  std::vector<std::string> all{bench.tagged};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto output = bench.Verify(all);
  CAPTURE(arguments, output.out);
  CHECK(output.code == code);
  CHECK(output.out.empty());
  CHECK_THAT(output.err, Contains(text) && Catch::StartsWith("hullctl: "));
}

TEST_CASE("a malformed identity pattern is a wrong command line", "[cli]") {
  const SigstoreBench bench;
  const auto output = bench.world.Run({"verify", bench.image, "--layout", bench.layout.path(), "--trusted-root", bench.root,
                                       "--certificate-identity-regexp", "(", "--certificate-oidc-issuer", kIssuer});
  CHECK(output.code == ExitCode::kUsage);
  CHECK_THAT(output.err, Contains("subjectRegExp"));
}

TEST_CASE("resolve prints the digest of the bytes, a line for each image, or in JSON with its platforms", "[cli]") {
  const World world;
  LayoutFolder layout;
  const std::string config = R"({"os": "linux", "architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": []}})";
  const Digest one = layout.Push({.config = config, .layers = {{"application/x", "one"}}}, RefName("1"));
  const Digest two = layout.Push({.config = config, .layers = {{"application/x", "two"}}}, RefName("2"));
  const auto lines = world.Run({"resolve", kRepository + ":1", kRepository + ":2", "--layout", layout.path()});
  CHECK(lines.code == ExitCode::kPass);
  CHECK(lines.out == fmt::format("{0}@{1}\n{0}@{2}\n", kRepository, one.text(), two.text()));
  const auto json = Json::parse(world.Run({"resolve", kRepository + "@" + one.text(), "--layout", layout.path(), "-o", "json"}).out);
  CHECK(json["images"][0]["resolved"] == kRepository + "@" + one.text());
  CHECK(json["images"][0]["platforms"] == Json::array({{{"platform", "linux/arm64"}, {"digest", one.text()}}}));
}

TEST_CASE("of several images one that is absent leaves resolve without half an answer", "[cli]") {
  const World world;
  LayoutFolder layout;
  const Digest one = layout.Push({.layers = {{"application/x", "one"}}}, RefName("1"));
  const auto lines = world.Run({"resolve", kRepository + ":1", kRepository + ":9", "--layout", layout.path()});
  CHECK(lines.code == ExitCode::kViolation);
  CHECK(lines.out.empty());
  CHECK_THAT(lines.err, Catch::StartsWith("hullctl: " + kRepository + ":9: ImageAbsent: "));
  const auto json =
      Json::parse(world.Run({"resolve", kRepository + ":1", kRepository + ":9", "--layout", layout.path(), "-o", "json"}).out);
  CHECK(json["images"][0]["digest"] == one.text());
  CHECK(json["images"][1]["reason"] == "ImageAbsent");
  std::filesystem::remove(layout.BlobPath(one));
  CHECK(world.Run({"resolve", "not an image", "--layout", layout.path()}).code == ExitCode::kUsage);
}

}  // namespace hullwright::cli::testing
