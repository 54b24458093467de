// Generated combinations of format, key type, identity, log, validity window and kind of image, put to the real cosign or notation.
#include <catch2/catch.hpp>

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

}  // namespace

TEST_CASE("cosign and notation answer every combination as expected, or it is known why not", "[signers]") {
  SignedImages images(RegistryKind::kReferrersApi);
  std::size_t count = 0;
  for (const auto& signing : AllSignings()) {
    const SignedImage& image = images.Of(signing);
    for (const auto question : QuestionsFor(signing)) {
      ++count;
      const auto theirs = images.AskTools(image, images.DemandFor(image, question));
      const auto difference = WhyCosignDiffers(signing, question);
      INFO(ToString(signing) << ", asked " << ToString(question) << ": " << theirs.why << "\nKnown difference: " << difference);
      CHECK(theirs.accepted == (Expected(signing, question) == difference.empty()));
    }
  }
  CHECK(count >= 200);
}
