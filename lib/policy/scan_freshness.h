// rules.vulnerabilities.scan: which scan results count, and how old they and their database may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/image_admission_policy.h"
#include "policy/reason.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

struct ScanProblem {
  ReasonWord word;
  std::string message;
};

// What is wrong with one scanner's result, most serious first; empty when it counts. A result exactly at a limit is still fresh. Without
// limits any age will do, but the outcome must be Complete and no given date may lie in the future.
std::vector<ScanProblem> ProblemsOf(const api::ScanResult& result, const api::ScanRequirements& wanted, Time now);

// The problems of a whole scan. With scannerRefs every one of them must have a result without problems (several of one scanner: the best
// counts). Without, one result without problems is enough whatever the others say; if there is none, the problems of the best one.
std::vector<ScanProblem> ProblemsOf(const ScanRecord& scan, const api::ScanRequirements& wanted, Time now);

// How long ago it was: "12 min", "3 h", "12 days". Negative for what is yet to come.
std::string AgeText(Time then, Time now);

// "trivy 3 h ago (Complete)": for the trace.
std::string DescribeResults(const ScanRecord& scan, Time now);

}  // namespace hullwright::policy
