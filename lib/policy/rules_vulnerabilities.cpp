#include "policy/rules_vulnerabilities.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/finding_tally.h"
#include "policy/finding_text.h"
#include "policy/grace.h"
#include "policy/origin.h"
#include "policy/scan_freshness.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kVulnerabilitiesRule = "vulnerabilities";
constexpr std::string_view kScanRule = "vulnerabilities.scan";

// "linux/arm64: …" where the image has more than one platform.
std::string OnPlatform(const RuleInput& input, const ScanRecord& scan, std::string message) {
  if (input.image.scans.size() < 2) return message;
  return fmt::format("{}: {}", scan.platform().empty() ? scan.digest().text() : Printable(scan.platform(), 64), message);
}

std::vector<ScanProblem> ProblemsOfAllScans(const RuleInput& input) {
  std::vector<ScanProblem> all;
  all.reserve(input.image.broken_scans.size());
  for (const BrokenScan& broken : input.image.broken_scans)
    all.push_back(
        {ReasonWord::kScanInvalid, fmt::format("the ImageScan of this digest does not decode: {}", Printable(broken.error, 512))});
  for (const auto& scan : input.image.scans)
    for (ScanProblem& problem : ProblemsOf(*scan, input.rules().vulnerabilities->scan, input.now))
      all.push_back({problem.word, OnPlatform(input, *scan, std::move(problem.message))});
  if (input.image.scans.empty() && input.image.broken_scans.empty())
    all.push_back({ReasonWord::kUnscanned, fmt::format("there is no scan of {}", DigestOf(input.image)->text())});
  return all;
}

// One problem per word: the first, which says how many more there are.
std::vector<ScanProblem> GroupedByWord(std::vector<ScanProblem> problems) {
  std::vector<ScanProblem> groups;
  for (ScanProblem& problem : problems) {
    const auto is_same = [&](const ScanProblem& other) { return other.word == problem.word; };
    if (std::ranges::any_of(groups, is_same)) continue;
    const auto more = std::ranges::count_if(problems, is_same) - 1;
    groups.push_back({problem.word, more == 0 ? problem.message : fmt::format("{} (and {} more like it)", problem.message, more)});
  }
  return groups;
}

auto Identity(const FindingView& finding) {
  return std::tuple(finding.id, finding.package, finding.version);
}

// Most severe first; a finding that several platforms share is one.
std::vector<FindingView> Ordered(std::vector<FindingView> findings, bool several_scans) {
  if (several_scans) {
    std::ranges::sort(findings, {}, Identity);
    const auto doubles = std::ranges::unique(findings, {}, Identity);
    findings.erase(doubles.begin(), doubles.end());
  }
  std::ranges::stable_sort(findings, std::greater<>(), &FindingView::severity);
  return findings;
}

std::vector<FindingView> Collect(const std::vector<ScanTally>& tallies, std::size_t entry, bool EntryTally::* included,
                                 std::vector<std::uint32_t> EntryTally::* findings) {
  std::vector<FindingView> collected;
  for (const ScanTally& tally : tallies) {
    if (!(tally.entries[entry].*included)) continue;
    for (const std::uint32_t finding : tally.entries[entry].*findings) collected.push_back(tally.Finding(finding));
  }
  return Ordered(std::move(collected), tallies.size() > 1);
}

std::string AndMore(std::size_t count) {
  return count < 2 ? "" : fmt::format(", and {} more", count - 1);
}

// The finding with what the entry asks of it beside severity and fix, which are always told.
std::string DescribeFor(const api::ForbidEntry& entry, const FindingView& finding, const UsableExploitation& exploitation) {
  std::string text = Describe(finding);
  if (!entry.layers.empty()) text += fmt::format(", layer {}", api::ToString(finding.layer));
  const FindingExploitation known = ExploitationOf(exploitation, finding);
  if (entry.min_epss && known.highest != nullptr) text += ", " + Describe(*known.highest, *exploitation.epss);
  if (entry.known_exploited && known.exploit != nullptr) text += ", " + Describe(*known.exploit);
  return text;
}

