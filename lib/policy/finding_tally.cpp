#include "policy/finding_tally.h"

#include <algorithm>

namespace hullwright::policy {
namespace {

std::int64_t Size(const std::vector<std::uint32_t>& findings) {
  return static_cast<std::int64_t>(findings.size());
}

std::int64_t Allowed(const api::ForbidEntry& entry) {
  return std::max<std::int64_t>(0, entry.more_than);
}

bool IsWitnessed(const FindingView& finding, const std::vector<api::NameRef>& scanners) {
  return scanners.empty() || std::ranges::any_of(scanners, [&](const api::NameRef& ref) { return finding.SeenBy(ref.name); });
}

void Count(ScanTally& tally, const Policy& policy) {
  const api::VulnerabilityRules& rules = *policy.object.spec.rules.vulnerabilities;
  for (std::uint32_t i = 0; i < tally.scan->size(); ++i) {
    const FindingView finding = tally.scan->Finding(i);
    if (!IsWitnessed(finding, rules.scan.scanner_refs)) continue;
    for (std::size_t e = 0; e < rules.forbid.size(); ++e) {
      const Truth meets = Meets(rules.forbid[e], policy.forbidden_ids[e], finding);
      if (meets == Truth::kYes) tally.entries[e].met.push_back(i);
      if (meets == Truth::kUnknown) tally.entries[e].unknown.push_back(i);
    }
  }
  for (std::size_t e = 0; e < rules.forbid.size(); ++e) tally.entries[e].cut = CutFindings(rules.forbid[e], *tally.scan);
}

std::optional<WaivedFinding> Exempted(std::uint32_t finding, const ScanRecord& scan, const api::ForbidEntry& entry, Truth meets,
                                      const Exemptions& exemptions) {
  const FindingView view = scan.Finding(finding);
  if (const auto suppression = exemptions.vex.Covering(entry, scan, view)) return WaivedFinding{finding, nullptr, suppression};
  const Waiver* waiver = exemptions.waivers.Covering(entry, view, meets);
  return waiver == nullptr ? std::nullopt : std::optional(WaivedFinding{finding, waiver});
}

void TakeWaived(EntryTally& tally, const ScanRecord& scan, const api::ForbidEntry& entry, const Exemptions& exemptions) {
  const auto take_from = [&](std::vector<std::uint32_t>& findings, Truth meets) {
    std::erase_if(findings, [&](std::uint32_t finding) {
      const auto waived = Exempted(finding, scan, entry, meets, exemptions);
      if (waived) tally.waived.push_back(*waived);
      return waived.has_value();
    });
  };
  take_from(tally.met, Truth::kYes);
  take_from(tally.unknown, Truth::kUnknown);
}

void DropForbidden(ScanTally& tally) {
  std::vector<std::uint32_t> forbidden;
  for (const EntryTally& entry : tally.entries)
    if (entry.violates) forbidden.insert(forbidden.end(), entry.met.begin(), entry.met.end());
  if (forbidden.empty()) return;
  std::ranges::sort(forbidden);
  for (EntryTally& entry : tally.entries)
    std::erase_if(entry.unknown, [&](std::uint32_t finding) { return std::ranges::binary_search(forbidden, finding); });
}

}  // namespace

ScanTally TallyFindings(const ScanRecord& scan, const Policy& policy, const Exemptions& exemptions) {
  const api::VulnerabilityRules& rules = *policy.object.spec.rules.vulnerabilities;
  ScanTally tally{&scan, std::vector<EntryTally>(rules.forbid.size())};
  Count(tally, policy);
  for (std::size_t e = 0; e < rules.forbid.size(); ++e) {
    EntryTally& entry = tally.entries[e];
    const std::int64_t allowed = Allowed(rules.forbid[e]);
    if (Size(entry.met) + Size(entry.unknown) + entry.cut > allowed) TakeWaived(entry, scan, rules.forbid[e], exemptions);
    entry.violates = Size(entry.met) > allowed;
  }
  DropForbidden(tally);
  for (std::size_t e = 0; e < rules.forbid.size(); ++e) {
    EntryTally& entry = tally.entries[e];
    const std::int64_t allowed = Allowed(rules.forbid[e]);
    const std::int64_t possible = Size(entry.met) + Size(entry.unknown);
    entry.incomplete = !entry.violates && !entry.unknown.empty() && possible > allowed;
    entry.truncated = !entry.violates && entry.cut > 0 && possible + entry.cut > allowed;
  }
  return tally;
}

}  // namespace hullwright::policy
