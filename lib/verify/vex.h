// VEX documents as predicates of attestations: OpenVEX 0.2.0 and the string forms of before, CycloneDX with `analysis`, CSAF 2.0 with the
// profile csaf_vex. What of them is read, and what a statement must say to count: docs/decisions/0026-vex.md.
//
// Pure and thread-safe. Bounded by limits.h: a document with more is refused, never read in part.
#pragma once

#include <string_view>

#include "policy/vex.h"
#include "verify/failure.h"

namespace hullwright::verify {

// Whether attestations of this type are VEX documents: one of policy::kVexPredicateTypes.
bool IsVex(std::string_view predicate_type);

// A document that is not what its type promises is refused as a whole: kPredicate, with the place of the mistake and what would be right.
// A statement that its format would not let stand (not_affected without a justification) is kept, with its defect.
Checked<policy::VexDocument> ReadVex(std::string_view predicate_type, std::string_view predicate);

}  // namespace hullwright::verify
