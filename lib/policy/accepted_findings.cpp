#include "policy/accepted_findings.h"

#include <fmt/core.h>

#include <set>
#include <utility>

#include "base/text.h"
#include "policy/finding_tally.h"
#include "policy/finding_text.h"
#include "policy/matching.h"
#include "policy/rule.h"

namespace hullwright::policy {
namespace {

// One scan, over all policies.
struct Accepting {
  std::map<std::uint32_t, Waived> accepted;
  std::set<std::uint32_t> refused;

  std::map<std::uint32_t, Waived> Take() && {
    for (const std::uint32_t finding : refused) accepted.erase(finding);
    return std::move(accepted);
  }
};

void AddEntry(const EntryTally& tally, const api::ForbidEntry& entry, const Policy& policy, const ScanRecord& scan, Accepting& all) {
  for (const WaivedFinding& waived : tally.waived) {
    if (all.accepted.contains(waived.finding)) continue;
    Waived record = RecordOf(waived, RuleOf(entry), NameOf(scan.Finding(waived.finding)));
    record.policy = policy.id;
    all.accepted.emplace(waived.finding, std::move(record));
  }
  if (tally.violates) all.refused.insert(tally.met.begin(), tally.met.end());
  if (tally.incomplete) all.refused.insert(tally.unknown.begin(), tally.unknown.end());
}

void AskPolicy(const RuleInput& input, std::vector<Accepting>& scans, AcceptedFindings& found) {
  const api::VulnerabilityRules& rules = *input.rules().vulnerabilities;
  RuleReport report;
  WaiverLookup waivers(input, report);
  VexLookup vex(input, report);
  const std::vector<ScanTally> tallies = TallyScans(input, {vex, waivers}, CircumstancesOf(input), report);
  for (std::size_t s = 0; s < scans.size(); ++s) {
    for (std::size_t e = 0; e < rules.forbid.size(); ++e)
      AddEntry(tallies[s].entries[e], rules.forbid[e], input.policy, *input.image.scans[s], scans[s]);
  }
  if (rules.vex) found.vex.push_back(input.policy.id + ": " + vex.Describe());
  for (Notice& notice : report.notices) {
    notice.policy = input.policy.id;
    found.notices.push_back(std::move(notice));
  }
}

}  // namespace

AcceptedFindings FindAccepted(const PolicySet& policies, const Subject& subject, const ImageFacts& image, Time now) {
  AcceptedFindings found;
  std::vector<Accepting> scans(image.scans.size());
  const ImageReference* reference = image.reference ? &*image.reference : nullptr;
  for (const Policy* policy : policies.Candidates(subject, reference)) {
    const Coverage coverage = CoverageOf(policy->object, subject, image);
    if (coverage == Coverage::kNo || reference == nullptr) continue;
    if (coverage == Coverage::kNamespaceUnknown) {
      found.doubts.push_back({ReasonWord::kNamespaceUnknown, fmt::format("the labels of namespace {} are not known, and {} asks for them",
                                                                         Printable(subject.namespace_, 64), policy->id)});
      continue;
    }
    found.policies.push_back(policy->id);
    const RuleInput input{*policy, policies, subject, image, *reference, now};
    if (input.rules().vulnerabilities) AskPolicy(input, scans, found);
  }
  for (const BrokenPolicy* policy : policies.BrokenCandidates(subject, reference))
    if (MayCover(*policy, subject, image))
      found.doubts.push_back(
          {ReasonWord::kPolicyInvalid, fmt::format("{} has no good version: {}", policy->id, Printable(policy->error, 512))});
  found.by_scan.reserve(scans.size());
  for (Accepting& scan : scans) found.by_scan.push_back(std::move(scan).Take());
  return found;
}

}  // namespace hullwright::policy
