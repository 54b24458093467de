#include "policy/scan_freshness.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/clock_skew.h"

namespace hullwright::policy {
namespace {

using Problems = std::vector<ScanProblem>;

// From hardly to wholly unusable: what decides which of several results is the best.
int Seriousness(const Problems& problems) {
  if (problems.empty()) return 0;
  switch (problems.front().word) {
    case ReasonWord::kDatabaseAgeUnknown:
      return 1;
    case ReasonWord::kDatabaseStale:
      return 2;
    case ReasonWord::kScanStale:
      return 3;
    case ReasonWord::kScanFromFuture:
      return 4;
    case ReasonWord::kScanPartial:
      return 5;
    case ReasonWord::kUnscannable:
      return 6;
    default:
      return 7;
  }
}

std::chrono::milliseconds Hours(std::int64_t hours) {
  constexpr std::int64_t kThousandYears = 1000LL * 366 * 24;  // keeps the product inside 64 bits
  return std::chrono::hours(std::clamp<std::int64_t>(hours, 0, kThousandYears));
}

std::string ReasonText(const api::ScanResult& result) {
  return result.reason.empty() ? "" : ": " + Printable(result.reason);
}

std::string Scanner(const api::ScanResult& result) {
  return Printable(result.scanner_ref.name, 64);
}

std::optional<ScanProblem> OutcomeProblem(const api::ScanResult& result) {
  switch (result.outcome) {
    case api::ScanOutcome::kComplete:
      return std::nullopt;
    case api::ScanOutcome::kPartial:
      return ScanProblem{ReasonWord::kScanPartial, fmt::format("{} could not look at everything{}", Scanner(result), ReasonText(result))};
    case api::ScanOutcome::kUnscannable:
      return ScanProblem{ReasonWord::kUnscannable, fmt::format("{} cannot read this image{}", Scanner(result), ReasonText(result))};
    case api::ScanOutcome::kFailed:
      break;
  }
  return ScanProblem{ReasonWord::kScanFailed, fmt::format("the scan by {} failed{}", Scanner(result), ReasonText(result))};
}

bool IsInFuture(const std::optional<Time>& time, Time now) {
  return time && *time > now + kClockSkew;
}

std::optional<ScanProblem> FutureProblem(const api::ScanResult& result, Time now) {
  if (IsInFuture(result.scanned_at, now))
    return ScanProblem{ReasonWord::kScanFromFuture, fmt::format("the scan by {} is dated {}, later than now ({})", Scanner(result),
                                                                FormatRfc3339(*result.scanned_at), FormatRfc3339(now))};
  if (IsInFuture(result.database_updated_at, now))
    return ScanProblem{ReasonWord::kScanFromFuture,
                       fmt::format("the vulnerability database of {} is dated {}, later than now ({})", Scanner(result),
                                   FormatRfc3339(*result.database_updated_at), FormatRfc3339(now))};
  return std::nullopt;
}

std::optional<ScanProblem> AgeProblem(const api::ScanResult& result, const api::ScanRequirements& wanted, Time now) {
  if (!wanted.max_age_hours) return std::nullopt;
  if (!result.scanned_at)
    return ScanProblem{ReasonWord::kScanStale, fmt::format("the time of the scan by {} is not known, and it may be at most {} h old",
                                                           Scanner(result), *wanted.max_age_hours)};
  if (now - *result.scanned_at <= Hours(*wanted.max_age_hours)) return std::nullopt;
  return ScanProblem{ReasonWord::kScanStale, fmt::format("the scan by {} is {} old, more than the {} h allowed", Scanner(result),
                                                         AgeText(*result.scanned_at, now), *wanted.max_age_hours)};
}

std::optional<ScanProblem> DatabaseProblem(const api::ScanResult& result, const api::ScanRequirements& wanted, Time now) {
  if (!wanted.max_database_age_hours) return std::nullopt;
  if (!result.database_updated_at)
    return ScanProblem{ReasonWord::kDatabaseAgeUnknown,
                       fmt::format("the report of {} does not say how old its vulnerability database was, and it may be at most {} h old",
                                   Scanner(result), *wanted.max_database_age_hours)};
  if (now - *result.database_updated_at <= Hours(*wanted.max_database_age_hours)) return std::nullopt;
  return ScanProblem{ReasonWord::kDatabaseStale,
                     fmt::format("the vulnerability database of {} is {} old, more than the {} h allowed", Scanner(result),
                                 AgeText(*result.database_updated_at, now), *wanted.max_database_age_hours)};
}

void Append(Problems& all, std::optional<ScanProblem> problem) {
  if (problem) all.push_back(std::move(*problem));
}

// The problems of the best result among those that concern us; nullopt when there is no such result.
template <class Concerns>
std::optional<Problems> ProblemsOfBest(const ScanRecord& scan, const api::ScanRequirements& wanted, Time now, Concerns concerns) {
  std::optional<Problems> best;
  for (const api::ScanResult& result : scan.results()) {
    if (!concerns(result)) continue;
    Problems problems = ProblemsOf(result, wanted, now);
    if (!best || Seriousness(problems) < Seriousness(*best)) best = std::move(problems);
  }
  return best;
}

Problems ProblemsOfNamedScanners(const ScanRecord& scan, const api::ScanRequirements& wanted, Time now) {
  Problems all;
  for (const api::NameRef& ref : wanted.scanner_refs) {
    auto problems =
        ProblemsOfBest(scan, wanted, now, [&ref](const api::ScanResult& result) { return result.scanner_ref.name == ref.name; });
    if (!problems)
      all.push_back(
          {ReasonWord::kScannerMissing, fmt::format("there is no result of {}, which the policy names", Printable(ref.name, 64))});
    else
      all.insert(all.end(), std::make_move_iterator(problems->begin()), std::make_move_iterator(problems->end()));
  }
  return all;
}

}  // namespace

std::string AgeText(Time then, Time now) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - then).count();
  if (minutes < 120) return fmt::format("{} min", minutes);
  const auto hours = minutes / 60;
  return hours < 72 ? fmt::format("{} h", hours) : fmt::format("{} days", hours / 24);
}

