// hullctl resolve: which digest a reference means now.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/registry_session.h"

namespace hullwright::cli {

struct ResolveOptions {
  std::vector<std::string> images;
  RegistryOptions registry;
  std::string output = "table";
};

// The digest is that of the bytes received. Of several images one that cannot be resolved leaves the answer empty, but in JSON and YAML.
CommandOutput Resolve(const ResolveOptions& options, const Environment& environment);

}  // namespace hullwright::cli
