// What a reason does to the request.
#pragma once

#include <optional>

#include "policy/decision.h"
#include "policy/engine.h"
#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

// A reason under a policy. Where it starts: `templates` for a template; `admittedImages` for a digest that the namespace has run under this
// policy for no more than admittedHours, and only for reasons of the vulnerabilities and freshness families; else `newImages`.
// Could-not-tell then acts as the softer of that and `noData`. Nothing acts harder than `newImages`.
api::Enforcement EnforcementOf(ReasonWord word, const Policy& policy, const Subject& subject, const ImageFacts& image, Time now);

// An image that no policy covers; nullopt for kAllow. For a template Deny becomes Warn: Pods decide.
std::optional<api::Enforcement> EnforcementOfUnmatched(Unmatched unmatched, SubjectKind subject);

// A policy without a good version: as hard as any policy could be, softened for templates like the default of `templates`.
api::Enforcement EnforcementOfBroken(SubjectKind subject);

}  // namespace hullwright::policy
