// hullctl store list: what a decision history holds, to find the id that explain wants.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"

namespace hullwright::cli {

struct StoreListOptions {
  std::string file;
  std::int64_t limit = 50;
  std::string namespace_;  // "" for all
  bool denied = false;     // only those
  std::string output = "table";
};
// Newest first.
CommandOutput StoreList(const StoreListOptions& options, const Environment& environment);

}  // namespace hullwright::cli
