#include "policy/finding_text.h"

#include <fmt/core.h>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/package_url.h"

namespace hullwright::policy {
namespace {

constexpr std::size_t kMaxVersionBytes = 64;

std::string FixText(const FindingView& finding) {
  switch (finding.fix) {
    case api::FixState::kAvailable:
      return finding.fixed_in.empty() ? "a fix is available" : "fixed in " + Printable(finding.fixed_in, kMaxVersionBytes);
    case api::FixState::kNone:
      return "no fix known";
    case api::FixState::kWillNotFix:
      return "the vendor will not fix it";
    case api::FixState::kUnknown:
      return "fix unknown";
  }
  return {};
}

std::string DayText(Time time) {
  constexpr std::size_t kDateBytes = 10;
  return FormatRfc3339(time).substr(0, kDateBytes);
}

}  // namespace

std::string Describe(const KnownExploit& exploit) {
  std::string text = "known to be exploited";
  const std::string due = exploit.due_day == 0 ? "" : "due " + DayText(Time(std::chrono::days(exploit.due_day)));
  const std::string_view use = exploit.in_ransomware ? "used in ransomware campaigns" : "";
  if (!due.empty() || !use.empty()) text += fmt::format(" ({}{}{})", due, due.empty() || use.empty() ? "" : ", ", use);
  return text;
}

std::string Describe(const EpssScore& score, const EpssScores& scores) {
  return fmt::format("EPSS {} (percentile {}, model {} of {})", score.Probability().ToString(), score.Percentile().ToString(),
                     Printable(scores.model_version, 64), DayText(scores.date));
}

std::string NameOf(const FindingView& finding) {
  return fmt::format("{} in {}", Printable(finding.id), Printable(WithoutVersion(finding.package)));
}

std::string Describe(const FindingView& finding) {
  const std::string version = finding.version.empty() ? "" : " " + Printable(finding.version, kMaxVersionBytes);
  return fmt::format("{} ({}) in {}{}, {}", Printable(finding.id), api::ToString(finding.severity),
                     Printable(WithoutVersion(finding.package)), version, FixText(finding));
}

FindingDetail DetailOf(const FindingView& finding) {
  return {.id = Printable(finding.id),
          .package = Printable(finding.package),
          .version = Printable(finding.version),
          .fixed_in = Printable(finding.fixed_in),
          .severity = finding.severity,
          .fix = finding.fix,
          .first_seen = finding.times.FirstSeen(),
          .fix_first_seen = finding.times.FixFirstSeen()};
}

}  // namespace hullwright::policy
