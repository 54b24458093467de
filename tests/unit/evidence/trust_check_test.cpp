#include "evidence/trust_check.h"

#include <catch2/catch.hpp>

#include "base/yaml.h"
#include "support/minted_certificate.h"
#include "support/minted_revocation.h"
#include "support/minted_sigstore.h"
#include "support/minted_tuf.h"
#include "unit/evidence/fixtures.h"

namespace hullwright::evidence {
namespace {

using testing::MintedChain;
using testing::MintedKey;
using testing::ToPem;

// The text as a YAML block of a member that stands at this depth.
std::string Block(std::string_view text) {
  std::string block = "|\n";
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    block += "          " + std::string(text.substr(start, end - start)) + "\n";
    start = end + 1;
  }
  return block;
}

// What is wrong with an object that decodes; the messages, joined.
std::string MistakesIn(std::string_view kind, const std::string& spec) {
  const auto documents =
      ReadYaml(fmt::format("apiVersion: hullwright.dev/v1alpha1\nkind: {}\nmetadata: {{name: a}}\nspec:\n{}", kind, spec));
  REQUIRE(documents);
  const auto object = Decode(documents->front().json);
  INFO((object ? "" : object.error().message));
  REQUIRE(object);
  return fmt::format("{}", fmt::join(MistakesInTrustMaterial(*object), "; "));
}

std::string KeyMistakes(const std::string& pem) {
  return MistakesIn("TrustedPublisher",
                    "  displayName: Acme\n  repositories: [\"registry.example/**\"]\n  verification: Signature\n  authorities:\n"
                    "  - {name: ci, type: Keyless, keyless: {issuer: \"https://issuer.example\", subject: ann}}\n"
                    "  - name: release\n    type: Key\n    key:\n      transparencyLog: Ignore\n      pem: " +
                        Block(pem));
}

std::string NotationMistakes(const std::string& field, const std::string& pem) {
  const MintedChain good(MintedKey::kP256);
  const std::string certificates = field == "certificates" ? "" : "    certificates:\n      pem: " + Block(ToPem(good.root));
  return MistakesIn("TrustRoot", "  type: Notation\n  notation:\n" + certificates + "    " + field + ":\n      pem: " + Block(pem));
}

std::string DocumentMistakes(std::string_view type, const std::string& start, const std::string& json) {
  return MistakesIn("TrustRoot", fmt::format("  type: {}\n  {}\n      json: {}", type, start, Block(json)));
}

TEST_CASE("a key is taken, and what only looks like one is refused with its field and what would be right", "[evidence]") {
  CHECK(KeyMistakes(MintedKey(MintedKey::kP256).Pem()).empty());
  CHECK(KeyMistakes(MintedKey(MintedKey::kEd25519).Pem()).empty());
  const std::string garbage = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
  CHECK_THAT(KeyMistakes(garbage), Catch::StartsWith("spec.authorities[1].key.pem: ") && Catch::Contains("cosign public-key"));
  CHECK_THAT(KeyMistakes(MintedKey(MintedKey::kRsa1024).Pem()), Catch::Contains("1024 bits"));
  CHECK_THAT(KeyMistakes(MintedKey(MintedKey::kSecp256k1).Pem()), Catch::Contains("secp256k1"));
}

TEST_CASE("every extension that an object may name is one that certificates are matched by", "[evidence]") {
  for (const std::string_view name : {"buildSignerURI",
                                      "buildSignerDigest",
                                      "runnerEnvironment",
                                      "sourceRepositoryURI",
                                      "sourceRepositoryDigest",
                                      "sourceRepositoryRef",
                                      "sourceRepositoryIdentifier",
                                      "sourceRepositoryOwnerURI",
                                      "sourceRepositoryOwnerIdentifier",
                                      "buildConfigURI",
                                      "buildConfigDigest",
                                      "buildTrigger",
                                      "runInvocationURI",
                                      "sourceRepositoryVisibilityAtSigning",
                                      "deploymentEnvironment",
                                      "githubWorkflowTrigger",
                                      "githubWorkflowSHA",
                                      "githubWorkflowName",
                                      "githubWorkflowRepository",
                                      "githubWorkflowRef"}) {
    CHECK(MistakesIn("TrustedPublisher",
                     fmt::format("  displayName: Acme\n  repositories: [\"registry.example/**\"]\n  verification: Signature\n"
                                 "  authorities: [{{name: ci, type: Keyless, keyless: {{issuer: \"https://issuer.example\", subject: ann, "
                                 "extensions: {{{}: a}}}}}}]\n",
                                 name))
              .empty());
  }
}

TEST_CASE("names of Notary Project signers are read as they will be matched", "[evidence]") {
  const auto mistakes = [](std::string_view identities) {
    return MistakesIn(
        "TrustedPublisher",
        fmt::format("  displayName: Acme\n  repositories: [\"registry.example/**\"]\n  verification: Signature\n"
                    "  authorities: [{{name: ci, type: Notation, notation: {{trustRootRef: {{name: ca}}, identities: [{}]}}}}]\n",
                    identities));
  };
  CHECK(mistakes(R"("x509.subject: C=US, ST=WA, O=acme")").empty());
  CHECK_THAT(mistakes(R"("x509.subject: C=US, ST=WA, O=acme", "x509.subject: C=US, ST=WA, O=acme, CN=ci")"),
             Catch::StartsWith("spec.authorities[0].notation.identities: ") && Catch::Contains("overlap"));
}

TEST_CASE("trust stores hold certificates that may stand there", "[evidence]") {
  const MintedChain chain(MintedKey::kP256);
  const std::string garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const std::string field : {"certificates", "signingAuthorities", "timestampCertificates"}) {
    CHECK(NotationMistakes(field, ToPem(chain.root)).empty());
    CHECK_THAT(NotationMistakes(field, garbage), Catch::StartsWith("spec.notation." + field + ".pem: "));
    CHECK_THAT(NotationMistakes(field, ToPem(chain.root) + ToPem(chain.leaf)), Catch::StartsWith("spec.notation." + field + ".pem: "));
  }
}