// " since 2026-03-08T12:00:00Z", where a grace came before.
std::string Since(const api::ForbidEntry& entry, const FindingView& finding) {
  return entry.grace_hours ? " since " + FormatRfc3339(GraceEnd(entry, finding)) : "";
}

std::string ForbiddenMessage(const api::ForbidEntry& entry, const std::vector<FindingView>& findings,
                             const UsableExploitation& exploitation) {
  if (entry.more_than > 0)
    return fmt::format("{} findings meet {}, which allows {}; the most severe is {}", findings.size(), Printable(entry.name),
                       entry.more_than, DescribeFor(entry, findings.front(), exploitation));
  if (findings.size() == 1)
    return fmt::format("{}, is forbidden by {}{}", DescribeFor(entry, findings.front(), exploitation), Printable(entry.name),
                       Since(entry, findings.front()));
  return fmt::format("{}{}, are forbidden by {}{}", DescribeFor(entry, findings.front(), exploitation), AndMore(findings.size()),
                     Printable(entry.name), Since(entry, findings.front()));
}

std::string IncompleteMessage(const api::ForbidEntry& entry, const std::vector<FindingView>& findings, const Circumstances& circumstances) {
  return fmt::format("{}{}, may be forbidden by {}: {}", Describe(findings.front()), AndMore(findings.size()), Printable(entry.name),
                     WhyUnknown(entry, findings.front(), circumstances));
}

std::string NearMissOfAny(WaiverLookup& waivers, const api::ForbidEntry& entry, const std::vector<FindingView>& findings) {
  for (std::size_t i = 0; i < std::min(findings.size(), kMaxFindingsPerReason); ++i)
    if (std::string near_miss = waivers.NearMiss(entry, findings[i]); !near_miss.empty()) return near_miss;
  return {};
}

void AddWithFindings(RuleReport& report, ReasonWord word, const api::ForbidEntry& entry, std::string message,
                     const std::vector<FindingView>& findings) {
  report.Add(word, RuleOf(entry), std::move(message));
  Reason& reason = report.reasons.back();
  reason.finding_count = findings.size();
  for (std::size_t i = 0; i < std::min(findings.size(), kMaxFindingsPerReason); ++i) reason.findings.push_back(DetailOf(findings[i]));
}

void ReportViolation(const Circumstances& circumstances, const std::vector<ScanTally>& tallies, std::size_t index,
                     const api::ForbidEntry& entry, WaiverLookup& waivers, RuleReport& report) {
  const std::vector<FindingView> findings = Collect(tallies, index, &EntryTally::violates, &EntryTally::met);
  if (findings.empty()) return;
  const ReasonWord word = entry.more_than > 0 ? ReasonWord::kTooManyVulnerabilities : ReasonWord::kVulnerabilityForbidden;
  AddWithFindings(report, word, entry,
                  ForbiddenMessage(entry, findings, circumstances.exploitation) + NearMissOfAny(waivers, entry, findings), findings);
}

void ReportIncomplete(const Circumstances& circumstances, const std::vector<ScanTally>& tallies, std::size_t index,
                      const api::ForbidEntry& entry, WaiverLookup& waivers, RuleReport& report) {
  const std::vector<FindingView> findings = Collect(tallies, index, &EntryTally::incomplete, &EntryTally::unknown);
  if (findings.empty()) return;
  AddWithFindings(report, ReasonWord::kFindingIncomplete, entry,
                  IncompleteMessage(entry, findings, circumstances) + NearMissOfAny(waivers, entry, findings), findings);
}

// The date comes first: warnings are cut.
std::string GraceMessage(const api::ForbidEntry& entry, const ScanTally& tally, const EntryTally& here,
                         const UsableExploitation& exploitation) {
  const std::string from = FormatRfc3339(*here.violates_from);
  const FindingView first = tally.Finding(here.graced.front());
  if (entry.more_than > 0)
    return fmt::format("from {} on, {} findings meet {}, which allows {}; the first is {}", from, here.met.size() + here.graced.size(),
                       Printable(entry.name), entry.more_than, DescribeFor(entry, first, exploitation));
  return fmt::format("from {} on, {} forbids {}{}", from, Printable(entry.name), DescribeFor(entry, first, exploitation),
                     AndMore(here.graced.size()));
}

