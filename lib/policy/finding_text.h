// Findings in words. Everything in a finding comes from a report and is hostile: all text passes Printable.
#pragma once

#include <string>

#include "policy/decision.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

// "CVE-2024-1234 in pkg:deb/debian/openssl"
std::string NameOf(const FindingView& finding);
// "CVE-2024-1234 (Critical) in pkg:deb/debian/openssl 3.0.11-1, fixed in 3.0.13-1"
std::string Describe(const FindingView& finding);
FindingDetail DetailOf(const FindingView& finding);

}  // namespace hullwright::policy
