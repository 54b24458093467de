// The fixtures themselves: what the real tools sign, the real tools accept. Without this a test of our own verifier shows little.
#include <catch2/catch.hpp>

#include "support/registry_process.h"
#include "support/signing_stack.h"
#include "support/signing_tools.h"

using namespace hullwright::testing;

namespace {

constexpr std::string_view kWorkflow = "acme/ci/.github/workflows/release.yml@refs/heads/main";

using Arguments = std::vector<std::string>;

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// What every call of cosign here needs, to stay on loopback.
Arguments Local(const std::string& command) {
  return {command, "--allow-http-registry", "--trusted-root", SigningStack::Shared().trusted_root()};
}

void Succeeds(const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.exit == 0);
}

void Fails(const ProcessResult& result) {
  CAPTURE(result.out, result.err);
  CHECK(result.exit != 0);
}

struct Bench {
  explicit Bench(RegistryKind kind) : registry(kind), image(registry.host() + "/shop/api") {
    digest = tools.PushImage(image + ":1");
    reference = image + "@" + digest;
  }
  RegistryProcess registry;
  SigningTools tools;
  std::string image, digest, reference;
};

}  // namespace

TEST_CASE("A registry is there again with its content after an outage", "[signers]") {
  Bench bench(GENERATE(RegistryKind::kReferrersApi, RegistryKind::kFallbackTag));
  const std::string host = bench.registry.host();
  bench.registry.Stop();
  CHECK_THROWS(bench.tools.PushImage(bench.image + ":2"));
  bench.registry.Start();
  CHECK(bench.registry.host() == host);
  CHECK(bench.tools.PushIndex(bench.image + ":all", {bench.reference}) != bench.digest);
}

TEST_CASE("cosign accepts what cosign signed with a key, and nothing else, in either registry", "[signers]") {
  Bench bench(GENERATE(RegistryKind::kReferrersApi, RegistryKind::kFallbackTag));
  auto& stack = SigningStack::Shared();
  const auto key = bench.tools.MakeCosignKey("key", "ecdsa-p256"), other = bench.tools.MakeCosignKey("other", "ecdsa-p256");
  const Arguments without_log = {"--insecure-ignore-tlog", bench.reference};
  Fails(bench.tools.Cosign(Local("verify") + Arguments{"--key", key.public_key} + without_log));
  Succeeds(bench.tools.Cosign(Local("sign") +
                              Arguments{"--yes", "--key", key.private_key, "--signing-config", stack.local_config(), bench.reference}));
  Succeeds(bench.tools.Cosign(Local("verify") + Arguments{"--key", key.public_key} + without_log));
  Fails(bench.tools.Cosign(Local("verify") + Arguments{"--key", other.public_key} + without_log));
  Fails(bench.tools.Cosign(Local("verify") + Arguments{"--key", key.public_key, bench.reference}));  // not in a log
}

TEST_CASE("cosign accepts what a person or a workflow signed without a key, under exactly that identity", "[signers]") {
  Bench bench(GENERATE(RegistryKind::kReferrersApi, RegistryKind::kFallbackTag));
  auto& stack = SigningStack::Shared();
  const bool person = GENERATE(true, false);
  const std::string token = person ? stack.PersonToken("alice@example.com") : stack.WorkflowToken("acme/shop", std::string(kWorkflow));
  const std::string identity = person ? "alice@example.com" : "https://github.com/" + std::string(kWorkflow);
  const std::string issuer = person ? stack.person_issuer() : stack.workflow_issuer();
  Succeeds(bench.tools.Cosign(Local("sign") +
                              Arguments{"--yes", "--identity-token", token, "--signing-config", stack.signing_config(), bench.reference}));
  const auto verify = [&](const std::string& wanted, const std::string& wanted_issuer) {
    return bench.tools.Cosign(Local("verify") + Arguments{"--use-signed-timestamps", "--certificate-identity", wanted,
                                                          "--certificate-oidc-issuer", wanted_issuer, bench.reference});
  };
  Succeeds(verify(identity, issuer));
  Fails(verify("bob@example.com", issuer));
  Fails(verify(identity, stack.person_issuer() + "x"));
}

TEST_CASE("Notation accepts what Notation signed, in both formats, stamped or not, under exactly that authority", "[signers]") {
  auto& stack = SigningStack::Shared();
  const std::string format = GENERATE("jws", "cose");
  const bool stamped = GENERATE(false, true);
  Bench bench(stamped ? RegistryKind::kReferrersApi : RegistryKind::kFallbackTag);
  const std::string authority = bench.tools.AddNotationSigner("release", {}), stranger = bench.tools.AddNotationSigner("stranger", {});
  const std::string policy = R"({"version": "1.0", "trustPolicies": [{"name": "all", "registryScopes": ["*"], "trustedIdentities": ["*"],
      "signatureVerification": {"level": "strict", "override": {"revocation": "skip"}}, "trustStores": ["ca:shop")" +
                             std::string(stamped ? R"(, "tsa:clock")" : "") + "]}]}";
  const auto trust = [&](const std::string& name, const std::string& file) {
    return bench.tools.WriteNotationTrust(name, {{{"shop", file}}, {{"clock", stack.tsa_root()}}, policy});
  };
  Arguments sign = {"sign",    "--insecure-registry", "--force-referrers-tag=false", "--signature-format", format, "--key",
                    "release", bench.reference};
  if (stamped) sign = sign + Arguments{"--timestamp-url", stack.timestamp_url(), "--timestamp-root-cert", stack.tsa_root()};
  Succeeds(bench.tools.Notation(sign));
  const Arguments verify = {"verify", "-v", "--insecure-registry", bench.reference};
  Succeeds(bench.tools.Notation(verify, trust("right", authority)));
  Fails(bench.tools.Notation(verify, trust("wrong", stranger)));
}
