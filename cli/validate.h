// hullctl validate: what /v1/validate-objects says of our own objects, offline, for editors and CI. Who may waive is not asked.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace hullwright::cli {

struct ValidateOptions {
  std::vector<std::string> files;  // files, folders, "-"
  std::string output = "table";    // table, json, yaml
};

// kViolation when an object is invalid, kCouldNotTell when a file cannot be read or nothing of ours is in what was read.
CommandOutput Validate(const ValidateOptions& options, const Environment& environment);

}  // namespace hullwright::cli
