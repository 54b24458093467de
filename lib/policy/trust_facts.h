// What is known of an image's origin: the digest that would run, what the registry holds under it, and what was proved about who made it.
// Facts only: whether they suffice is for rules_publishers.h, rules_attestations.h and rules_image.h to say. What to gather for an image is
// asked of evidence_needs.h.
//
// Three things are kept apart everywhere: what is known (a value), what could not be found out (a Doubt whose word is could-not-tell), and
// what nobody looked for (nullopt, nullptr). None of the last two ever reads as "there is none".
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "policy/reason.h"
#include "policy/verified.h"
#include "policy/vex.h"

namespace hullwright::policy {

// Why something is not known, or is known to be bad: the word says which of the two (OutcomeOf), the message the step, what was seen and
// what was wanted. Of errors of the registry: RegistryUnreachable, RegistryRefused, RegistryMismatch, ImageAbsent, ImageMalformed.
struct Doubt {
  ReasonWord word = ReasonWord::kOriginUnchecked;
  std::string message;
};

// Which digest a tag named when the registry was asked: the digest of the bytes it sent.
struct Resolution {
  Digest digest;
  Time resolved_at{};
  bool from_outage = false;  // the registry could not be asked now; this is what it said at resolved_at
};

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
  // What of it did not hold and its authority lets pass all the same (Notary Project, level Permissive).
  std::vector<Doubt> tolerated = {};
};

// A signed in-toto statement about exactly this digest.
struct Attestation {
  std::string publisher;
  Signer signer;
  Digest subject;
  std::string predicate_type;
  std::shared_ptr<const std::string> predicate;      // JSON text, from the bytes that were verified
  std::shared_ptr<const VexDocument> vex = nullptr;  // the same, where the type is one of kVexPredicateTypes
};

enum class Claim { kSignature, kAttestation, kAny };

// Something that claimed to be a signature or attestation and is none for this publisher, or that could not be looked at. A failure beside
// a good one takes nothing from it.
struct TrustFailure {
  std::string publisher;  // "": of every publisher (what refers to the digest could not be listed)
  Claim claim = Claim::kAny;
  std::optional<Digest> subject;  // nullopt: whichever digest
  std::string predicate_type;     // of an attestation that says so; "": not known
  Doubt doubt;
};

// What the image configuration and manifest say (OCI image specification, config.md and manifest.md) of one platform.
struct ImageConfiguration {
  std::optional<Time> created;
  std::string user;                   // config.User, "" when unset (the runtime then uses root)
  std::uint64_t size_bytes = 0;       // sum of the layers as the registry holds them (compressed); more than 2^63-1 stays that
  std::size_t layers = 0;             // of the manifest
  std::vector<Digest> diff_ids;       // rootfs.diff_ids
  std::string base_name;              // annotation org.opencontainers.image.base.name, "" without it: what the author says
  std::optional<Digest> base_digest;  // annotation org.opencontainers.image.base.digest
};

// A manifest that can run on one platform.
struct PlatformManifest {
  Digest digest;
  std::string platform;  // "linux/arm64/v8"; "unknown/unknown" where the index says so (BuildKit's attestations); "" when nothing says it
  std::optional<std::expected<ImageConfiguration, Doubt>> configuration = std::nullopt;  // nullopt: not fetched
};

// An image that others are built on, fetched from where its name says.
struct BaseImage {
  std::string name;  // canonical, without tag and digest: "gcr.io/distroless/static"
  Digest digest;     // of its platform manifest
  std::vector<Digest> diff_ids;
};

// All facts about one digest. Immutable, shared by the requests that ask for it.
struct TrustFacts {
  Digest digest;  // the one that was resolved: an index or a manifest
  bool is_index = false;
  // Of an index what it lists, in its order; of a manifest itself alone. Empty: not fetched, and manifest_doubt says why when it was tried.
  std::vector<PlatformManifest> platforms;
  std::optional<Doubt> manifest_doubt;
  // About digest, and where policies judge by platform about those of platforms. A subject that is neither counts for nothing.
  std::vector<Verified<Signature>> signatures;
  std::vector<Verified<Attestation>> attestations;
  std::vector<TrustFailure> failures;
  std::vector<BaseImage> base_images;
  std::optional<Doubt> base_doubt;  // why base_images is not complete
  Time gathered_at{};
  bool from_outage = false;  // the registry could not be asked now; these are facts of gathered_at
};

}  // namespace hullwright::policy
