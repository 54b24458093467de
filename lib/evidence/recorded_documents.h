// Documents of a decision history, each held against its digest: what does not fit was damaged or changed.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

Result<store::StoredDocument> ReadVerified(store::HistoryReader& history, std::int64_t number);
// The bytes of the document of that role; kNotFound: the decision has none.
Result<std::string> ReadDocument(store::HistoryReader& history, const store::StoredDecision& decision, store::DocumentRole role);

}  // namespace hullwright::evidence
