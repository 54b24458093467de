// What a forbid entry asks of a finding, in three-valued logic: a value that the finding does not carry is unknown, and unknown is not no.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/image_admission_policy.h"
#include "policy/exploitation.h"
#include "policy/scan_record.h"

namespace hullwright::policy {

// Kleene's logic: the AND of truths is the least of them.
enum class Truth { kNo, kUnknown, kYes };

// The ids of one entry, prepared once with the policy: looking a finding up takes a few comparisons, however many ids there are.
class ForbiddenIds {
 public:
  explicit ForbiddenIds(const std::vector<std::string>& ids);

  bool empty() const { return ids_.empty(); }
  // Its id or one of its aliases is among them, compared without case.
  bool Name(const FindingView& finding) const;
  // The most comparisons that one name of a finding takes.
  std::uint64_t Comparisons() const;

 private:
  bool Contains(std::string_view name) const;

  std::vector<std::string> ids_;  // lower case, sorted
};

// What a finding is judged by beside the entry.
struct Circumstances {
  Time now;
  UsableExploitation exploitation;
  std::string repository = {};  // of the image: "registry.example/shop/api"; "" where it has none
};

// One function per condition; a condition that the entry leaves out is met.
// Severity Unknown is unknown, unless the entry lists Unknown itself.
Truth MeetsSeverity(const api::ForbidEntry& entry, api::Severity severity);
// fix: Available. fix: None means that no fix exists, be it None or WillNotFix.
Truth MeetsFix(const api::ForbidEntry& entry, api::FixState fix);
// Layer Unknown is unknown, unless the entry lists Unknown itself.
Truth MeetsLayer(const api::ForbidEntry& entry, api::Layer layer);
Truth MeetsScore(const api::ForbidEntry& entry, const FindingView& finding);
// Surely when one of its CVEs has such a score; surely not when all of them have lower ones.
Truth MeetsEpss(const api::ForbidEntry& entry, ExploitationLookup& exploitation);
Truth MeetsKnownExploited(const api::ForbidEntry& entry, ExploitationLookup& exploitation);
Truth MeetsIds(const ForbiddenIds& ids, const FindingView& finding);

// All conditions together; ids are the entry's, exploitation the finding's.
Truth Meets(const api::ForbidEntry& entry, const ForbiddenIds& ids, const FindingView& finding, ExploitationLookup& exploitation);

// What makes Meets, or the entry's grace, unknown: "the scan does not say its severity and whether there is a fix; no EPSS scores are
// loaded".
std::string WhyUnknown(const api::ForbidEntry& entry, const FindingView& finding, const Circumstances& circumstances);

// How many of the findings that were cut from the scan may meet the entry. With trustworthy counts: those in the buckets of severity, fix
// and layer that the entry may ask for, less the kept ones. Otherwise every cut finding may.
std::int64_t CutFindings(const api::ForbidEntry& entry, const ScanRecord& scan);

}  // namespace hullwright::policy