TEST_CASE("revocation lists are read one by one, and the one that is none is counted", "[evidence]") {
  const MintedChain chain(MintedKey::kP256);
  testing::CrlShape shape;
  shape.this_update = Time{std::chrono::sys_days{std::chrono::March / 1 / 2026}};
  shape.next_update = shape.this_update + std::chrono::days(7);
  const auto pem = [](const std::string& der) { return testing::ToPem(der, "X509 CRL"); };
  const std::string good = pem(testing::MintCrl(shape, chain.root, chain.root_key));
  CHECK(NotationMistakes("revocationLists", good).empty());
  shape.extensions = {{"issuingDistributionPoint", "critical,indirectCRL:TRUE"}};
  const std::string indirect = pem(testing::MintCrl(shape, chain.root, chain.root_key));
  CHECK_THAT(NotationMistakes("revocationLists", good + indirect), Catch::Contains("block 2") && Catch::Contains("indirect"));
  CHECK_THAT(NotationMistakes("revocationLists", pem(chain.root)), Catch::Contains("block 1"));
}

TEST_CASE("documents of Sigstore are read whole", "[evidence]") {
  const std::string good =
      R"({"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"certificateAuthorities":[],"ctlogs":[],"timestampAuthorities":[]})";
  CHECK(DocumentMistakes("Sigstore", "sigstore:\n    trustedRoot:", good).empty());
  CHECK_THAT(DocumentMistakes("Sigstore", "sigstore:\n    trustedRoot:", R"({"mediaType":"text/plain"})"),
             Catch::StartsWith("spec.sigstore.trustedRoot.json: ") && Catch::Contains("text/plain"));
}

TEST_CASE("the root from which a TUF repository is trusted is signed as it says itself", "[evidence]") {
  const testing::TufRepository repository;
  const std::string start = "tuf:\n    mirror: https://tuf.example\n    initialRoot:";
  CHECK(DocumentMistakes("TUF", start, repository.Root(1)).empty());
  const std::string half = testing::SignTuf(testing::TufRootPart(1, {&repository.a, &repository.b}, 2, repository.online), {&repository.a});
  CHECK_THAT(DocumentMistakes("TUF", start, half), Catch::StartsWith("spec.tuf.initialRoot.json: ") && Catch::Contains("signed by 1"));
}

TEST_CASE("the authorities of a registry's certificate are certificates", "[evidence]") {
  const MintedChain chain(MintedKey::kP256);
  const auto mistakes = [](const std::string& pem) {
    return MistakesIn("Registry", "  host: registry.example\n  ca:\n      pem: " + Block(pem));
  };
  CHECK(mistakes(ToPem(chain.root)).empty());
  CHECK_THAT(mistakes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Catch::StartsWith("spec.ca.pem: "));
}

TEST_CASE("what is only referred to is not looked at, and neither is a kind without such material", "[evidence]") {
  CHECK(MistakesIn("Registry", "  host: registry.example\n  ca: {configMapKeyRef: {name: ca, key: ca.crt}}\n").empty());
  CHECK(MistakesIn("ClusterImageAdmissionPolicy", "  enforcement: {newImages: Deny}\n  rules: {reference: {digest: Pinned}}\n").empty());
}

}  // namespace
}  // namespace hullwright::evidence
