// What check, explain, verify and report judge by: the folders, files and registries of their options, read and understood once.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/registry_session.h"
#include "cli/review.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "evidence/judge.h"
#include "kube/pod_spec.h"
#include "policy/engine.h"

namespace hullwright::cli {

// What the settings mean, once understood.
struct ReviewSettings {
  Time now{};
  policy::EngineOptions engine;
  kube::Workloads workloads;
  std::optional<std::vector<std::string>> node_platforms;  // nullopt: not known
};

class StandingClock final : public Clock {
 public:
  explicit StandingClock(Time now) : now_(now) {}
  Time Now() const override { return now_; }

 private:
  const Time now_;
};

struct ReviewInputs {
  explicit ReviewInputs(ReviewSettings given) : settings(std::move(given)), clock(settings.now) {}

  // Where the facts for the question come from; what asking registries adds to it is written into it.
  evidence::Sources SourcesFor(evidence::Question& question) const;

  const ReviewSettings settings;
  const StandingClock clock;
  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted;
  std::vector<InputProblem> problems;
  std::unique_ptr<RegistrySession> registries;  // null: no registry is asked. Last: it uses the others
};

std::expected<std::unique_ptr<ReviewInputs>, ReviewFailure> ReadInputs(const ReviewOptions& options, const Environment& environment,
                                                                       ReviewExtras extras = {});

}  // namespace hullwright::cli
