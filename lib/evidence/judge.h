// From a question to a Decision: gathers the facts of every image and asks the engine. The one path of webhook and command line.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/image_use.h"
#include "api/pull_context.h"
#include "base/clock.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "evidence/gatherer.h"
#include "policy/engine.h"

namespace hullwright::evidence {

struct Question {
  policy::SubjectKind kind = policy::SubjectKind::kPod;
  std::string description;  // "Pod shop/api-0"
  std::string namespace_;
  std::vector<api::ImageUse> images;
  api::PullContext pull = {};
  bool tags_are_pinned = false;  // policy::Subject::tags_are_pinned
};

// Where facts come from. What is pointed to outlives whoever holds this.
struct Sources {
  const Catalogue& catalogue;
  const AdmittedImages& admitted;
  Gatherer* gatherer = nullptr;                                           // null: no registry is asked
  std::optional<std::vector<std::string>> node_platforms = std::nullopt;  // "linux/amd64"; nullopt: not known
};

// All that the engine was given: judged again, it gives the same decision.
struct Basis {
  std::shared_ptr<const policy::PolicySet> policies;
  policy::Subject subject;
  std::vector<policy::ImageFacts> images;  // in the order of the question
  Time now{};
  policy::EngineOptions options;
};

// From memory alone. Thread-safe. nullopt: something of a registry is missing that has to be waited for. basis: null, or filled in with
// what was decided by.
std::optional<policy::Decision> JudgeFromMemory(const Sources& sources, const Question& question, Time now,
                                                const policy::EngineOptions& options, Basis* basis = nullptr);
// Waits for registries until the deadline; what is not there by then is could-not-tell.
policy::Decision Judge(const Sources& sources, const Question& question, Time now, const policy::EngineOptions& options, Deadline deadline,
                       Basis* basis = nullptr);

// What Judge decides by with the engine's own options, for those who show it.
Basis BasisFor(const Sources& sources, const Question& question, Time now, Deadline deadline);

// Gathers in the background what the question would have to wait for.
void WarmUp(const Sources& sources, const Question& question, const policy::EngineOptions& options);

}  // namespace hullwright::evidence