// Of several platforms the one that violates first speaks for all.
void NoticeGrace(const RuleInput& input, const Circumstances& circumstances, const std::vector<ScanTally>& tallies, std::size_t index,
                 const api::ForbidEntry& entry, RuleReport& report) {
  const ScanTally* first = nullptr;
  for (const ScanTally& tally : tallies) {
    const EntryTally& here = tally.entries[index];
    if (here.violates) return;
    if (here.violates_from && (first == nullptr || *here.violates_from < *first->entries[index].violates_from)) first = &tally;
  }
  if (first == nullptr) return;
  report.notices.push_back(
      {kWithinGrace, "", OnPlatform(input, *first->scan, GraceMessage(entry, *first, first->entries[index], circumstances.exploitation))});
}

void ReportTruncated(const RuleInput& input, const std::vector<ScanTally>& tallies, std::size_t index, const api::ForbidEntry& entry,
                     WaiverLookup& waivers, RuleReport& report) {
  for (const ScanTally& tally : tallies) {
    const EntryTally& here = tally.entries[index];
    if (!here.truncated) continue;
    std::string message = OnPlatform(input, *tally.scan,
                                     fmt::format("{} of the findings cut from the ImageScan may meet {}", here.cut, Printable(entry.name)));
    if (const Waiver* pass = entry.waivable ? waivers.BreakGlassInForce() : nullptr)
      report.waived.push_back(RecordWaived(*pass, RuleOf(entry), std::string(ToString(ReasonWord::kFindingsTruncated))));
    else
      report.Add(ReasonWord::kFindingsTruncated, RuleOf(entry), message + waivers.NearMiss());
    return;  // one platform is enough to say so
  }
}

std::string WhoOf(const WaivedFinding& waived) {
  return waived.waiver != nullptr ? waived.waiver->id : fmt::format("TrustedPublisher/{}", waived.suppression->publisher);
}

void ReportWaived(const std::vector<ScanTally>& tallies, std::size_t index, const api::ForbidEntry& entry, RuleReport& report) {
  const std::string rule = RuleOf(entry);
  std::vector<Waived> records;
  std::size_t more = 0;
  for (const ScanTally& tally : tallies) {
    for (const WaivedFinding& waived : tally.entries[index].waived) {
      std::string what = NameOf(tally.scan->Finding(waived.finding));
      const auto is_same = [&](const Waived& other) { return other.what == what && other.waiver == WhoOf(waived); };
      if (std::ranges::any_of(records, is_same)) continue;
      if (records.size() < kMaxWaivedPerRule)
        records.push_back(RecordOf(waived, rule, std::move(what)));
      else
        ++more;
    }
  }
  if (more > 0) records.back().what += fmt::format(", and {} more findings", more);
  report.waived.insert(report.waived.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
}

void TraceEntry(const std::vector<ScanTally>& tallies, std::size_t index, const api::ForbidEntry& entry, RuleReport& report) {
  std::size_t all = 0, met = 0, unknown = 0, graced = 0, waived = 0;
  std::int64_t cut = 0;
  auto outcome = Outcome::kPass;
  for (const ScanTally& tally : tallies) {
    const EntryTally& here = tally.entries[index];
    all += tally.scan->size();
    met += here.met.size();
    unknown += here.unknown.size();
    graced += here.graced.size();
    waived += here.waived.size();
    cut += here.cut;
    if (here.violates) outcome = Outcome::kViolation;
    if (here.incomplete || here.truncated) outcome = std::max(outcome, Outcome::kCouldNotTell);
  }
  report.Trace(RuleOf(entry), outcome, [&] {
    const std::string within_grace = entry.grace_hours ? fmt::format(", {} are within grace", graced) : "";
    return fmt::format("{} findings: {} meet the entry, which allows {}; {} lack a value{}, {} are waived, {} were cut", all, met,
                       entry.more_than, unknown, within_grace, waived, cut);
  });
}

// Why a finding is Base, Application or neither.
void TraceLayers(const RuleInput& input, const std::vector<ScanTally>& tallies, RuleReport& report) {
  report.Trace("vulnerabilities.layers", Outcome::kPass, [&] {
    std::vector<std::string> scans;
    scans.reserve(tallies.size());
    for (const ScanTally& tally : tallies) {
      scans.push_back(OnPlatform(input, *tally.scan,
                                 tally.base_layers == 0 ? std::string("no base image is proved")
                                                        : fmt::format("the base image's are the first {} of {} layers", tally.base_layers,
                                                                      tally.scan->image().diff_ids.size())));
    }
    return fmt::format("{}", fmt::join(scans, "; "));
  });
}

void JudgeEntry(const RuleInput& input, const Circumstances& circumstances, const std::vector<ScanTally>& tallies, std::size_t index,
                WaiverLookup& waivers, RuleReport& report) {
  const api::ForbidEntry& entry = input.rules().vulnerabilities->forbid[index];
  ReportViolation(circumstances, tallies, index, entry, waivers, report);
  ReportIncomplete(circumstances, tallies, index, entry, waivers, report);
  ReportTruncated(input, tallies, index, entry, waivers, report);
  if (entry.grace_hours) NoticeGrace(input, circumstances, tallies, index, entry, report);
  const bool any_waived = std::ranges::any_of(tallies, [&](const ScanTally& tally) { return !tally.entries[index].waived.empty(); });
  if (any_waived) ReportWaived(tallies, index, entry, report);
  if (report.tracing) TraceEntry(tallies, index, entry, report);
}

}  // namespace

