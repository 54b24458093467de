// What every rule is given and how it answers. A rule is one function
//     void JudgeSomething(const RuleInput&, RuleReport&);
// in rules_<family>.cpp, called by JudgeRules in engine.cpp. It adds a reason for what does not pass and nothing for what does.
// Enforcement, outcome and remedy follow from the word and the policy: the engine fills them in, no rule decides how hard it acts.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/budget.h"
#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

struct RuleInput {
  const Policy& policy;
  const PolicySet& policies;  // for the publishers and waivers a policy names
  const Subject& subject;
  const ImageFacts& image;
  const ImageReference& reference;  // image.reference, which parsed
  Time now;

  const api::PolicyRules& rules() const { return policy.object.spec.rules; }
};

// What the rules of one policy say of one image.
struct RuleReport {
  bool tracing = false;
  Budget budget{};              // of what cost.h does not tell beforehand
  std::vector<Reason> reasons;  // word, rule, findings and message; the rest is the engine's
  std::vector<Waived> waived;
  std::vector<Notice> notices;
  std::vector<RuleTrace> traces;

  void Add(ReasonWord word, std::string_view rule, std::string message) {
    Reason& reason = reasons.emplace_back();
    reason.word = word;
    reason.rule = rule;
    reason.message = std::move(message);
  }

  bool Has(ReasonWord word) const {
    for (const Reason& reason : reasons)
      if (reason.word == word) return true;
    return false;
  }

  // saw() gives the text; it is called only when somebody asked for a trace, so that the pass case builds none.
  void Trace(std::string_view rule, Outcome outcome, std::invocable auto saw) {
    if (tracing) traces.push_back({.policy = {}, .rule = std::string(rule), .outcome = outcome, .saw = saw()});
  }
};

}  // namespace hullwright::policy
