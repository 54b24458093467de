// Documents of a decision history, each held against its digest: what does not fit was damaged or changed.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/decision_history.h"

namespace hullwright::evidence {

// "facts", "objects of the cluster", …
std::string_view NameOf(store::DocumentRole role);

// kTooLarge: it was too large to be kept.
Result<store::StoredDocument> ReadVerified(store::HistoryReader& history, std::int64_t number);
// The bytes of the document of that role; kNotFound: the decision has none. Other errors say which one cannot be read.
Result<std::string> ReadDocument(store::HistoryReader& history, const store::StoredDecision& decision, store::DocumentRole role);

// A document for those who pass it on as it is. Errors: it is no JSON, or nested deeper than any that is read here.
Result<nlohmann::ordered_json> ReadJson(std::string_view document);

}  // namespace hullwright::evidence
