// Predicates of attestations, recognised by type and held to their minimal structure, so that a malformed predicate of a known type is
// never passed on as a fact (CVE-2022-35930). Source: research section 5.
//
// Pure and thread-safe.
#pragma once

#include <string_view>

#include "verify/failure.h"
#include "verify/statement.h"

namespace hullwright::verify {

enum class PredicateKind {
  kCosignSignature,
  kCosignCustom,
  kSlsaProvenance02,
  kSlsaProvenance1,
  kCosignVulnerabilities,
  kInTotoVulnerabilities,
  kOpenVex,
  kSpdx,
  kCycloneDx,
  kLink,
  kVerificationSummary,
  kUnknown,  // any other type: its predicate must still be JSON, nothing else is known of it
};

PredicateKind KindOfPredicate(std::string_view predicate_type);

// The predicate has what its type promises. kPredicate tells what is missing.
Checked<PredicateKind> CheckPredicate(const Statement& statement);

}  // namespace hullwright::verify
