#include "policy/scan_freshness.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "policy/clock_skew.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::kNow;
using std::chrono::hours;
using std::chrono::milliseconds;

std::vector<ReasonWord> Words(const std::vector<ScanProblem>& problems) {
  std::vector<ReasonWord> words;
  for (const ScanProblem& problem : problems) words.push_back(problem.word);
  return words;
}

api::ScanResult Result(std::optional<Time> scanned, std::optional<Time> database = kNow - hours(1)) {
  api::ScanResult result;
  result.scanner_ref.name = "trivy";
  result.outcome = api::ScanOutcome::kComplete;
  result.scanned_at = scanned;
  result.database_updated_at = database;
  return result;
}

api::ScanRequirements Limits(std::optional<std::int64_t> age, std::optional<std::int64_t> database = std::nullopt) {
  api::ScanRequirements wanted;
  wanted.max_age_hours = age;
  wanted.max_database_age_hours = database;
  return wanted;
}

TEST_CASE("a result at its limit is fresh and a millisecond later stale", "[policy]") {
  CHECK(ProblemsOf(Result(kNow - hours(26)), Limits(26), kNow).empty());
  CHECK(Words(ProblemsOf(Result(kNow - hours(26) - milliseconds(1)), Limits(26), kNow)) == std::vector{ReasonWord::kScanStale});
  CHECK(ProblemsOf(Result(kNow, kNow - hours(72)), Limits(26, 72), kNow).empty());
  CHECK(Words(ProblemsOf(Result(kNow, kNow - hours(72) - milliseconds(1)), Limits(26, 72), kNow)) ==
        std::vector{ReasonWord::kDatabaseStale});
}

TEST_CASE("a result dated within the skew of clocks is from now, and a millisecond later from the future", "[policy]") {
  CHECK(ProblemsOf(Result(kNow + kClockSkew), Limits(26), kNow).empty());
  CHECK(Words(ProblemsOf(Result(kNow + kClockSkew + milliseconds(1)), Limits({}), kNow)) == std::vector{ReasonWord::kScanFromFuture});
  CHECK(Words(ProblemsOf(Result(kNow, kNow + kClockSkew + milliseconds(1)), Limits({}), kNow)) == std::vector{ReasonWord::kScanFromFuture});
}

TEST_CASE("an age that is not known is no data only where the policy asks for it", "[policy]") {
  CHECK(ProblemsOf(Result({}, {}), Limits({}), kNow).empty());
  CHECK(Words(ProblemsOf(Result({}, {}), Limits(1, 1), kNow)) == std::vector{ReasonWord::kScanStale, ReasonWord::kDatabaseAgeUnknown});
}

TEST_CASE("limits of any size are compared without overflow", "[policy]") {
  constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
  CHECK(ProblemsOf(Result(kNow - hours(24 * 365)), Limits(kHuge, kHuge), kNow).empty());
  CHECK(Words(ProblemsOf(Result(kNow - hours(1)), Limits(-kHuge), kNow)) == std::vector{ReasonWord::kScanStale});
}

TEST_CASE("the best of several results is told of", "[policy]") {
  api::ImageScan scan = samples::Scan('1');
  api::ScanResult failed = Result(kNow), stale = Result(kNow - hours(100)), partial = Result(kNow);
  failed.outcome = api::ScanOutcome::kFailed;
  partial.outcome = api::ScanOutcome::kPartial;
  scan.status.results = {failed, stale, partial};
  std::ranges::sort(scan.status.results, {}, &api::ScanResult::outcome);
  do {
    CHECK(Words(ProblemsOf(ScanRecord(scan), Limits(26), kNow)) == std::vector{ReasonWord::kScanStale});
  } while (std::ranges::next_permutation(scan.status.results, {}, &api::ScanResult::outcome).found);
}

TEST_CASE("a reason that a scanner gives is cut and printable", "[policy]") {
  api::ScanResult failed = Result(kNow);
  failed.outcome = api::ScanOutcome::kFailed;
  failed.reason = std::string(10'000, '\n');
  const auto problems = ProblemsOf(failed, Limits({}), kNow);
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().message.size() < 1'000);
  CHECK(problems.front().message.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace hullwright::policy
