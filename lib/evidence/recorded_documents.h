// Documents of a decision history, each held against its digest: what does not fit was damaged or changed.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

// kNotFound also for a decision that has none of that role.
Result<std::string> ReadDocument(store::HistoryReader& history, std::int64_t number);
Result<std::string> ReadDocument(store::HistoryReader& history, const store::StoredDecision& decision, store::DocumentRole role);

}  // namespace hullwright::evidence
