#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "scan/assemble.h"
#include "scan/findings.h"
#include "scan/import.h"
#include "scan/package_name.h"

namespace hullwright::scan {
namespace {

Result<void> CheckSameImage(const api::ImageScan& existing, const api::ImageScan& imported) {
  if (existing.spec.digest != imported.spec.digest) {
    return Fail(ErrorCode::kConflict,
                fmt::format("scans of {} and of {} cannot become one", existing.spec.digest.text(), imported.spec.digest.text()));
  }
  const auto& here = existing.spec.platform;
  const auto& there = imported.spec.platform;
  if (!here || !there || here->ToString() == there->ToString()) return {};
  return Fail(
      ErrorCode::kConflict,
      fmt::format("{} is already scanned for {}, and this report is for {}: the digest is an index's; scan each platform by the digest of "
                  "its own manifest",
                  existing.spec.digest.text(), here->ToString(), there->ToString()));
}

std::string KeyOf(std::string_view id, std::string_view package, const api::Finding& finding) {
  return fmt::format("{}\n{}\n{}", id, package, finding.version);
}

std::string KeyOf(std::string_view id, const api::Finding& finding) {
  return KeyOf(id, WithoutQualifiers(finding.package), finding);
}

// The findings of two scans joined: those of the replaced scanner go, those that both speak of become one.
class Union {
 public:
  Union(const std::vector<api::Finding>& existing, std::string_view replaced) {
    for (const auto& finding : existing) Keep(finding, replaced);
  }

  // Names of packages are compared last, so that nothing is taken for a finding that has its own place.
  void Add(const std::vector<api::Finding>& findings) {
    std::vector<const api::Finding*> left;
    for (const auto& finding : findings) {
      auto same = Find(by_id_, KeyOf(finding.id, finding), finding);
      if (!same) same = FindByAlias(finding);
      if (same) {
        Take(*same, finding);
      } else {
        left.push_back(&finding);
      }
    }
    for (const auto* finding : left) {
      if (const auto same = FindByName(*finding)) {
        Take(*same, *finding);
      } else {
        rows_.push_back({*finding, true, false});
      }
    }
  }

  std::vector<api::Finding> Findings() && {
    std::vector<api::Finding> findings;
    for (auto& row : rows_) {
      if (!row.replaced) findings.push_back(std::move(row.finding));
    }
    SortFindings(findings);
    return findings;
  }

 private:
  struct Row {
    api::Finding finding;
    bool claimed = false;   // an imported finding went into it: no other one may
    bool replaced = false;  // only the replaced scanner saw it: kept for its clocks
  };
  using Index = std::multimap<std::string, std::size_t>;

  void Keep(api::Finding finding, std::string_view replaced) {
    std::erase(finding.scanners, replaced);
    const std::size_t place = rows_.size();
    by_id_.emplace(KeyOf(finding.id, finding), place);
    for (const auto& alias : finding.aliases) by_alias_.emplace(KeyOf(alias, finding), place);
    for (const auto& name : BareNames(finding.package)) {
      id_by_name_.emplace(KeyOf(finding.id, name, finding), place);
      for (const auto& alias : finding.aliases) alias_by_name_.emplace(KeyOf(alias, name, finding), place);
    }
    const bool gone = finding.scanners.empty();
    rows_.push_back({std::move(finding), false, gone});
  }

  // The row under the key that nothing went into yet; where there are several, the one with the very same package (architecture and all).
  std::optional<std::size_t> Find(const Index& index, const std::string& key, const api::Finding& finding) const {
    std::optional<std::size_t> found;
    const auto [first, last] = index.equal_range(key);
    for (auto entry = first; entry != last; ++entry) {
      const Row& row = rows_[entry->second];
      if (row.claimed) continue;
      if (row.finding.package == finding.package) return entry->second;
      if (!found) found = entry->second;
    }
    return found;
  }

  // One finding under two names (a GHSA and its CVE). Only where one name stands for one other: an advisory that covers several
  // vulnerabilities stays a finding of its own, or a waiver for one of them would hide the others.
  std::optional<std::size_t> FindByAlias(const api::Finding& finding) const {
    std::set<std::size_t> found;
    if (finding.aliases.size() == 1) Collect(by_id_, KeyOf(finding.aliases.front(), finding), found);
    Collect(by_alias_, KeyOf(finding.id, finding), found);
    if (found.size() != 1) return std::nullopt;
    const Row& row = rows_[*found.begin()];
    if (row.claimed || row.replaced || !IsOtherNameOf(row.finding, finding)) return std::nullopt;
    return *found.begin();
  }

