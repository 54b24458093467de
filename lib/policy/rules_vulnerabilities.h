// rules.vulnerabilities: what the scans of the digest may say. Every scan (one per platform that an index lists) must pass.
#pragma once

#include "policy/finding_tally.h"
#include "policy/rule.h"
#include "policy/waivers.h"

namespace hullwright::policy {

// "vulnerabilities": DigestUnresolved when there is no digest to look a scan up by, unless a reference rule has said so already; otherwise
// the two rules below.
void JudgeVulnerabilities(const RuleInput& input, RuleReport& report);

// "vulnerabilities.scan": that there are scans, readable, complete and fresh (scan_freshness.h).
void JudgeScans(const RuleInput& input, WaiverLookup& waivers, RuleReport& report);

// "vulnerabilities.forbid[<name>]", for each entry. Looks at the findings of every scan, stale and partial ones included: what was found
// stays found. What violates only later is told by the notice WithinGrace.
void JudgeForbidden(const RuleInput& input, const Exemptions& exemptions, RuleReport& report);

}  // namespace hullwright::policy
