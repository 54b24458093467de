// What is known of an image's origin: the digest that would run, what the registry holds under it, and what was proved about who made it.
// Facts only: whether they suffice is for rules_publishers.h, rules_attestations.h and rules_image.h to say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "policy/reason.h"
#include "policy/verified.h"

namespace hullwright::policy {

// Who signed, as the verified bytes say.
struct Signer {
  std::string authority;    // name of the authority inside the publisher that accepted it
  std::string identity;     // "https://github.com/acme/ci/.github/workflows/release.yml@refs/heads/main", "key sha256:…", "x509.subject: …"
  std::string issuer;       // OIDC issuer; "" without one
  std::vector<Time> times;  // verified times of signing (log entries with a promise, time-stamp tokens); empty: none, a key alone
};

// "This image is ours": a signature over exactly this digest.
struct Signature {
  std::string publisher;  // TrustedPublisher
  Signer signer;
  Digest subject;
  std::string format;  // "cosign-legacy", "sigstore-bundle", "notation-jws", "notation-cose"
};

// A signed in-toto statement about exactly this digest.
struct Attestation {
  std::string publisher;
  Signer signer;
  Digest subject;
  std::string predicate_type;
  std::shared_ptr<const std::string> predicate;  // JSON text
};

// Something that claimed to be a signature or attestation and is none for this publisher, or that could not be looked at.
struct TrustFailure {
  std::string publisher;
  ReasonWord word;      // says whether it is "no" or "could not tell"
  std::string message;  // the step, what was seen, what was wanted
};

// What the image configuration says (OCI image specification, config.md), of one platform manifest.
struct ImageConfiguration {
  Digest digest;         // of the platform manifest
  std::string platform;  // "linux/arm64/v8"
  std::optional<Time> created;
  std::string user;              // config.User, "" when unset (the runtime then uses root)
  std::uint64_t size_bytes = 0;  // sum of the layers as the registry holds them (compressed)
  std::vector<Digest> diff_ids;
};

// All facts about one digest. Immutable, shared by the requests that ask for it.
struct TrustFacts {
  Digest digest;                                   // the one that was verified: an index or a manifest
  std::vector<ImageConfiguration> configurations;  // one per platform that was looked at; empty: not fetched
  std::optional<Error> configuration_error;
  std::vector<Verified<Signature>> signatures;
  std::vector<Verified<Attestation>> attestations;
  std::vector<TrustFailure> failures;
  Time gathered_at{};
  bool from_outage = false;  // the registry could not be asked; these are facts of before, within registryOutageHours
};

}  // namespace hullwright::policy
