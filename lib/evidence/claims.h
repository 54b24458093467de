// Holding what was found beside an image against what its publishers would have signed.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/image_reference.h"
#include "evidence/discovery.h"
#include "evidence/observer.h"
#include "evidence/revocation_fetcher.h"
#include "evidence/trust_material.h"
#include "policy/trust_facts.h"

namespace hullwright::evidence {

// The digest that claims must be about.
struct ClaimSubject {
  Digest digest;
  ImageReference reference;               // the name that was asked for
  std::optional<std::string> media_type;  // of the document, where it was fetched
  std::optional<std::uint64_t> size;
};

// What is asked of a publisher's claims.
struct Wanted {
  bool signatures = false;
  std::vector<std::string> predicate_types;  // of attestations
};

struct JudgeOptions {
  Observer* observer = nullptr;  // null, or told of each trial
  // Asked what the trust's own lists do not tell of a Notary Project signer's certificates, until the deadline; null: nobody is.
  RevocationFetcher* revocation = nullptr;
  Deadline deadline = {};
};

// Adds to the facts every signature and attestation that some authority of the publisher accepts and, where it accepts none of a kind that
// is wanted, why not.
void JudgeClaims(const std::vector<FoundClaim>& claims, const PublisherTrust& publisher, const Wanted& wanted, const ClaimSubject& subject,
                 Time now, policy::TrustFacts& facts, const JudgeOptions& options = {});

// What a DSSE envelope or a bundle with one says its predicate type is, unverified: "" when it says none. Tells which check to make, never
// what was proved.
std::string PredicateTypeHint(std::string_view json);

}  // namespace hullwright::evidence
