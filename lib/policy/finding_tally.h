// One scan against the forbid entries of one policy: which findings meet which entry, which might, and what VEX statements and waivers take
// away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/forbid.h"
#include "policy/rule.h"
#include "policy/vex_lookup.h"
#include "policy/waivers.h"

namespace hullwright::policy {

// What may take a finding away: a statement that the hole is not there before somebody who accepts it.
struct Exemptions {
  VexLookup& vex;
  WaiverLookup& waivers;
};

struct WaivedFinding {
  std::uint32_t finding;
  const Waiver* waiver;  // nullptr: suppression is there
  std::optional<Suppression> suppression = std::nullopt;
};

// Findings are positions in the scan.
struct EntryTally {
  std::vector<std::uint32_t> met;
  std::vector<std::uint32_t> unknown;  // a value that the entry asks for is missing
  std::vector<std::uint32_t> graced;   // meet the entry, or might, but not before their grace is over
  std::vector<WaivedFinding> waived;   // would be in met or unknown
  std::int64_t cut = 0;                // findings cut from the scan that might meet it

  bool violates = false;    // more met than the entry allows
  bool incomplete = false;  // not violating, but the unknown ones could make it so
  bool truncated = false;   // not violating, but the cut ones could make it so
  // Not violating now, but from then on, if nothing changes: enough graces are over. The graced ones are in the order in which they end.
  std::optional<Time> violates_from;
};

struct ScanTally {
  const ScanRecord* scan = nullptr;
  std::size_t base_layers = 0;      // ProvedBaseLayers of layer_origin.h
  std::vector<EntryTally> entries;  // as the policy's forbid list
  bool keeps_clocks = false;        // the image's repository is among the scan's

  // The finding with the layer that the policy sees it in, and whether its clocks are the image's.
  FindingView Finding(std::uint32_t position) const;
};

// Only findings that a scanner of scan.scannerRefs witnesses are looked at, where the policy names scanners. Exemptions are asked only for
// entries that would otherwise give a reason. An unknown finding that a violating entry of this policy already forbids is not counted
// again. base_layers as in layer_origin.h.
ScanTally TallyFindings(const ScanRecord& scan, const Policy& policy, const Exemptions& exemptions, const Circumstances& circumstances,
                        std::size_t base_layers = 0);

// The same of every scan of the image, in their order, with the layers that are proved to be its base.
std::vector<ScanTally> TallyScans(const RuleInput& input, const Exemptions& exemptions, const Circumstances& circumstances,
                                  RuleReport& report);

// What the findings of this request's image are judged by: of exploitation what some entry of the policy asks for.
Circumstances CircumstancesOf(const RuleInput& input);

// Whether any entry asks for layers.
bool AsksLayers(const api::VulnerabilityRules& rules);

// "vulnerabilities.forbid[fixable-critical]": what reasons and records name.
std::string RuleOf(const api::ForbidEntry& entry);
// The record of what took the finding away; the policy's id is the caller's to fill in.
Waived RecordOf(const WaivedFinding& waived, std::string_view rule, std::string what);

}  // namespace hullwright::policy
