// hullctl check and hullctl explain.
#pragma once

#include "cli/command.h"
#include "cli/review.h"

namespace hullwright::cli {

struct CheckOptions {
  ReviewOptions review;
  std::string output = "table";  // table, json, yaml, sarif, junit
};

// Judges manifests as the webhook would judge them on creation (with --old: on update).
CommandOutput Check(const CheckOptions& options, const Environment& environment);
// The same, telling of every policy and rule what it saw.
CommandOutput Explain(CheckOptions options, const Environment& environment);

}  // namespace hullwright::cli
