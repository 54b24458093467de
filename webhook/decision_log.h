// The one log line and the metrics of a decision, and its row in the history.
#pragma once

#include <chrono>
#include <string_view>

#include "store/decision_history.h"
#include "webhook/admission_review.h"
#include "webhook/metrics.h"
#include "webhook/verdict.h"

namespace hullwright::webhook {

// path: "validate", "validate-objects" or "stamp".
void RecordDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict,
                    std::chrono::steady_clock::duration duration, Metrics& metrics);

// All but id and time.
store::DecisionRow HistoryRow(const AdmissionRequest& request, const Verdict& verdict);

}  // namespace hullwright::webhook
