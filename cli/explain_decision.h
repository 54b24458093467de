// hullctl explain DECISION-ID: a decision of the history as it was explained when it was made, and judged again.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/review.h"

namespace hullwright::cli {

struct ExplainDecisionOptions {
  std::string id, history;
  bool replay = false;
  std::vector<std::string> policy_files;  // with replay: put in place of what was in force
  ReviewOptions review;                   // with replay: policies, to judge by these instead; registries; now
  std::string output = "table";
};

// The exit code is that of the decision; of a replay, what it came to.
CommandOutput ExplainDecision(const ExplainDecisionOptions& options, const Environment& environment);

}  // namespace hullwright::cli
