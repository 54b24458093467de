// hullctl verify on what the real cosign and notation signed, over registries and over the folders that cosign save writes.
#include <catch2/catch.hpp>
#include <filesystem>

#include "signers/signed_images.h"
#include "support/paths.h"

using namespace hullwright::testing;

namespace {

using Arguments = std::vector<std::string>;

ProcessResult Hullctl(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Run(ProgramPath("hullctl"), arguments);
}

// The signer of a Demand, in the words of the command line.
Arguments SignerOf(const Demand& demand, const Signing& signing) {
  Arguments arguments{"--trusted-root", demand.trusted_root};
  if (signing.who == Who::kKey) {
    arguments.insert(arguments.end(), {"--key", demand.public_key, "--transparency-log", demand.log_required ? "Required" : "Ignore"});
  } else {
    arguments.insert(arguments.end(), {demand.patterns ? "--certificate-identity-regexp" : "--certificate-identity", demand.subject,
                                       "--certificate-oidc-issuer", demand.issuer});
  }
  if (demand.attestation) arguments.insert(arguments.end(), {"--attestation", demand.predicate_type});
  return arguments;
}

}  // namespace

TEST_CASE("hullctl verify and cosign agree on who signed, by key, person and workflow", "[signers]") {
  const auto registry = GENERATE(RegistryKind::kReferrersApi, RegistryKind::kFallbackTag);
  SignedImages images(registry);
  const std::vector<Signing> signings = {
      {.format = Format::kBundle, .who = Who::kKey, .algorithm = "ecdsa-p256", .index = false, .in_log = false},
      {.format = Format::kLegacy, .who = Who::kKey, .algorithm = "ecdsa-p256", .index = true, .in_log = false},
      {.format = Format::kBundle, .who = Who::kPerson, .algorithm = "ecdsa-p256", .index = false, .in_log = true},
      {.format = Format::kBundle, .who = Who::kWorkflow, .algorithm = "ecdsa-p256", .index = true, .in_log = true},
      {.format = Format::kBundleAttestation, .who = Who::kKey, .algorithm = "ecdsa-p256", .index = false, .in_log = false}};
  for (const Signing& signing : signings) {
    const SignedImage& image = images.Of(signing);
    const Question another = signing.who == Who::kKey ? Question::kOtherKey : Question::kOtherSubject;
    for (const Question question : {Question::kRight, another, Question::kOtherDigest}) {
      const Demand demand = images.DemandFor(image, question);
      const auto ours = Hullctl({"verify", demand.reference, "--plain-http", images.registry().host()}, SignerOf(demand, signing));
      const auto theirs = images.AskTools(image, demand);
      INFO(ToString(signing) << ", " << ToString(question) << "\nwe: " << ours.out << ours.err << "\ncosign: " << theirs.why);
      CHECK(ours.exit == (theirs.accepted ? 0 : 1));
      CHECK(theirs.accepted == (question == Question::kRight));
    }
  }
}

TEST_CASE("hullctl verifies without a registry what cosign save has written", "[signers]") {
  SignedImages images(RegistryKind::kReferrersApi);
  const auto format = GENERATE(Format::kBundle, Format::kLegacy);
  const Signing signing{.format = format, .who = Who::kKey, .algorithm = "ecdsa-p256", .index = false, .in_log = false};
  const SignedImage& image = images.Of(signing);
  const Demand right = images.DemandFor(image, Question::kRight), wrong = images.DemandFor(image, Question::kOtherKey);
  const std::string folder = images.tools().folder() + "/saved-" + ToString(signing);
  const auto saved = images.tools().Cosign({"save", "--allow-http-registry", "--dir", folder, right.reference});
  INFO(saved.err);
  REQUIRE(saved.exit == 0);
  images.registry().Stop();
  const std::string tagged = image.repository + ":1";
  for (const std::string& reference : {right.reference, tagged}) {
    const auto good = Hullctl({"verify", reference, "--layout", folder}, SignerOf(right, signing));
    INFO(good.out << good.err);
    CHECK(good.exit == 0);
    CHECK_THAT(good.out, Catch::Contains(image.digest));
    CHECK(Hullctl({"verify", reference, "--layout", folder}, SignerOf(wrong, signing)).exit == 1);
  }
  CHECK(Hullctl({"resolve", tagged, "--layout", folder}, {}).out == right.reference + "\n");
  images.registry().Start();
}
