// What lies beside an image in a registry and claims to be about it: cosign's tags, Sigstore bundles and Notary Project signatures among
// the referrers. Found is not proved: the bytes are those of their digests, and nothing more is known of them
// (docs/decisions/0013-verified.md).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evidence/work_pool.h"
#include "policy/trust_facts.h"
#include "registry/registry.h"

namespace hullwright::evidence {

enum class ClaimFormat {
  kCosignSignature,    // layer of the tag sha256-….sig, or of a referrer of cosign's experimental form
  kCosignAttestation,  // layer of the tag sha256-….att
  kSigstoreBundle,
  kNotationJws,
  kNotationCose,
};

struct FoundClaim {
  ClaimFormat format = ClaimFormat::kSigstoreBundle;
  std::string source;  // "registry.example/app@sha256:…", the manifest it was found in; for messages
  std::string media_type;
  std::shared_ptr<const std::string> bytes;
  registry::Annotations annotations;  // of the layer; cosign keeps its signatures there
};

struct Discovery {
  std::vector<FoundClaim> claims;
  // What was listed and could not be looked at: any of it might have been the one that was wanted.
  std::vector<policy::Doubt> doubts;
  bool unreachable = false;  // some of the doubts may be gone a moment later: nothing to remember
};

// What is worth a request, by the authorities that will judge it.
struct Formats {
  bool cosign = false;        // Key and Keyless authorities: bundles and cosign's own layout
  bool attestations = false;  // with cosign: also sha256-….att
  bool notation = false;

  bool any() const { return cosign || notation; }
};

inline constexpr std::size_t kMaxClaims = 64;                 // of one subject in one repository (research section 0.2)
inline constexpr std::size_t kMaxClaimBytes = 8u << 20;       // of one of them
inline constexpr std::size_t kMaxAdmissionBytes = 64u << 20;  // of everything fetched for one image

// Asks one repository about one subject. The number of requests depends on what is there, never on how many keys will judge it; what does
// not need each other's answers is asked at the same time, so that it takes three round trips however much there is. registry is
// thread-safe.
Discovery Discover(registry::Registry& registry, const registry::RepositoryName& repository, const Digest& subject, const Formats& formats,
                   const registry::Call& call, WorkPool& pool);

}  // namespace hullwright::evidence
