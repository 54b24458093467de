// rules.attestations: what must be attested of the image, and by whom.
#pragma once

#include "policy/rule.h"

namespace hullwright::policy {

// "attestations[<name>]" for each entry: some verified attestation of exactly that predicate type, by an authority of a publisher the entry
// names and that publishes under this name, about exactly the digest, signed no longer ago than maxAgeHours, meets every expression. All of
// it in one attestation: two never add up. Otherwise the reason of the one that came nearest; could-not-tell only where something that
// could not be looked at might have been the one. NameOnly attests nothing.
void JudgeAttestations(const RuleInput& input, RuleReport& report);

}  // namespace hullwright::policy
