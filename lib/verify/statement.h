// in-toto Statements v0.1 and v1: what a signed envelope says about which artifacts. Source: research section 5, in-toto/attestation spec.
//
// Pure and thread-safe. Parse only what a signature covers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "verify/failure.h"

namespace hullwright::verify {

// The predicate type of a cosign 3 image signature; "image is signed" asks for exactly this (CVE-2022-35929).
inline constexpr std::string_view kCosignSignaturePredicate = "https://sigstore.dev/cosign/sign/v1";

struct StatementSubject {
  std::string name;                                             // a hint: subjects are matched by digest only
  std::map<std::string, std::string, std::less<>> digests;      // algorithm → lower-case hex
  std::map<std::string, std::string, std::less<>> annotations;  // the string valued ones: cosign's claims
};

struct Statement {
  std::string predicate_type;
  std::vector<StatementSubject> subjects;  // at least one
  std::string predicate;                   // JSON text; "" when absent

  // Unknown members are ignored, as the specification asks. kStructure: no subject, no digest, digest not lower-case hex of its
  // algorithm's length, another _type; kLimit: too many subjects or digests.
  static Checked<Statement> Parse(std::string_view payload);

  // The subject that has exactly this digest; null: none. Lives as long as this.
  const StatementSubject* FindSubject(const Digest& artifact) const;
};

// kSubject when no subject has this digest; tells which were seen.
Checked<void> RequireSubject(const Statement& statement, const Digest& artifact);

}  // namespace hullwright::verify
