// Sigstore bundles from bytes to verdict: what is read is within its bounds and has what its version demands; trust in strangers accepts
// nothing; trust in the seeds' signers accepts the one payload they signed, at the one time they signed it.
#include <string_view>

#include "base/rfc3339.h"
#include "fuzz/fuzzing.h"
#include "verify/bundle_verification.h"
#include "verify/image_verification.h"
#include "verify/limits.h"

namespace {

using namespace hullwright;
using namespace hullwright::fuzz;
using namespace hullwright::verify;

struct Trust {
  explicit Trust(const std::string& name)
      : root(std::make_shared<const TrustedRoot>(TrustedRoot::Parse(Kept(name + "-root.json")).value())),
        key(PublicKey::FromPem(Kept(name + "-key.pem")).value()) {}

  std::shared_ptr<const TrustedRoot> root;
  PublicKey key;
};

// What the signers of the seeds signed, and when.
struct Signed {
  std::string statement = Kept("statement.json");
  Digest artifact = Digest::Parse(Kept("artifact-digest")).value();
  Time time = ParseRfc3339(Kept("time")).value();
};

const Signed& TheSigned() {
  static const Signed signed_parts;
  return signed_parts;
}

void CheckForm(const SigstoreBundle& bundle) {
  Require(bundle.log_entries.size() <= limits::kLogEntriesPerBundle && bundle.timestamps.size() <= limits::kTimestampsPerBundle);
  for (const LogEntry& entry : bundle.log_entries) {
    Require(entry.log_index >= 0 && entry.integrated_time.value_or(1) > 0);
    if (bundle.version == BundleVersion::k01) Require(entry.signed_entry_timestamp.has_value());
    if (bundle.version != BundleVersion::k01) Require(entry.proof && !entry.proof->checkpoint.empty());
    if (entry.proof) Require(entry.proof->hashes.size() <= limits::kMerkleProofHashes && !entry.proof->checkpoint.empty());
  }
  if (const auto* certificates = std::get_if<BundledCertificates>(&bundle.signer)) {
    Require(certificates->helpers.size() < limits::kCertificatesPerChain);
    Require(bundle.version != BundleVersion::k03 || certificates->helpers.empty());
    Require(!certificates->leaf.IsSelfSigned());
  }
}

Checked<VerifiedBundle> Verify(const SigstoreBundle& bundle, const Trust& trust, bool by_key) {
  BundlePolicy policy{{}, *trust.root, {}};
  if (by_key) {
    policy.keys = {TrustedKey{trust.key}};
    policy.thresholds.certificate_timestamps = 0;
  }
  return VerifyBundle(bundle, {SignedMessage::OfDigest(TheSigned().artifact).value(), {TheSigned().artifact}}, policy);
}

void CheckStranger(const SigstoreBundle& bundle, bool by_key) {
  static const Trust stranger("stranger");
  const auto verified = Verify(bundle, stranger, by_key);
  Require(!verified.has_value());
  RequireOneLine(verified.error().message);
}

void CheckOurs(const SigstoreBundle& bundle, bool by_key) {
  static const Trust ours("our");
  const auto verified = Verify(bundle, ours, by_key);
  if (!verified) return RequireOneLine(verified.error().message);
  Require(verified->certificate.has_value() != by_key && !verified->times.empty());
  for (const Time time : verified->times) Require(time == TheSigned().time);
  if (const auto* envelope = std::get_if<DsseEnvelope>(&bundle.content)) {
    Require(envelope->payload == TheSigned().statement && verified->statement.has_value());
  }
}

// Nothing is both: an attestation is no signature.
void CheckDoor(std::string_view bytes) {
  static const Trust ours("our");
  static const Authority authority{"acme", "release", KeyAuthority{ours.key, TransparencyLogRule::kRequired, ours.root}};
  static const ImageUnderTest image{TheSigned().artifact, ImageReference::Parse("registry.example/shop/api").value(), TheSigned().time};
  const SignatureMaterial material{
      MaterialFormat::kSigstoreBundle, "application/vnd.dev.sigstore.bundle.v0.3+json", std::string(bytes), {}};
  Require(!(VerifySignature(material, authority, image) && VerifyAttestation(material, authority, image)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bundle = SigstoreBundle::Parse(Text(data, size));
  if (!bundle) {
    RequireOneLine(bundle.error().message);
    return 0;
  }
  CheckForm(*bundle);
  for (const bool by_key : {true, false}) {
    CheckStranger(*bundle, by_key);
    CheckOurs(*bundle, by_key);
  }
  CheckDoor(Text(data, size));
  return 0;
}
