#include "cli/replay_world.h"

#include <utility>

#include "base/rfc3339.h"
#include "cli/given_objects.h"
#include "evidence/folder_source.h"

namespace hullwright::cli {

std::string WrongUse(const ReviewOptions& review) {
  if (review.AsksRegistries() && review.policies.empty())
    return "--registry and --layout need --policies DIR: its publishers and trust roots say whom to believe";
  if (review.now.empty()) return "";
  const auto now = ParseRfc3339(review.now);
  return now ? "" : "--now: " + now.error().message;
}

Result<std::unique_ptr<ReplayWorld>> ReplayWorld::Open(const ReplayWorldOptions& options, const Environment& environment) {
  std::unique_ptr<ReplayWorld> world(new ReplayWorld);
  auto history = store::HistoryReader::Open(options.history);
  if (!history) return std::unexpected(history.error());
  world->history_ = std::move(*history);
  world->records_ = std::make_unique<evidence::RecordReader>(*world->history_);
  if (!options.policy_files.empty()) {
    auto given = ReadGivenObjects(options.policy_files, "--policy", environment);
    if (!given) return std::unexpected(given.error());
    world->given_ = std::move(*given);
  }
  if (const auto now = ParseRfc3339(options.review->now)) world->now_ = *now;
  world->by_folders_ = options.by_folders;
  if (auto opened = world->OpenFolders(options, environment); !opened) return std::unexpected(opened.error());
  return world;
}

Result<void> ReplayWorld::OpenFolders(const ReplayWorldOptions& options, const Environment& environment) {
  const ReviewOptions& review = *options.review;
  std::vector<evidence::Folder> folders;
  folders.reserve(review.policies.size());
  for (const std::string& path : review.policies) folders.push_back({path, true});
  if (auto loaded = evidence::LoadFolders(folders, catalogue_); !loaded) return loaded;
  for (const GivenObject& each : given_) catalogue_.Put(each.key, "--policy", each.object);
  catalogue_.Publish();
  for (const evidence::Problem& problem : catalogue_.Problems())
    problems_.push_back(InputProblem{problem.origin, problem.object, problem.error}.ToString());
  if (!review.AsksRegistries()) return {};
  auto opened = RegistrySession::Open(review.registry, catalogue_, environment, environment.clock);
  if (!opened) return std::unexpected(opened.error());
  registries_ = std::move(*opened);
  return {};
}

evidence::ReplayPlan ReplayWorld::Plan(bool trace) const {
  evidence::ReplayPlan plan;
  for (const GivenObject& each : given_) plan.changed.push_back(each.object);
  if (by_folders_) plan.instead = catalogue_.Policies();
  if (registries_) {
    plan.gatherer = &registries_->gatherer();
    plan.pull = registries_->pull();
  }
  plan.now = now_;
  plan.trace = trace;
  return plan;
}

}  // namespace hullwright::cli
