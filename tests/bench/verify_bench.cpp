// Times the verification of one signature from its bytes, in process, and beside it the signatures that it cannot do without. The private
// Sigstore has the public one's keys: a Fulcio on P-384, everything else on P-256.
// Prints {"keyless_ms": …, "keyless_floor_ms": …, "keyless_rekor2_ms": …, "key_ms": …}, medians of five.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>

#include "support/minted_signature.h"
#include "verify/image_verification.h"

namespace {

using namespace hullwright;
using testing::MintedKey;
using testing::MintedSigstore;
using testing::SignatureShape;

constexpr int kVerificationsPerRun = 300;

double MedianMilliseconds(const std::function<bool()>& verifies) {
  std::array<double, 5> runs{};
  for (double& run : runs) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kVerificationsPerRun; ++i) {
      if (!verifies()) std::abort();
    }
    run = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count() / kVerificationsPerRun;
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

verify::Authority Keyless(const MintedSigstore& sigstore) {
  auto identity = verify::IdentityMatcher::Make({"https://ci.example/release.yml@refs/heads/main", "", "https://issuer.example", "", {}});
  return {"acme", "ci", verify::KeylessAuthority{{std::move(*identity)}, std::make_shared<const verify::TrustedRoot>(sigstore.Root())}};
}

verify::Authority Key(const MintedSigstore& sigstore) {
  return {"acme", "release", verify::KeyAuthority{sigstore.PublicKey(), verify::TransparencyLogRule::kIgnored, nullptr}};
}

double OfBundle(const MintedSigstore& sigstore, const SignatureShape& shape, const verify::Authority& authority) {
  const verify::SignatureMaterial material{verify::MaterialFormat::kSigstoreBundle, shape.media_type, sigstore.Bundle(shape).dump(), {}};
  const verify::ImageUnderTest image{sigstore.ArtifactDigest(), ImageReference::Parse("registry.example/shop/api").value(),
                                     testing::kMintedTime};
  return MedianMilliseconds([&] { return VerifySignature(material, authority, image).has_value(); });
}

double OfSignature(MintedKey::Type type) {
  const MintedKey minted(type);
  const auto key = verify::PublicKey::FromSpki(minted.Spki()).value();
  const auto algorithm = verify::AcceptedAlgorithms(key).front();
  const std::string message(1000, 'm');
  const std::string signature = minted.Sign(algorithm, message);
  return MedianMilliseconds([&] { return VerifySignature(key, algorithm, message, signature).has_value(); });
}

}  // namespace

int main() {
  const MintedSigstore sigstore;
  const verify::Authority keyless = Keyless(sigstore);
  SignatureShape rekor2;
  rekor2.log = testing::LogForm::kRekor2;
  SignatureShape by_key;
  by_key.by_key = true;
  by_key.log = testing::LogForm::kNone;
  // The certificate by the Fulcio; the envelope, the certificate log's promise, the log's promise and its checkpoint.
  const double floor = OfSignature(MintedKey::kP384) + 4 * OfSignature(MintedKey::kP256);
  fmt::print("{{\"keyless_ms\": {}, \"keyless_floor_ms\": {}, \"keyless_rekor2_ms\": {}, \"key_ms\": {}}}\n",
             OfBundle(sigstore, {}, keyless), floor, OfBundle(sigstore, rekor2, keyless), OfBundle(sigstore, by_key, Key(sigstore)));
}
