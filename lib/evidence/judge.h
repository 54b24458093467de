// From a question to a Decision: gathers the facts of every image and asks the engine. The one path of webhook and command line.
#pragma once

#include <string>
#include <vector>

#include "api/image_use.h"
#include "base/clock.h"
#include "evidence/admitted_images.h"
#include "evidence/catalogue.h"
#include "policy/engine.h"

namespace hullwright::evidence {

struct Question {
  policy::SubjectKind kind = policy::SubjectKind::kPod;
  std::string description;  // "Pod shop/api-0"
  std::string namespace_;
  std::vector<api::ImageUse> images;
};

// Memory only. Thread-safe.
policy::Decision Judge(const Catalogue& catalogue, const AdmittedImages& admitted, const Question& question, Time now,
                       const policy::EngineOptions& options);

}  // namespace hullwright::evidence
