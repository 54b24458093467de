#include "scan/clocks.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "scan/finding_names.h"
#include "scan/findings.h"

namespace hullwright::scan {
namespace {

template <class Visit>
void ForEachKey(const api::Finding& finding, Visit visit) {
  const FindingNames names = NamesOf(finding.id, {finding.aliases.begin(), finding.aliases.end()}, finding.package);
  for (const std::string& vulnerability : names.vulnerabilities)
    for (const std::string& package : names.packages) visit(vulnerability + '\n' + package);
}

}  // namespace

Clocks::Clocks(std::vector<std::string> repositories, Time now) : repositories_(std::move(repositories)), now_(now) {
  std::ranges::sort(repositories_);
}

bool Clocks::Concern(const std::vector<std::string>& repositories) const {
  return std::ranges::any_of(repositories,
                             [this](const std::string& repository) { return std::ranges::binary_search(repositories_, repository); });
}

void Clocks::Note(const api::Finding& finding, const std::string& key) {
  Seen& seen = seen_[key];
  if (finding.first_seen && *finding.first_seen <= now_) KeepEarlier(seen.first, finding.first_seen);
  if (finding.fix_first_seen && *finding.fix_first_seen <= now_) KeepEarlier(seen.fix, finding.fix_first_seen);
}

void Clocks::Learn(const api::ImageScan& scan) {
  if (!Concern(scan.status.repositories)) return;
  for (const api::Finding& finding : scan.status.findings) Learn(finding);
}

void Clocks::Learn(const api::Finding& finding) {
  ForEachKey(finding, [&](const std::string& key) { Note(finding, key); });
}

Clocks::Seen Clocks::Earliest(const api::Finding& finding) const {
  Seen earliest;
  ForEachKey(finding, [&](const std::string& key) {
    const auto seen = seen_.find(key);
    if (seen == seen_.end()) return;
    KeepEarlier(earliest.first, seen->second.first);
    KeepEarlier(earliest.fix, seen->second.fix);
  });
  return earliest;
}

bool Clocks::KnowAllOf(const api::ImageScan& scan) const {
  return std::ranges::all_of(scan.status.findings, [this](const api::Finding& finding) {
    const Seen seen = Earliest(finding);
    return seen.first && (seen.fix || finding.fix != api::FixState::kAvailable);
  });
}

void Clocks::Set(api::ImageScan& scan) const {
  for (api::Finding& finding : scan.status.findings) {
    const Seen seen = Earliest(finding);
    KeepEarlier(finding.first_seen, seen.first ? seen.first : now_);
    if (finding.fix == api::FixState::kAvailable) KeepEarlier(finding.fix_first_seen, seen.fix ? seen.fix : now_);
  }
}

}  // namespace hullwright::scan
