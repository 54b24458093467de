// The surface of hullctl: every command with its options, and what a command line asks for.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/command_tree.h"

namespace hullwright::cli {

// arguments: without the name of the program.
CommandOutput Run(const std::vector<std::string>& arguments, const Environment& environment);

// For generators and tests.
CommandEntry CommandTree();

}  // namespace hullwright::cli
