#include "cli/posture.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

#include "base/text.h"
#include "policy/forbid.h"
#include "policy/scan_freshness.h"
#include "scan/finding_names.h"

namespace hullwright::cli {
namespace {

// More than any scan holds, small enough that sums of them stay inside 64 bits.
constexpr std::int64_t kMostFindings = 1LL << 40;
constexpr std::size_t kSeverityCount = kPostureSeverities.size();

std::size_t IndexOf(api::Severity severity) {
  return static_cast<std::size_t>(std::ranges::find(kPostureSeverities, severity) - kPostureSeverities.begin());
}

struct SeverityTally {
  std::int64_t all = 0, fixable = 0, fix_unknown = 0;

  void Add(api::FixState fix, std::int64_t count) {
    all += count;
    if (fix == api::FixState::kAvailable) fixable += count;
    if (fix == api::FixState::kUnknown) fix_unknown += count;
  }
};
using SeverityTallies = std::array<SeverityTally, kSeverityCount>;

// One scan, counted by what it lists and by what it says it has counted before findings were cut from it.
class ScanCount {
 public:
  // scan: nullptr when there is none.
  ScanCount(const policy::ScanRecord* scan, Time now) : scan_(scan) {
    if (scan == nullptr) return;
    complete_ = policy::ProblemsOf(*scan, api::ScanRequirements{}, now).empty();
    std::int64_t counted = 0;
    for (const api::FindingCount& bucket : scan->counts()) {
      const std::int64_t count = std::clamp<std::int64_t>(bucket.count, 0, kMostFindings);
      counted_[IndexOf(bucket.severity)].Add(bucket.fix, count);
      counted += count;
    }
    for (std::size_t i = 0; i < scan->size(); ++i) {
      const policy::FindingView finding = scan->Finding(i);
      listed_[IndexOf(finding.severity)].Add(finding.fix, 1);
    }
    const std::int64_t cut = policy::CutFindings(api::ForbidEntry{}, *scan);
    cut_ = cut > 0;
    counts_cover_the_cut_ = cut_ && counted - static_cast<std::int64_t>(scan->size()) == cut;
  }

  // Nothing was cut, and a scanner looked at everything.
  bool IsWhole() const { return complete_ && !cut_; }
  // The same of the findings of one severity.
  bool IsWhole(std::size_t severity) const { return complete_ && (!cut_ || (counts_cover_the_cut_ && Unlisted(severity) == 0)); }

  Range All(std::size_t severity) const { return Between(listed_[severity].all, counted_[severity].all); }
  // A finding of which it is not known whether there is a fix may have one.
  Range Fixable(std::size_t severity) const {
    const SeverityTally& listed = listed_[severity];
    const SeverityTally& counted = counted_[severity];
    Range range = Between(listed.fixable, counted.fixable);
    if (range.at_most) *range.at_most += std::max(listed.fix_unknown, counts_cover_the_cut_ ? counted.fix_unknown : 0);
    return range;
  }

 private:
  std::int64_t Unlisted(std::size_t severity) const { return std::max<std::int64_t>(0, counted_[severity].all - listed_[severity].all); }

  // Of several scanners the counts may hold a finding twice that was cut from both; of one they are exact.
  Range Between(std::int64_t listed, std::int64_t counted) const {
    if (!complete_ || (cut_ && !counts_cover_the_cut_)) return {listed, std::nullopt};
    if (!cut_) return Range::Exactly(listed);
    const std::int64_t most = std::max(listed, counted);
    return {scan_->results().size() == 1 ? most : listed, most};
  }

