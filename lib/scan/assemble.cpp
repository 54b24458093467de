#include "scan/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "api/object.h"
#include "base/text.h"
#include "scan/findings.h"
#include "scan/licenses.h"

namespace hullwright::scan {
namespace {

// No encoded finding is shorter: its id, package and version with their names are more than this.
constexpr std::size_t kLeastFindingBytes = 40;
constexpr std::size_t kMaxFindings = 10'000;  // bound of the ImageScan's list
constexpr std::size_t kMaxNames = 256;        // bound of its lists of repositories and indexes
constexpr std::size_t kMaxResults = 16;       // bound of its list of results
constexpr std::size_t kMaxMessageBytes = 250;

class Fitting {
 public:
  Fitting(api::ImageScan& scan, const std::vector<api::Finding>& all, std::int64_t cut_before, std::size_t max_bytes)
      : scan_(scan), all_(all), cut_before_(cut_before), max_bytes_(max_bytes) {}

  bool FitsWhole() { return all_.size() <= Most() && Fits(all_.size()); }

  // Leaves the scan with as many findings as fit.
  void FitMost() {
    std::size_t low = 0;
    std::size_t high = Most();
    while (low < high) {
      const std::size_t middle = low + (high - low + 1) / 2;
      if (Fits(middle)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    Fill(low);
  }

 private:
  std::size_t Most() const { return std::min({all_.size(), max_bytes_ / kLeastFindingBytes, kMaxFindings}); }

  void Fill(std::size_t count) {
    scan_.status.findings.assign(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(count));
    scan_.status.truncated_findings = cut_before_ + static_cast<std::int64_t>(all_.size() - count);
  }

  bool Fits(std::size_t count) {
    Fill(count);
    return api::EncodeJson(scan_).size() <= max_bytes_;
  }

  api::ImageScan& scan_;
  const std::vector<api::Finding>& all_;
  std::int64_t cut_before_;
  std::size_t max_bytes_;
};

void SetCondition(std::vector<api::Condition>& conditions, api::Condition condition) {
  const auto old = std::ranges::find(conditions, condition.type, &api::Condition::type);
  if (old == conditions.end()) {
    conditions.push_back(std::move(condition));
    return;
  }
  if (old->status == condition.status) condition.last_transition_time = old->last_transition_time;
  *old = std::move(condition);
}

// Complete, Partial, Unscannable, Failed are in increasing order of how little is known.
const api::ScanResult* Worst(const std::vector<api::ScanResult>& results) {
  const auto worst = std::ranges::max_element(results, {}, &api::ScanResult::outcome);
  return worst == results.end() ? nullptr : &*worst;
}

bool SawSomething(const api::ScanResult& result) {
  return result.outcome == api::ScanOutcome::kComplete || result.outcome == api::ScanOutcome::kPartial;
}

api::Condition MakeCondition(std::string type, bool holds, std::string_view reason, const std::string& message) {
  api::Condition condition;
  condition.type = std::move(type);
  condition.status = holds ? "True" : "False";
  condition.reason = reason;
  condition.message = Printable(message, kMaxMessageBytes);
  return condition;
}

api::Condition Scanned(const std::vector<api::ScanResult>& results) {
  std::string message;
  for (const auto& result : results) {
    message += fmt::format("{}{}: {}", message.empty() ? "" : ", ", result.scanner_ref.name, ToString(result.outcome));
  }
  const bool scanned = std::ranges::any_of(results, SawSomething);
  return MakeCondition("Scanned", scanned, scanned ? "Imported" : "Unscannable", message);
}

api::Condition Complete(const std::vector<api::ScanResult>& results) {
  const api::ScanResult* worst = Worst(results);
  if (worst == nullptr) return MakeCondition("Complete", false, "NoResult", "");
  const bool complete = worst->outcome == api::ScanOutcome::kComplete;
  return MakeCondition("Complete", complete, ToString(worst->outcome),
                       complete ? "" : fmt::format("{}: {}", worst->scanner_ref.name, worst->reason));
}

}  // namespace

void PutFindings(api::ImageScan& scan, const std::vector<api::Finding>& findings, const CutFindings& cut_before, std::size_t max_bytes) {
  constexpr std::size_t kPartForLicenses = 8;  // an eighth of the object
  FitLicenses(scan.status.results, max_bytes / kPartForLicenses);
  scan.status.counts = CountFindings(findings);
  AddCounts(scan.status.counts, cut_before.counts);
  Fitting fitting(scan, findings, cut_before.total, max_bytes);
  if (cut_before.total == 0) {
    auto results = scan.status.results;
    for (auto& result : scan.status.results) result.counts.clear();
    if (fitting.FitsWhole()) return;
    scan.status.results = std::move(results);
  }
  for (auto& result : scan.status.results) {
    // A result without counts had nothing cut so far: all it has is among the findings.
    if (result.counts.empty()) result.counts = CountFindings(WitnessedBy(findings, result.scanner_ref.name));
  }
  fitting.FitMost();
}

Result<void> CheckBounds(const api::ImageScanStatus& status) {
  if (status.results.size() > kMaxResults) {
    return Fail(
        ErrorCode::kTooLarge,
        fmt::format("the scan would have results of {} scanners, at most {} are kept: remove the ImageScan, then import what counts",
                    status.results.size(), kMaxResults));
  }
  if (status.repositories.size() <= kMaxNames && status.index_digests.size() <= kMaxNames) return {};
  return Fail(ErrorCode::kTooLarge, fmt::format("the scan would name {} repositories and {} indexes, at most {} of each are kept",
                                                status.repositories.size(), status.index_digests.size(), kMaxNames));
}

void SetConditions(api::ImageScanStatus& status, Time now) {
  for (api::Condition condition : {Scanned(status.results), Complete(status.results)}) {
    condition.last_transition_time = now;
    SetCondition(status.conditions, std::move(condition));
  }
}

std::int64_t Total(const std::vector<api::FindingCount>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& entry) { return sum + entry.count; });
}

void AddCounts(std::vector<api::FindingCount>& counts, const std::vector<api::FindingCount>& more) {
  for (const auto& entry : more) {
    const auto same = std::ranges::find_if(
        counts, [&](const auto& c) { return c.severity == entry.severity && c.fix == entry.fix && c.layer == entry.layer; });
    if (same == counts.end()) {
      counts.push_back(entry);
    } else {
      same->count += entry.count;
    }
  }
}

}  // namespace hullwright::scan
