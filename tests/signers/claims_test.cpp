// What lies beside an image when several signed it in several ways, made by the real cosign and read by our registry client and verifier.
#include <catch2/catch.hpp>

#include "signers/our_verifier.h"
#include "signers/signed_images.h"

using namespace hullwright::testing;

namespace {

struct Predicate {
  std::string name;  // as cosign calls it
  std::string type;
  std::string text;
};

const std::vector<Predicate> kPredicates = {
    {"slsaprovenance", "https://slsa.dev/provenance/v0.2",
     R"({"builder": {"id": "https://example.com/builder"}, "buildType": "https://example.com/build", "invocation": {}})"},
    {"slsaprovenance1", "https://slsa.dev/provenance/v1",
     R"({"buildDefinition": {"buildType": "b", "externalParameters": {}}, "runDetails": {"builder": {"id": "i"}}})"},
    {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1",
     R"({"invocation": {"uri": ""}, "scanner": {"uri": "pkg:github/aquasecurity/trivy", "version": "0.68.2", "db": {}, "result": {"Results": []}},
         "metadata": {"scanStartedOn": "2026-01-01T00:00:00Z", "scanFinishedOn": "2026-01-01T00:00:01Z"}})"},
    {"spdxjson", "https://spdx.dev/Document",
     R"({"spdxVersion": "SPDX-2.3", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]}, "name": "n", "packages": []})"},
    {"cyclonedx", "https://cyclonedx.org/bom", R"({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []})"},
    {"openvex", "https://openvex.dev/ns",
     R"({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "a", "timestamp": "2026-01-01T00:00:00Z", "version": 1,
         "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": "pkg:oci/app"}], "status": "fixed"}]})"},
    {"https://example.com/checked/v1", "https://example.com/checked/v1", R"({"checked": true})"},
};

Signing ByKey(Format format) {
  return {.format = format, .who = Who::kKey, .algorithm = "ecdsa-p256", .index = false, .in_log = false};
}

std::vector<std::string> HowToWrite(const Signing& signing) {
  if (signing.is_bundle()) return {"--signing-config", SigningStack::Shared().local_config()};
  return {"--new-bundle-format=false", "--use-signing-config=false", "--tlog-upload=false"};
}

// cosign COMMAND, with a key, of the image.
void Write(SignedImages& images, const SignedImage& image, const std::string& private_key, std::vector<std::string> command) {
  for (const std::string argument : {"--yes", "--allow-http-registry"}) command.push_back(argument);
  const auto further = HowToWrite(image.signing);
  command.insert(command.end(), further.begin(), further.end());
  command.insert(command.end(), {"--key", private_key, image.repository + "@" + image.digest});
  const auto result = images.tools().Cosign(command);
  INFO(result.err);
  REQUIRE(result.exit == 0);
}

void Attest(SignedImages& images, const SignedImage& image, const Predicate& predicate) {
  const std::string file = images.tools().Write("predicate-of-test.json", predicate.text);
  Write(images, image, image.key.private_key, {"attest", "--type", predicate.name, "--predicate", file});
}

}  // namespace

TEST_CASE("Every kind of attestation that cosign writes is found by its type and no other, however many lie beside it", "[signers]") {
  const auto [format, registry] = GENERATE(table<Format, RegistryKind>(
      {{Format::kBundleAttestation, RegistryKind::kReferrersApi}, {Format::kLegacyAttestation, RegistryKind::kFallbackTag}}));
  SignedImages images(registry);
  OurVerifier ours(images.registry().host());
  const SignedImage image = images.Prepare(ByKey(format));
  Demand demand = images.DemandFor(image, Question::kRight);
  for (const auto& predicate : kPredicates) {
    demand.predicate_type = predicate.type;
    const auto before = ours.Ask(image, demand);
    INFO(predicate.name << " before it was written: " << before.why);
    CHECK_FALSE(before.accepted);
    Attest(images, image, predicate);
    const auto after = ours.Ask(image, demand), theirs = images.AskTools(image, demand);
    INFO("we: " << after.why << "\ncosign: " << theirs.why);
    CHECK(after.accepted);
    CHECK(theirs.accepted);
  }
  CHECK_FALSE(ours.Ask(image, images.DemandFor(image, Question::kOtherKey)).accepted);
  demand.attestation = false;
  CHECK_FALSE(ours.Ask(image, demand).accepted);  // no attestation is a signature
}

TEST_CASE("Each of several signatures of an image counts for its own key", "[signers]") {
  const auto [format, registry] = GENERATE(table<Format, RegistryKind>({{Format::kBundle, RegistryKind::kReferrersApi},
                                                                        {Format::kBundle, RegistryKind::kFallbackTag},
                                                                        {Format::kLegacy, RegistryKind::kFallbackTag}}));
  SignedImages images(registry);
  OurVerifier ours(images.registry().host());
  const SignedImage image = images.Prepare(ByKey(format));
  Demand demand = images.DemandFor(image, Question::kRight);
  std::vector<KeyPair> keys;
  for (const std::string name : {"first", "second", "third"}) {
    keys.push_back(images.tools().MakeCosignKey(name, "ecdsa-p256"));
    Write(images, image, keys.back().private_key, {"sign"});
  }
  for (const auto& key : keys) {
    demand.public_key = key.public_key;
    const auto mine = ours.Ask(image, demand);
    INFO(mine.why);
    CHECK(mine.accepted);
  }
  CHECK_FALSE(ours.Ask(image, images.DemandFor(image, Question::kRight)).accepted);  // a fourth key
}

TEST_CASE("A registry that is down is told apart from an image without signatures", "[signers]") {
  SignedImages images(GENERATE(RegistryKind::kReferrersApi, RegistryKind::kFallbackTag));
  OurVerifier ours(images.registry().host());
  const SignedImage image = images.Of(ByKey(Format::kBundle));
  const Demand demand = images.DemandFor(image, Question::kRight);
  CHECK(ours.Ask(image, demand).accepted);
  const auto unsigned_image = images.Prepare(ByKey(Format::kBundle));
  const auto absent = ours.Ask(unsigned_image, images.DemandFor(unsigned_image, Question::kRight));
  CHECK_FALSE(absent.accepted);
  CHECK_FALSE(absent.unreachable);
  images.registry().Stop();
  const auto down = ours.Ask(image, demand);
  CHECK_FALSE(down.accepted);
  CHECK(down.unreachable);
  images.registry().Start();
  CHECK(ours.Ask(image, demand).accepted);
}
