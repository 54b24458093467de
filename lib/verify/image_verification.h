// The one door to verification for the layers above: some bytes that a registry holds beside an image, a publisher's authority, and the
// image; out comes what was proved, or the step that failed. Source: research sections 1, 2 and 3.
//
// Pure and thread-safe.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/image_pattern.h"
#include "base/image_reference.h"
#include "policy/trust_facts.h"
#include "policy/verified.h"
#include "verify/failure.h"
#include "verify/identity.h"
#include "verify/public_key.h"
#include "verify/simple_signing.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

enum class MaterialFormat {
  kCosignLayer,     // a layer of cosign's ".sig" or ".att" manifest
  kSigstoreBundle,  // the layer of a referrer, a Sigstore bundle
  kNotation,        // the layer of a referrer, a Notary Project envelope
};

// Untrusted. The bytes are those whose digest the descriptor named.
struct SignatureMaterial {
  MaterialFormat format;
  std::string media_type;  // of the layer
  std::string bytes;
  std::map<std::string, std::string, std::less<>> annotations;  // of the layer; read for cosign's layers only
};

enum class TransparencyLogRule { kRequired, kIgnored };

// Somebody's own key.
struct KeyAuthority {
  PublicKey key;
  TransparencyLogRule transparency_log = TransparencyLogRule::kRequired;
  std::shared_ptr<const TrustedRoot> root;  // logs and time-stamp authorities; may be null when the log is ignored
};

// Whoever a certificate authority of the root says, in time and logged.
struct KeylessAuthority {
  std::vector<IdentityMatcher> identities;  // any of them; none: nobody
  std::shared_ptr<const TrustedRoot> root;  // never null
  bool certificate_log_required = true;     // false: a private Fulcio without a certificate transparency log
  // kIgnored: a time-stamp authority of the root proves the time instead, and nothing else does.
  TransparencyLogRule transparency_log = TransparencyLogRule::kRequired;
};

struct Authority {
  std::string publisher;  // TrustedPublisher
  std::string name;       // of the authority inside it
  std::variant<KeyAuthority, KeylessAuthority> trust;
  ReferenceMatch reference_match = ReferenceMatch::kRepositoryUnlessEmpty;  // of cosign's layers, whose payload names a repository
};

struct ImageUnderTest {
  Digest digest;             // what would run, or the index it is listed in
  ImageReference reference;  // the name that is asked for, not a mirror's
  Time now{};
  // Where that name is an alias of the publisher's: what it names, and the publisher signs (cosign's layers name a repository).
  std::span<const ImagePattern> aliased = {};
};

// "This image is ours." A bundle must be of a statement of cosign's signature predicate, or of the manifest itself: an attestation by the
// same signer is none (CVE-2022-35929).
Checked<policy::Verified<policy::Signature>> VerifySignature(const SignatureMaterial& material, const Authority& authority,
                                                             const ImageUnderTest& image);

// A statement about this image whose predicate has what its type promises; a signature is none.
Checked<policy::Verified<policy::Attestation>> VerifyAttestation(const SignatureMaterial& material, const Authority& authority,
                                                                 const ImageUnderTest& image);

}  // namespace hullwright::verify