std::vector<ScanProblem> ProblemsOf(const api::ScanResult& result, const api::ScanRequirements& wanted, Time now) {
  Problems problems;
  Append(problems, OutcomeProblem(result));
  // The age of a result that says nothing of the image is nobody's concern.
  if (result.outcome == api::ScanOutcome::kFailed || result.outcome == api::ScanOutcome::kUnscannable) return problems;
  Append(problems, FutureProblem(result, now));
  Append(problems, AgeProblem(result, wanted, now));
  Append(problems, DatabaseProblem(result, wanted, now));
  return problems;
}

std::vector<ScanProblem> ProblemsOf(const ScanRecord& scan, const api::ScanRequirements& wanted, Time now) {
  if (scan.results().empty()) return {{ReasonWord::kUnscanned, "the ImageScan holds no result of any scanner"}};
  if (!wanted.scanner_refs.empty()) return ProblemsOfNamedScanners(scan, wanted, now);
  return *ProblemsOfBest(scan, wanted, now, [](const api::ScanResult&) { return true; });
}

std::string DescribeResults(const ScanRecord& scan, Time now) {
  std::vector<std::string> results;
  for (const api::ScanResult& result : scan.results())
    results.push_back(fmt::format("{} {}{}", Scanner(result),
                                  result.scanned_at ? AgeText(*result.scanned_at, now) + " ago" : "at an unknown time",
                                  result.outcome == api::ScanOutcome::kComplete ? "" : " (not complete)"));
  return fmt::format("scanned by {}", results.empty() ? "nobody" : fmt::format("{}", fmt::join(results, ", ")));
}

}  // namespace hullwright::policy
