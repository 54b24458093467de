// Findings in words. Everything in a finding comes from a report and is hostile: all text passes Printable.
#pragma once

#include <string>

#include "policy/decision.h"
#include "policy/exploitation.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

// "CVE-2024-1234 in pkg:deb/debian/openssl"
std::string NameOf(const FindingView& finding);
// "CVE-2024-1234 (Critical) in pkg:deb/debian/openssl 3.0.11-1, fixed in 3.0.13-1"
std::string Describe(const FindingView& finding);
// "known to be exploited (due 2021-12-24, used in ransomware campaigns)"
std::string Describe(const KnownExploit& exploit);
// "EPSS 0.97531 (percentile 0.99994, model v2025.03.14 of 2025-03-17)"; the score is one of the scores.
std::string Describe(const EpssScore& score, const EpssScores& scores);
FindingDetail DetailOf(const FindingView& finding);

}  // namespace hullwright::policy