  static bool IsOtherNameOf(const api::Finding& a, const api::Finding& b) {
    const auto names = [](const api::Finding& one, const api::Finding& other) {
      return one.aliases.size() == 1 && one.aliases.front() == other.id;
    };
    return names(a, b) || names(b, a);
  }

  // One scanner gave a package URL, another the bare name: the same finding where id (or the one other name), name and version are the same
  // and only one package is meant ("foo" of npm is not that of PyPI).
  std::optional<std::size_t> FindByName(const api::Finding& finding) const {
    std::set<std::size_t> found;
    for (const auto& name : BareNames(finding.package)) {
      Collect(id_by_name_, KeyOf(finding.id, name, finding), found);
      Collect(alias_by_name_, KeyOf(finding.id, name, finding), found);
      if (finding.aliases.size() == 1) Collect(id_by_name_, KeyOf(finding.aliases.front(), name, finding), found);
    }
    const auto cannot_be = [&](std::size_t place) {
      const Row& row = rows_[place];
      const bool other_id = row.finding.id != finding.id;
      return IsPackageUrl(row.finding.package) == IsPackageUrl(finding.package) ||
             (other_id && (row.replaced || !IsOtherNameOf(row.finding, finding)));
    };
    std::erase_if(found, cannot_be);
    if (found.empty()) return std::nullopt;
    const auto package_of = [&](std::size_t place) { return WithoutQualifiers(rows_[place].finding.package); };
    const bool one_package = std::ranges::all_of(found, [&](std::size_t place) { return package_of(place) == package_of(*found.begin()); });
    const auto free = std::ranges::find_if(found, [&](std::size_t place) { return !rows_[place].claimed; });
    return one_package && free != found.end() ? std::optional(*free) : std::nullopt;
  }

  static void Collect(const Index& index, const std::string& key, std::set<std::size_t>& found) {
    const auto [first, last] = index.equal_range(key);
    for (auto entry = first; entry != last; ++entry) found.insert(entry->second);
  }

  void Take(std::size_t place, const api::Finding& finding) {
    Row& row = rows_[place];
    row.claimed = true;
    if (!row.replaced) {
      if (IsPackageUrl(finding.package) && !IsPackageUrl(row.finding.package)) row.finding.package = finding.package;
      // Dropped aliases were reported when each report was read.
      std::ignore = Join(row.finding, finding);
      return;
    }
    const api::Finding old = std::exchange(row.finding, finding);
    row.replaced = false;
    KeepEarlier(row.finding.first_seen, old.first_seen);
    KeepEarlier(row.finding.fix_first_seen, old.fix_first_seen);
  }

