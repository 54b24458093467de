// hullctl reasons: the vocabulary of answers.
#pragma once

#include <string>

#include "cli/command.h"

namespace hullwright::cli {

struct ReasonsOptions {
  std::string word;  // "": all
  std::string output = "table";
};

CommandOutput Reasons(const ReasonsOptions& options, const Environment& environment);

}  // namespace hullwright::cli
