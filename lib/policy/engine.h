// The engine: policies, facts and the time in, a Decision out. Pure: no clock, no I/O; the same input gives the same answer.
// Serves webhook, operator and command line alike (docs/decisions/0004-one-engine.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

// What happens to an image that no policy covers.
enum class Unmatched { kDeny, kWarn, kAllow };
// "Deny", "Warn", "Allow".
std::string_view ToString(Unmatched unmatched);
std::optional<Unmatched> FindUnmatched(std::string_view word);  // nullopt: it is none of them

struct EngineOptions {
  Unmatched unmatched = Unmatched::kDeny;
  bool trace = false;  // fill ImageDecision::trace
  // Findings times conditions of one request, about 10 ns each: bounds the time a request can take, whatever its policies ask.
  std::uint64_t max_comparisons = 20'000'000;
  std::size_t max_images = 256;  // more distinct uses in one object are refused whole
};

Decision Decide(const PolicySet& policies, const Subject& subject, std::span<const ImageFacts> images, Time now,
                const EngineOptions& options);

// The decision with order, outcomes and enforcement worked out anew, after reasons were put in or taken out.
Decision Concluded(Decision decision);

}  // namespace hullwright::policy
