#include "policy/forbid.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/grace.h"

namespace hullwright::policy {
namespace {

// More than any scan holds, small enough that sums of them stay inside 64 bits.
constexpr std::int64_t kMaxCount = 1LL << 40;

Truth FromBool(bool value) {
  return value ? Truth::kYes : Truth::kNo;
}

std::int64_t CountOf(const api::FindingCount& bucket) {
  return std::clamp<std::int64_t>(bucket.count, 0, kMaxCount);
}

bool MayBeInBucket(const api::ForbidEntry& entry, api::Severity severity, api::FixState fix, api::Layer layer) {
  return std::min({MeetsSeverity(entry, severity), MeetsFix(entry, fix), MeetsLayer(entry, layer)}) != Truth::kNo;
}

std::int64_t CountedFindings(const ScanRecord& scan) {
  std::int64_t sum = 0;
  for (const api::FindingCount& bucket : scan.counts()) sum += CountOf(bucket);
  return sum;
}

// The values that a scan would have to say.
std::string MissingValues(const api::ForbidEntry& entry, const FindingView& finding, Time now) {
  std::vector<std::string> missing;
  if (MeetsSeverity(entry, finding.severity) == Truth::kUnknown) missing.emplace_back("its severity");
  if (MeetsFix(entry, finding.fix) == Truth::kUnknown) missing.emplace_back("whether there is a fix");
  if (MeetsLayer(entry, finding.layer) == Truth::kUnknown) missing.emplace_back("which part of the image it is in");
  if (MeetsScore(entry, finding) == Truth::kUnknown) missing.emplace_back("its CVSS score");
  if (GraceOf(entry, finding, now) == Grace::kUnknown) missing.push_back(GraceClockWords(entry, finding));
  return fmt::format("{}", fmt::join(missing, " and "));
}

std::string WhyNoEpss(ExploitationLookup& exploitation) {
  const UsableExploitation& usable = exploitation.usable();
  if (usable.epss == nullptr) return std::string(usable.why_no_epss);
  if (!exploitation.Get().has_cve) return "it has no CVE name, by which EPSS goes";
  return fmt::format("the EPSS scores of {} have none for it", FormatRfc3339(usable.epss->date));
}

}  // namespace

Truth MeetsSeverity(const api::ForbidEntry& entry, api::Severity severity) {
  if (entry.severities.empty()) return Truth::kYes;
  if (std::ranges::find(entry.severities, severity) != entry.severities.end()) return Truth::kYes;
  return severity == api::Severity::kUnknown ? Truth::kUnknown : Truth::kNo;
}

Truth MeetsFix(const api::ForbidEntry& entry, api::FixState fix) {
  if (entry.fix == api::FixCondition::kAny) return Truth::kYes;
  if (fix == api::FixState::kUnknown) return Truth::kUnknown;
  return FromBool((fix == api::FixState::kAvailable) == (entry.fix == api::FixCondition::kAvailable));
}

Truth MeetsLayer(const api::ForbidEntry& entry, api::Layer layer) {
  if (entry.layers.empty()) return Truth::kYes;
  if (std::ranges::find(entry.layers, layer) != entry.layers.end()) return Truth::kYes;
  return layer == api::Layer::kUnknown ? Truth::kUnknown : Truth::kNo;
}

Truth MeetsScore(const api::ForbidEntry& entry, const FindingView& finding) {
  if (!entry.min_cvss) return Truth::kYes;
  if (!finding.cvss) return Truth::kUnknown;
  return FromBool(*finding.cvss >= *entry.min_cvss);
}

ForbiddenIds::ForbiddenIds(const std::vector<std::string>& ids) {
  ids_.reserve(ids.size());
  for (const std::string& id : ids) ids_.push_back(LowerCase(id));
  std::ranges::sort(ids_);
}

bool ForbiddenIds::Contains(std::string_view name) const {
  const auto before = [](std::string_view id, std::string_view wanted) {
    return std::ranges::lexicographical_compare(id, wanted, {}, {}, LowerLetter);
  };
  const auto place = std::lower_bound(ids_.begin(), ids_.end(), name, before);
  return place != ids_.end() && EqualWithoutCase(*place, name);
}

bool ForbiddenIds::Name(const FindingView& finding) const {
  if (Contains(finding.id)) return true;
  return !finding.aliases.empty() && std::ranges::any_of(finding.Aliases(), [this](std::string_view alias) { return Contains(alias); });
}

std::uint64_t ForbiddenIds::Comparisons() const {
  return ids_.empty() ? 0 : static_cast<std::uint64_t>(std::bit_width(ids_.size())) + 1;
}

Truth MeetsIds(const ForbiddenIds& ids, const FindingView& finding) {
  return ids.empty() ? Truth::kYes : FromBool(ids.Name(finding));
}

Truth MeetsEpss(const api::ForbidEntry& entry, ExploitationLookup& exploitation) {
  if (!entry.min_epss) return Truth::kYes;
  if (exploitation.usable().epss == nullptr) return Truth::kUnknown;
  const FindingExploitation& known = exploitation.Get();
  if (known.highest != nullptr && known.highest->Probability() >= *entry.min_epss) return Truth::kYes;
  return known.is_scored ? Truth::kNo : Truth::kUnknown;
}

Truth MeetsKnownExploited(const api::ForbidEntry& entry, ExploitationLookup& exploitation) {
  if (!entry.known_exploited) return Truth::kYes;
  if (exploitation.usable().known == nullptr) return Truth::kUnknown;
  return FromBool(exploitation.Get().exploit != nullptr);
}

Truth Meets(const api::ForbidEntry& entry, const ForbiddenIds& ids, const FindingView& finding, ExploitationLookup& exploitation) {
  Truth met = std::min(
      {MeetsSeverity(entry, finding.severity), MeetsFix(entry, finding.fix), MeetsLayer(entry, finding.layer), MeetsScore(entry, finding)});
  // From cheap to dear: where one is not met, the others are not asked.
  if (met != Truth::kNo) met = std::min(met, MeetsIds(ids, finding));
  if (met != Truth::kNo) met = std::min(met, MeetsKnownExploited(entry, exploitation));
  if (met != Truth::kNo) met = std::min(met, MeetsEpss(entry, exploitation));
  return met;
}

std::string WhyUnknown(const api::ForbidEntry& entry, const FindingView& finding, const Circumstances& circumstances) {
  std::vector<std::string> causes;
  if (std::string missing = MissingValues(entry, finding, circumstances.now); !missing.empty())
    causes.push_back("the scan does not say " + missing);
  ExploitationLookup exploitation(circumstances.exploitation, finding);
  if (MeetsKnownExploited(entry, exploitation) == Truth::kUnknown) causes.emplace_back(circumstances.exploitation.why_none_known);
  if (MeetsEpss(entry, exploitation) == Truth::kUnknown) causes.push_back(WhyNoEpss(exploitation));
  return fmt::format("{}", fmt::join(causes, "; "));
}

std::int64_t CutFindings(const api::ForbidEntry& entry, const ScanRecord& scan) {
  const auto kept = static_cast<std::int64_t>(scan.size());
  // Counts that say more than is listed are a cut that somebody forgot to write down.
  const std::int64_t all_cut = std::max(scan.truncated_findings(), CountedFindings(scan) - kept);
  if (all_cut <= 0) return 0;
  const bool counts_cover_the_cut = CountedFindings(scan) >= kept + all_cut;
  if (!counts_cover_the_cut) return all_cut;

  std::int64_t cut = 0;
  for (const api::FindingCount& bucket : scan.counts())
    if (MayBeInBucket(entry, bucket.severity, bucket.fix, bucket.layer)) cut += CountOf(bucket);
  for (std::size_t i = 0; i < scan.size(); ++i) {
    const FindingView finding = scan.Finding(i);
    if (MayBeInBucket(entry, finding.severity, finding.fix, finding.layer)) --cut;
  }
  return std::max<std::int64_t>(cut, 0);
}

}  // namespace hullwright::policy
