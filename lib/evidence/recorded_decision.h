// A Decision as JSON: what `hullctl` prints of an image, and the document of the decision history that explains an answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "policy/decision.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

// As docs/reference/hullctl-json.md says it. line: of the file where the reference stands; 0: not known, and left out.
nlohmann::ordered_json ToJson(const policy::ImageDecision& image, int line = 0);

// What the history keeps of a decision in the clear, as docs/operations.md says it.
nlohmann::ordered_json ToJson(const store::DecisionRow& row);

// "Pod shop/api-0", as the request describes itself: also of objects without a namespace, and of those whose name is to be generated.
std::string DescriptionOf(const store::DecisionRow& row);

struct RecordedDecision {
  policy::Decision decision;
  bool is_cut = false;  // there was more of everything than is kept
};
// Of more bytes than one document should have, traces are left out first, then all but the first few reasons of each image.
std::string EncodeDecision(policy::Decision decision);
Result<RecordedDecision> DecodeDecision(std::string_view document);

}  // namespace hullwright::evidence
