// Is a Sigstore bundle a good signature of an artifact, and whose? Source: research section 2.3.
//
// Pure and thread-safe.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "verify/bundle.h"
#include "verify/failure.h"
#include "verify/identity.h"
#include "verify/signing_evidence.h"
#include "verify/statement.h"
#include "verify/trusted_root.h"

namespace hullwright::verify {

// A key that may sign, and when; no window: at any time.
struct TrustedKey {
  PublicKey key;
  std::optional<ValidityWindow> window = std::nullopt;
};

struct BundlePolicy {
  // The bundle must be by one of these keys. Empty: it must be by a certificate that chains to the root. Never either: a bundle with a key
  // fails a policy about certificates and the other way round.
  std::vector<TrustedKey> keys;
  const TrustedRoot& root;  // logs and time-stamp authorities; for certificates also Fulcio and its CT logs
  EvidenceThresholds thresholds;
};

// What was signed, as the caller knows it: the bytes or digest of the artifact.
struct Artifact {
  SignedMessage message;        // a messageSignature must be over this
  std::vector<Digest> digests;  // a statement must name one of these

  static Artifact OfBytes(std::string bytes);
  // kUnsupported: a digest that no signature algorithm is made over.
  static Checked<Artifact> OfDigest(const Digest& digest);
};

// Everything holds but who signed: that is for whoever reads signer to judge (RequireIdentity), or the key that was asked for.
struct VerifiedBundle {
  std::optional<Certificate> certificate;  // nullopt: by a key of the policy's
  std::optional<PublicKey> key;            // that one
  std::vector<Time> times;
  std::optional<Statement> statement;  // nullopt: a signature of the artifact itself
};

Checked<VerifiedBundle> VerifyBundle(const SigstoreBundle& bundle, const Artifact& artifact, const BundlePolicy& policy);

// By a certificate whose identity one of the entries wants; no entries: nobody. Returns who it was.
Checked<CertificateIdentity> RequireIdentity(const VerifiedBundle& bundle, const std::vector<IdentityMatcher>& wanted);

}  // namespace hullwright::verify