  const policy::ScanRecord* scan_;
  SeverityTallies listed_, counted_;
  bool complete_ = false, cut_ = false, counts_cover_the_cut_ = false;
};

scan::FindingNames NamesOf(const policy::FindingView& finding) {
  return scan::NamesOf(finding.id, finding.Aliases(), finding.package);
}

// Which findings of the scan the other one has none like.
std::vector<bool> NotIn(const policy::ScanRecord& scan, const policy::ScanRecord& other) {
  scan::FindingNameSet known;
  for (std::size_t i = 0; i < other.size(); ++i) known.Add(NamesOf(other.Finding(i)));
  std::vector<bool> missing(scan.size());
  for (std::size_t i = 0; i < missing.size(); ++i) missing[i] = !known.Contains(NamesOf(scan.Finding(i)));
  return missing;
}

using ResultsByScanner = std::map<std::string, const api::ScanResult*>;

// Of the scanners that have seen something.
ResultsByScanner SeeingResults(const policy::ScanRecord& scan) {
  ResultsByScanner results;
  for (const api::ScanResult& result : scan.results())
    if (result.outcome == api::ScanOutcome::kComplete || result.outcome == api::ScanOutcome::kPartial)
      results.emplace(result.scanner_ref.name, &result);
  return results;
}

std::string ScannersOf(const ResultsByScanner& results) {
  std::string names;
  for (const auto& [name, result] : results) names += (names.empty() ? "" : ", ") + Printable(name, 64);
  return names;
}

// "" when both results of the scanner know the same.
std::string ObstacleOf(const std::string& name, const api::ScanResult& image, const api::ScanResult& original) {
  if (image.outcome != api::ScanOutcome::kComplete || original.outcome != api::ScanOutcome::kComplete)
    return fmt::format("{} could not look at everything in both images", name);
  const bool by_database = image.database_updated_at && original.database_updated_at;
  const auto& then = by_database ? image.database_updated_at : image.scanned_at;
  const auto& before = by_database ? original.database_updated_at : original.scanned_at;
  if (!then || !before) return fmt::format("nobody can tell when {} looked at both images", name);
  if (std::chrono::abs(*then - *before) <= kSameKnowledge) return "";
  const std::string age = policy::AgeText(std::min(*then, *before), std::max(*then, *before));
  const auto [newer, older] = *then < *before ? std::pair("the original", "this image") : std::pair("this image", "the original");
  return by_database ? fmt::format("the database of {} was {} newer for {} than for {}", name, age, newer, older)
                     : fmt::format("{} looked at {} {} later than at {}", name, newer, age, older);
}

std::vector<std::string> ObstaclesBetween(const policy::ScanRecord& image, const policy::ScanRecord& original) {
  const auto of_image = SeeingResults(image), of_original = SeeingResults(original);
  if (of_image.empty() || of_original.empty()) return {};  // said of the scan in which nothing was seen
  if (!std::ranges::equal(std::views::keys(of_image), std::views::keys(of_original)))
    return {fmt::format("the original was scanned by {}, this image by {}", ScannersOf(of_original), ScannersOf(of_image))};
  std::vector<std::string> obstacles;
  for (const auto& [name, result] : of_image) {
    std::string obstacle = ObstacleOf(Printable(name, 64), *result, *of_original.at(name));
    if (!obstacle.empty()) obstacles.push_back(std::move(obstacle));
  }
  return obstacles;
}

// How many of a scan's listed findings of each severity the flags choose.
std::array<std::int64_t, kSeverityCount> CountFlagged(const policy::ScanRecord& scan, const std::vector<bool>& flags, bool wanted) {
  std::array<std::int64_t, kSeverityCount> counts{};
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i] == wanted) ++counts[IndexOf(scan.Finding(i).severity)];
  return counts;
}

std::optional<std::int64_t> Only(bool known, std::int64_t number) {
  return known ? std::optional(number) : std::nullopt;
}

void Compare(const PostureInput& input, const ScanCount& image, const ScanCount& original, Posture& posture) {
  for (std::size_t s = 0; s < kSeverityCount; ++s) posture.by_severity[s].original = original.All(s);
  if (input.image == nullptr || input.original == nullptr) return;
  posture.obstacles = ObstaclesBetween(*input.image, *input.original);
  posture.added = NotIn(*input.image, *input.original);
  posture.removed = NotIn(*input.original, *input.image);
  const bool comparable = posture.obstacles.empty();
  // What is not in a list is surely not there only where the list is whole and of the same knowledge.
  const bool surely_gone = comparable && image.IsWhole(), surely_new = comparable && original.IsWhole();
  const auto added = CountFlagged(*input.image, posture.added, true);
  const auto removed = CountFlagged(*input.original, posture.removed, true);
  const auto remaining = CountFlagged(*input.original, posture.removed, false);
  for (std::size_t s = 0; s < kSeverityCount; ++s) {
    PostureCounts& counts = posture.by_severity[s];
    counts.remaining = {remaining[s], Only(original.IsWhole(s), remaining[s] + (surely_gone ? 0 : removed[s]))};
    counts.removed = {surely_gone ? removed[s] : 0, Only(original.IsWhole(s), removed[s])};
    counts.added = {surely_new ? added[s] : 0, Only(image.IsWhole(s), added[s])};
  }
}

void CountAccepted(const PostureInput& input, const ScanCount& image, Posture& posture) {
  std::array<std::int64_t, kSeverityCount> accepted{};
  if (input.image != nullptr)
    for (const auto& [finding, by] : *input.accepted) ++accepted[IndexOf(input.image->Finding(finding).severity)];
  for (std::size_t s = 0; s < kSeverityCount; ++s) posture.by_severity[s].accepted = {accepted[s], Only(image.IsWhole(s), accepted[s])};
}

}  // namespace

Range& Range::operator+=(const Range& other) {
  at_least += other.at_least;
  at_most = at_most && other.at_most ? std::optional(*at_most + *other.at_most) : std::nullopt;
  return *this;
}

PostureCounts& PostureCounts::operator+=(const PostureCounts& other) {
  for (const auto member : {&PostureCounts::original, &PostureCounts::remaining, &PostureCounts::removed, &PostureCounts::found,
                            &PostureCounts::added, &PostureCounts::fixable, &PostureCounts::accepted})
    this->*member += other.*member;
  return *this;
}

Posture ComputePosture(const PostureInput& input) {
  Posture posture;
  const ScanCount image(input.image, input.now), original(input.original, input.now);
  for (std::size_t s = 0; s < kSeverityCount; ++s) {
    posture.by_severity[s].found = image.All(s);
    posture.by_severity[s].fixable = image.Fixable(s);
  }
  if (input.compared) Compare(input, image, original, posture);
  if (input.accepted != nullptr) CountAccepted(input, image, posture);
  posture.all = posture.by_severity.front();
  for (std::size_t s = 1; s < kSeverityCount; ++s) posture.all += posture.by_severity[s];
  return posture;
}

}  // namespace hullwright::cli
