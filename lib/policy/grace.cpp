#include "policy/grace.h"

#include <algorithm>

#include "policy/clock_skew.h"

namespace hullwright::policy {
namespace {

constexpr std::int64_t kMaxGraceHours = 1000LL * 366 * 24;  // keeps the arithmetic of time inside 64 bits

std::optional<Time> ClockOf(const api::ForbidEntry& entry, const FindingView& finding) {
  switch (entry.grace_from.value_or(api::GraceFrom::kFirstSeen)) {
    case api::GraceFrom::kFirstSeen:
      return finding.times.FirstSeen();
    case api::GraceFrom::kFixFirstSeen:
      return finding.times.FixFirstSeen();
    case api::GraceFrom::kPublished:
      return finding.times.Published();
  }
  return std::nullopt;
}

// When a vulnerability was published is the same everywhere.
bool HasClocksElsewhere(const api::ForbidEntry& entry, const FindingView& finding) {
  return finding.clocks_are_elsewhere && entry.grace_from != api::GraceFrom::kPublished;
}

std::string_view ClockWords(const api::ForbidEntry& entry) {
  switch (entry.grace_from.value_or(api::GraceFrom::kFirstSeen)) {
    case api::GraceFrom::kFirstSeen:
      return "when it was first seen";
    case api::GraceFrom::kFixFirstSeen:
      return "when a fix was first seen";
    case api::GraceFrom::kPublished:
      return "when it was published";
  }
  return "";
}

}  // namespace

std::optional<Time> GraceBegan(const api::ForbidEntry& entry, const FindingView& finding, Time now) {
  const std::optional<Time> began = ClockOf(entry, finding);
  return began && *began <= now + kClockSkew ? began : std::nullopt;
}

Grace GraceOf(const api::ForbidEntry& entry, const FindingView& finding, Time now) {
  if (!entry.grace_hours) return Grace::kOver;
  if (!GraceBegan(entry, finding, now)) return Grace::kUnknown;
  if (GraceEnd(entry, finding) <= now) return Grace::kOver;
  return HasClocksElsewhere(entry, finding) ? Grace::kUnknown : Grace::kRunning;
}

Time GraceEnd(const api::ForbidEntry& entry, const FindingView& finding) {
  return ClockOf(entry, finding).value_or(Time{}) +
         std::chrono::hours(std::clamp<std::int64_t>(entry.grace_hours.value_or(0), 0, kMaxGraceHours));
}

std::string GraceClockWords(const api::ForbidEntry& entry, const FindingView& finding) {
  std::string words(ClockWords(entry));
  if (HasClocksElsewhere(entry, finding) && ClockOf(entry, finding))
    words += " in the image's repository, which is not among its repositories";
  return words;
}

}  // namespace hullwright::policy
