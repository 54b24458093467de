#include "cli/review_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/rfc3339.h"
#include "base/text.h"
#include "evidence/exploitation_source.h"
#include "evidence/folder_source.h"

namespace hullwright::cli {
namespace {

std::unexpected<ReviewFailure> Usage(std::string message) {
  return std::unexpected(ReviewFailure{ExitCode::kUsage, std::move(message)});
}

std::unexpected<ReviewFailure> Unreadable(const Error& error) {
  return std::unexpected(ReviewFailure{ExitCode::kCouldNotTell, error.message});
}

bool HasRegistrySettings(const RegistryOptions& options) {
  return !options.registries.empty() || !options.plain_http.empty() || !options.registry_config.empty() || !options.cluster_data.empty();
}

std::expected<ReviewSettings, ReviewFailure> Understand(const ReviewOptions& options, const Environment& environment) {
  ReviewSettings settings;
  settings.now = environment.clock.Now();
  if (!options.now.empty()) {
    const auto now = ParseRfc3339(options.now);
    if (!now) return Usage("--now: " + now.error().message);
    settings.now = *now;
  }
  for (const std::string& platform : options.node_platforms) {
    if (!platform.contains('/'))
      return Usage(fmt::format("--node-platforms: \"{}\" is no OS/ARCHITECTURE such as linux/amd64", Printable(platform, 64)));
  }
  for (const std::string& path : options.workload_paths) {
    if (auto added = settings.workloads.Add(path); !added) return Usage("--workload-path: " + added.error().message);
  }
  if (!options.AsksRegistries() && HasRegistrySettings(options.registry))
    return Usage("--registries, --plain-http, --registry-config and --cluster-data say how registries are asked: add --registry");
  if (!options.node_platforms.empty()) settings.node_platforms = options.node_platforms;
  settings.engine.unmatched = policy::FindUnmatched(options.unmatched).value_or(policy::Unmatched::kDeny);
  settings.engine.trace = options.trace;
  return settings;
}

std::expected<void, ReviewFailure> LoadInventory(const std::string& file, evidence::AdmittedImages& admitted) {
  if (file.empty()) return {};
  if (auto loaded = admitted.LoadFile(file); !loaded) return Unreadable(loaded.error());
  return {};
}

std::expected<void, ReviewFailure> LoadCatalogue(const ReviewOptions& options, std::vector<GivenObject> extra,
                                                 evidence::Catalogue& catalogue) {
  std::vector<evidence::Folder> folders;
  folders.reserve(options.policies.size() + options.scans.size());
  for (const std::string& path : options.policies) folders.push_back({path, true});
  for (const std::string& path : options.scans) folders.push_back({path, false});
  if (auto loaded = evidence::LoadFolders(folders, catalogue); !loaded) return Unreadable(loaded.error());
  if (!options.exploitation.empty()) {
    evidence::ExploitationOptions exploitation{.folder = options.exploitation, .max_age = std::nullopt};
    if (options.exploitation_max_age_hours > 0) exploitation.max_age = std::chrono::hours(options.exploitation_max_age_hours);
    if (auto loaded = evidence::LoadExploitation(exploitation, catalogue); !loaded) return Unreadable(loaded.error());
  }
  for (GivenObject& given : extra) catalogue.Put(given.key, "the command line", std::move(given.object));
  catalogue.Publish();
  return {};
}

bool IsBelow(const std::string& path, const std::string& folder) {
  const auto inside = std::filesystem::path(path).lexically_normal().lexically_relative(std::filesystem::path(folder).lexically_normal());
  return !inside.empty() && *inside.begin() != "..";
}

std::vector<InputProblem> ProblemsOf(const evidence::Catalogue& catalogue, const ReviewOptions& options) {
  std::vector<InputProblem> problems;
  for (const evidence::Problem& problem : catalogue.Problems()) {
    const auto holds = [&](const std::string& folder) { return IsBelow(problem.origin, folder); };
    // A broken file there is no data for the policies that ask for it, which then say so themselves.
    const bool of_exploitation = !options.exploitation.empty() && holds(options.exploitation);
    const bool of_scans = (of_exploitation || std::ranges::any_of(options.scans, holds)) && std::ranges::none_of(options.policies, holds);
    problems.push_back({problem.origin, problem.object, problem.error, of_scans});
  }
  return problems;
}

}  // namespace

evidence::Sources ReviewInputs::SourcesFor(evidence::Question& question) const {
  evidence::Sources sources{catalogue, admitted};
  if (!registries) return sources;
  question.pull = registries->pull();
  question.tags_are_pinned = true;  // as behind the hook that writes digests
  sources.gatherer = &registries->gatherer();
  sources.node_platforms = settings.node_platforms;
  return sources;
}

std::expected<std::unique_ptr<ReviewInputs>, ReviewFailure> ReadInputs(const ReviewOptions& options, const Environment& environment,
                                                                       ReviewExtras extras) {
  auto settings = Understand(options, environment);
  if (!settings) return std::unexpected(settings.error());
  auto inputs = std::make_unique<ReviewInputs>(std::move(*settings));
  if (auto loaded = LoadCatalogue(options, std::move(extras.objects), inputs->catalogue); !loaded) return std::unexpected(loaded.error());
  if (auto loaded = LoadInventory(options.admitted, inputs->admitted); !loaded) return std::unexpected(loaded.error());
  inputs->problems = ProblemsOf(inputs->catalogue, options);
  if (!options.AsksRegistries()) return inputs;
  auto opened = RegistrySession::Open(options.registry, inputs->catalogue, environment, inputs->clock, extras.observer);
  if (!opened) return Unreadable(opened.error());
  inputs->registries = std::move(*opened);
  return inputs;
}

}  // namespace hullwright::cli
