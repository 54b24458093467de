// Generated combinations of format, key type, identity, log, validity window and kind of image, put to the real cosign or notation and
// to our own registry client and verifier.
#include <catch2/catch.hpp>

#include "signers/our_verifier.h"
#include "signers/signed_images.h"

using namespace hullwright::testing;

namespace {

// What any right verifier says.
bool Expected(const Signing& signing, Question question) {
  if (question == Question::kLogRequired) return signing.in_log;
  return question == Question::kRight || question == Question::kPatterns;
}

// Why cosign 3.1.3 says the opposite; "" where it does not.
std::string_view WhyCosignDiffers(const Signing& signing, Question question) {
  const bool long_curve = signing.algorithm == "ecdsa-p384" || signing.algorithm == "ecdsa-p521";
  if (signing.algorithm == "ed25519" && Expected(signing, question)) {
    return "it signs with Ed25519ph and verifies with Ed25519, so that it refuses its own signatures";
  }
  if (long_curve && signing.is_attestation() && question != Question::kOtherKind) {
    return Expected(signing, question) ? "it signs with the hash of the curve; verify-attestation, unlike verify, only knows SHA-256" : "";
  }
  if (question == Question::kLogPast) return "it does not look at the validity of a Rekor v2 log's key, whose entries carry no time";
  if (question == Question::kOtherKind && signing.format == Format::kBundleAttestation) {
    return "its verify takes a bundle with any predicate for a signature of the image";
  }
  return "";
}

// Why we decline what is right; "" where we do not.
std::string_view WhyWeDecline(const Signing& signing) {
  if (signing.algorithm == "ed25519") return "cosign signs with Ed25519ph, which OpenSSL 3.0 does not know";
  return "";
}

struct Bench {
  explicit Bench(RegistryKind kind) : images(kind), ours(images.registry().host()) {}

  void Compare(const Signing& signing, Question question) {
    const SignedImage& image = images.Of(signing);
    const Demand demand = images.DemandFor(image, question);
    const auto theirs = images.AskTools(image, demand), mine = ours.Ask(image, demand);
    const auto difference = WhyCosignDiffers(signing, question);
    const bool expected = Expected(signing, question);
    INFO(ToString(signing) << ", asked " << ToString(question));
    INFO("the tool: " << theirs.why << "\nknown difference: " << difference);
    CHECK(theirs.accepted == (expected == difference.empty()));
    INFO("we: " << mine.why);
    CHECK(mine.accepted == (expected && WhyWeDecline(signing).empty()));
  }

  SignedImages images;
  OurVerifier ours;
};

bool IsPlain(const Signing& signing) {
  return signing.is_keyless() || signing.algorithm == "ecdsa-p256";
}

}  // namespace

TEST_CASE("cosign or notation and we agree on every combination, or it is known why not", "[signers]") {
  Bench bench(RegistryKind::kReferrersApi);
  std::size_t count = 0;
  for (const auto& signing : AllSignings()) {
    for (const auto question : QuestionsFor(signing)) {
      bench.Compare(signing, question);
      ++count;
    }
  }
  CHECK(count >= 200);
}

TEST_CASE("A registry without the referrers API gives the same answers", "[signers]") {
  Bench bench(RegistryKind::kFallbackTag);
  for (const auto& signing : AllSignings()) {
    if (!IsPlain(signing)) continue;
    for (const auto question : {Question::kRight, Question::kOtherDigest}) bench.Compare(signing, question);
  }
}
