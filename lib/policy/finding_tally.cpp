#include "policy/finding_tally.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "policy/grace.h"
#include "policy/layer_origin.h"

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

void Place(std::uint32_t finding, Truth meets, Grace grace, EntryTally& tally) {
  if (meets == Truth::kNo) return;
  if (grace == Grace::kRunning)
    tally.graced.push_back(finding);
  else if (meets == Truth::kYes && grace == Grace::kOver)
    tally.met.push_back(finding);
  else
    tally.unknown.push_back(finding);
}

void Count(ScanTally& tally, const Policy& policy, const Circumstances& circumstances) {
  const api::VulnerabilityRules& rules = *policy.object.spec.rules.vulnerabilities;
  for (std::uint32_t i = 0; i < tally.scan->size(); ++i) {
    const FindingView finding = tally.Finding(i);
    if (!IsWitnessed(finding, rules.scan.scanner_refs)) continue;
    ExploitationLookup exploitation(circumstances.exploitation, finding);
    for (std::size_t e = 0; e < rules.forbid.size(); ++e) {
      const Truth meets = Meets(rules.forbid[e], policy.forbidden_ids[e], finding, exploitation);
      if (meets != Truth::kNo) Place(i, meets, GraceOf(rules.forbid[e], finding, circumstances.now), tally.entries[e]);
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
  const auto is_forbidden = [&](std::uint32_t finding) { return std::ranges::binary_search(forbidden, finding); };
  for (EntryTally& entry : tally.entries) {
    std::erase_if(entry.unknown, is_forbidden);
    std::erase_if(entry.graced, is_forbidden);
  }
}

// What a statement or waiver covers is taken away, as far as can be seen now, also when its grace is over.
void LookAhead(EntryTally& tally, const ScanRecord& scan, const api::ForbidEntry& entry, const Exemptions& exemptions) {
  const std::int64_t allowed = Allowed(entry);
  if (tally.violates || tally.graced.empty() || Size(tally.met) + Size(tally.graced) <= allowed) return;
  std::erase_if(tally.graced, [&](std::uint32_t finding) { return Exempted(finding, scan, entry, Truth::kYes, exemptions).has_value(); });
  const std::int64_t last_allowed = allowed - Size(tally.met);
  if (Size(tally.graced) <= last_allowed) return;
  std::ranges::stable_sort(tally.graced, {}, [&](std::uint32_t finding) { return GraceEnd(entry, scan.Finding(finding)); });
  tally.violates_from = GraceEnd(entry, scan.Finding(tally.graced[static_cast<std::size_t>(last_allowed)]));
}

}  // namespace

FindingView ScanTally::Finding(std::uint32_t position) const {
  FindingView finding = scan->Finding(position);
  finding.layer = LayerOf(finding, *scan, base_layers);
  finding.clocks_are_elsewhere = !keeps_clocks;
  return finding;
}

ScanTally TallyFindings(const ScanRecord& scan, const Policy& policy, const Exemptions& exemptions, const Circumstances& circumstances,
                        std::size_t base_layers) {
  const api::VulnerabilityRules& rules = *policy.object.spec.rules.vulnerabilities;
  ScanTally tally{&scan, base_layers, std::vector<EntryTally>(rules.forbid.size()),
                  std::ranges::find(scan.repositories(), circumstances.repository) != scan.repositories().end()};
  Count(tally, policy, circumstances);
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
    LookAhead(entry, scan, rules.forbid[e], exemptions);
  }
  return tally;
}

std::string RuleOf(const api::ForbidEntry& entry) {
  return fmt::format("vulnerabilities.forbid[{}]", Printable(entry.name, 128));
}

Waived RecordOf(const WaivedFinding& waived, std::string_view rule, std::string what) {
  if (waived.waiver != nullptr) return RecordWaived(*waived.waiver, rule, std::move(what));
  return RecordSuppressed(*waived.suppression, rule, std::move(what));
}

std::vector<ScanTally> TallyScans(const RuleInput& input, const Exemptions& exemptions, const Circumstances& circumstances,
                                  RuleReport& report) {
  const bool asks_layers = AsksLayers(*input.rules().vulnerabilities);
  std::vector<ScanTally> tallies;
  tallies.reserve(input.image.scans.size());
  for (const auto& scan : input.image.scans) {
    const std::size_t base_layers = asks_layers ? ProvedBaseLayers(input, *scan, report) : 0;
    tallies.push_back(TallyFindings(*scan, input.policy, exemptions, circumstances, base_layers));
  }
  return tallies;
}

Circumstances CircumstancesOf(const RuleInput& input) {
  const std::vector<api::ForbidEntry>& entries = input.rules().vulnerabilities->forbid;
  Circumstances circumstances{input.now, UsableAt(input.image.exploitation.get(), input.now),
                              input.image.reference ? input.image.reference->Name() : ""};
  // What no entry asks for need not be looked up.
  if (std::ranges::none_of(entries, [](const api::ForbidEntry& entry) { return entry.min_epss.has_value(); }))
    circumstances.exploitation.epss = nullptr;
  if (std::ranges::none_of(entries, &api::ForbidEntry::known_exploited)) circumstances.exploitation.known = nullptr;
  return circumstances;
}

bool AsksLayers(const api::VulnerabilityRules& rules) {
  return std::ranges::any_of(rules.forbid, [](const api::ForbidEntry& entry) { return !entry.layers.empty(); });
}

}  // namespace hullwright::policy