void JudgeScans(const RuleInput& input, WaiverLookup& waivers, RuleReport& report) {
  auto outcome = Outcome::kPass;
  for (ScanProblem& problem : GroupedByWord(ProblemsOfAllScans(input))) {
    if (const Waiver* pass = waivers.BreakGlassInForce()) {
      report.waived.push_back(RecordWaived(*pass, kScanRule, std::string(ToString(problem.word))));
      continue;
    }
    outcome = Outcome::kCouldNotTell;
    report.Add(problem.word, kScanRule, std::move(problem.message) + waivers.NearMiss());
  }
  report.Trace(kScanRule, outcome, [&] {
    if (input.image.scans.empty()) return std::string("no scan");
    std::vector<std::string> scans;
    scans.reserve(input.image.scans.size());
    for (const auto& scan : input.image.scans) scans.push_back(OnPlatform(input, *scan, DescribeResults(*scan, input.now)));
    return fmt::format("{}", fmt::join(scans, "; "));
  });
}

void JudgeForbidden(const RuleInput& input, const Exemptions& exemptions, RuleReport& report) {
  const api::VulnerabilityRules& rules = *input.rules().vulnerabilities;
  const Circumstances circumstances = CircumstancesOf(input);
  const std::vector<ScanTally> tallies = TallyScans(input, exemptions, circumstances, report);
  for (std::size_t i = 0; i < rules.forbid.size(); ++i) JudgeEntry(input, circumstances, tallies, i, exemptions.waivers, report);
  if (AsksLayers(rules)) TraceLayers(input, tallies, report);
  if (rules.vex) report.Trace("vulnerabilities.vex", Outcome::kPass, [&] { return exemptions.vex.Describe(); });
}

void JudgeVulnerabilities(const RuleInput& input, RuleReport& report) {
  if (!input.rules().vulnerabilities) return;
  if (const auto digest = DigestFor(input); !digest) {
    const bool told = report.Has(ReasonWord::kDigestRequired) || report.Has(ReasonWord::kDigestUnresolved);
    if (!told)
      ReportDoubt({digest.error().word, "there is nothing to look a scan up by: " + digest.error().message}, kVulnerabilitiesRule, report);
    report.Trace(kVulnerabilitiesRule, OutcomeOf(digest.error().word), [] { return std::string("no digest"); });
    return;
  }
  WaiverLookup waivers(input, report);
  VexLookup vex(input, report);
  JudgeScans(input, waivers, report);
  JudgeForbidden(input, {vex, waivers}, report);
}

}  // namespace hullwright::policy
