// What declaring the commands of hullctl takes: options that several of them share, and those that are declared in a file of their own
// (trust_commands.cpp, history_commands.cpp, cluster_commands.cpp).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/registry_session.h"
#include "cli/review.h"

namespace hullwright::cli {

// What the parsed command line asks for.
using Action = std::function<CommandOutput(const Environment&)>;

// Commands share their options with the action that will read them.
template <class Options, class Command>
void Runs(CLI::App& command, const std::shared_ptr<Options>& options, Command run, Action& action) {
  command.callback(
      [options, run, &action] { action = [options, run](const Environment& environment) { return run(*options, environment); }; });
}

void AddOutput(CLI::App& command, std::string& output, std::vector<std::string> formats);
// What manifests and images are judged by, and how. Returns --policies, which is not required until the command says so.
CLI::Option* AddReviewOptions(CLI::App& command, ReviewOptions& review);
// How registries are asked, or what is asked in their place.
void AddRegistryOptions(CLI::App& command, RegistryOptions& registry);

void AddVerify(CLI::App& root, Action& action);
void AddResolve(CLI::App& root, Action& action);
void AddTrust(CLI::App& root, Action& action);
void AddVerifyBundle(CLI::App& root, Action& action);
void AddStore(CLI::App& root, Action& action);
void AddRehearse(CLI::App& root, Action& action);
void AddDoctor(CLI::App& root, Action& action);
void AddSupportBundle(CLI::App& root, Action& action);

}  // namespace hullwright::cli