  std::vector<Row> rows_;
  Index by_id_, by_alias_;
  Index id_by_name_, alias_by_name_;  // by bare names of the package
};

// What counts hold beyond those of the findings.
std::vector<api::FindingCount> Beyond(std::vector<api::FindingCount> counts, const std::vector<api::Finding>& findings) {
  for (auto entry : CountFindings(findings)) {
    entry.count = -entry.count;
    AddCounts(counts, {entry});
  }
  std::erase_if(counts, [](const api::FindingCount& entry) { return entry.count <= 0; });
  return counts;
}

// Every result of the scan gets the counts of all its findings, if some were cut: what Merge later needs to know how many of whose.
void NoteCounts(api::ImageScanStatus& status) {
  if (status.truncated_findings == 0) return;
  for (auto& result : status.results) {
    if (!result.counts.empty()) continue;
    // Alone it has all of them. Beside others, from a hand that did not write whose they are, it may have all that were cut.
    result.counts = status.results.size() == 1 ? status.counts : CountFindings(WitnessedBy(status.findings, result.scanner_ref.name));
    if (status.results.size() > 1) AddCounts(result.counts, Beyond(status.counts, status.findings));
  }
}

// What was cut from the scanners' own reports before this merge. Findings that two scanners both had cut are counted twice: which they were
// is not known any more, and too many is the safe side.
CutFindings CutBefore(const std::vector<api::ScanResult>& results, const std::vector<api::Finding>& findings) {
  CutFindings cut;
  for (const auto& result : results) {
    const auto witnessed = WitnessedBy(findings, result.scanner_ref.name);
    if (Total(result.counts) <= static_cast<std::int64_t>(witnessed.size())) continue;
    AddCounts(cut.counts, Beyond(result.counts, witnessed));
  }
  cut.total = Total(cut.counts);
  return cut;
}

template <class T>
void Unite(std::vector<T>& kept, const std::vector<T>& more) {
  kept.insert(kept.end(), more.begin(), more.end());
  std::ranges::sort(kept);
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
}

template <class T>
void Prefer(std::optional<T>& kept, const std::optional<T>& newer) {
  if (newer) kept = newer;
}

void MergeOs(std::optional<api::OperatingSystem>& kept, const std::optional<api::OperatingSystem>& newer) {
  // Only some scanners know ends of life; what one of them said outlives the word of one that does not.
  if (kept && kept->end_of_life && newer && !newer->end_of_life) return;
  Prefer(kept, newer);
}

void MergeImage(std::optional<api::ImageFacts>& kept, const std::optional<api::ImageFacts>& newer) {
  if (!kept || !newer) return Prefer(kept, newer);
  Prefer(kept->created, newer->created);
  Prefer(kept->size_bytes, newer->size_bytes);
  Prefer(kept->layers, newer->layers);
  if (!newer->user.empty()) kept->user = newer->user;
  if (!newer->diff_ids.empty()) kept->diff_ids = newer->diff_ids;
}

const std::vector<Digest>& LayersOf(const api::ImageScanStatus& status) {
  static const std::vector<Digest> none;
  return status.image ? status.image->diff_ids : none;
}

void ForgetLayers(api::ImageScanStatus& status) {
  if (status.image) status.image->diff_ids.clear();
  for (auto& finding : status.findings) finding.layer_range.reset();
}

// Positions count in one list of layers. Where two scanners list different ones of one image, nobody knows who is right.
void AgreeOnLayers(api::ImageScanStatus& before, api::ImageScanStatus& newer) {
  if (LayersOf(before) == LayersOf(newer)) return;
  const bool silent_before = LayersOf(before).empty();
  const bool silent_now = LayersOf(newer).empty();
  if (!silent_now) ForgetLayers(before);
  if (!silent_before) ForgetLayers(newer);
}

void MergeFacts(api::ImageScanStatus& kept, const api::ImageScanStatus& newer) {
  MergeOs(kept.os, newer.os);
  MergeImage(kept.image, newer.image);
  Prefer(kept.package_count, newer.package_count);
  Prefer(kept.secrets, newer.secrets);
  if (!newer.report_ref.empty()) kept.report_ref = newer.report_ref;
}

void ForgetFacts(api::ImageScanStatus& status) {
  status.os.reset();
  status.image.reset();
  status.package_count.reset();
  status.secrets.reset();
  status.report_ref.clear();
}

std::vector<api::ScanResult> MergeResults(const std::vector<api::ScanResult>& existing, const api::ScanResult& imported) {
  auto results = existing;
  std::erase_if(results, [&](const api::ScanResult& result) { return result.scanner_ref.name == imported.scanner_ref.name; });
  results.push_back(imported);
  std::ranges::sort(results, {}, [](const api::ScanResult& result) { return result.scanner_ref.name; });
  return results;
}

// When the imported scan was made: ToImageScan has put it into its conditions.
Time TimeOf(const api::ImageScan& scan) {
  return scan.status.conditions.empty() ? Time{} : scan.status.conditions.front().last_transition_time.value_or(Time{});
}

}  // namespace

Result<api::ImageScan> Merge(const api::ImageScan& existing, const api::ImageScan& imported, std::size_t max_bytes) {
  if (auto same = CheckSameImage(existing, imported); !same) return std::unexpected(same.error());
  if (imported.status.results.size() != 1) return Fail(ErrorCode::kInvalidInput, "an imported scan has the result of one scanner");
  api::ImageScan before = existing;
  api::ImageScan newer = imported;
  NoteCounts(before.status);
  NoteCounts(newer.status);
  const std::string scanner = newer.status.results.front().scanner_ref.name;
  auto results = MergeResults(before.status.results, newer.status.results.front());
  if (results.size() > 1) AgreeOnLayers(before.status, newer.status);

  Union findings(before.status.findings, scanner);
  findings.Add(newer.status.findings);
  const auto united = std::move(findings).Findings();

  api::ImageScan merged = before;
  merged.status.results = std::move(results);
  if (merged.status.results.size() == 1) ForgetFacts(merged.status);
  MergeFacts(merged.status, newer.status);
  Unite(merged.status.repositories, newer.status.repositories);
  Unite(merged.status.index_digests, newer.status.index_digests);
  if (auto bounds = CheckBounds(merged.status); !bounds) return std::unexpected(bounds.error());
  SetConditions(merged.status, TimeOf(newer));
  PutFindings(merged, united, CutBefore(merged.status.results, united), max_bytes);
  return merged;
}

}  // namespace hullwright::scan
