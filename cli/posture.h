// What the scan of an image comes to: how many findings of which severity, and how many of them have a fix or are accepted; and beside the
// image it was rebuilt or hardened from, how many of that one's findings are left, how many are gone, and how many are new. Pure.
//
// A finding is the same in both images when they share a name of the vulnerability and one of the package (scan/finding_names.h), whatever
// the version. What a scan cannot tell is never counted as none: every number is a range.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "policy/decision.h"
#include "policy/scan_record.h"

namespace hullwright::cli {

// How many there are, as far as it is known.
struct Range {
  std::int64_t at_least = 0;
  std::optional<std::int64_t> at_most = std::nullopt;  // nullopt: there may be any number more

  static Range Exactly(std::int64_t number) { return {number, number}; }

  bool exact() const { return at_most && *at_most == at_least; }
  bool unknown() const { return at_least == 0 && !at_most; }

  Range& operator+=(const Range& other);
  bool operator==(const Range&) const = default;
};

// Of one severity, or of all. Left out (all unknown) where there is no original, or nobody was asked what is accepted.
struct PostureCounts {
  Range original;  // findings of the original; each is either remaining or removed
  Range remaining, removed;
  Range found;     // findings of the image
  Range added;     // of these: not in the original
  Range fixable;   // of these: a fix is available
  Range accepted;  // of these: waived by an exception or a VEX statement
  PostureCounts& operator+=(const PostureCounts& other);
};

// In the order in which people want to read them.
inline constexpr std::array kPostureSeverities = {api::Severity::kCritical, api::Severity::kHigh,       api::Severity::kMedium,
                                                  api::Severity::kLow,      api::Severity::kNegligible, api::Severity::kUnknown};

// The findings of a scan that somebody accepts, by their position.
using Accepted = std::map<std::uint32_t, policy::Waived>;

struct PostureInput {
  const policy::ScanRecord* image = nullptr;  // nullptr: there is no scan that can be read
  const Accepted* accepted = nullptr;         // nullptr: nobody was asked
  bool compared = false;                      // whether there is an original at all
  const policy::ScanRecord* original = nullptr;
  Time now{};
};

struct Posture {
  std::array<PostureCounts, kPostureSeverities.size()> by_severity;  // in the order of kPostureSeverities
  PostureCounts all;
  std::vector<bool> added;    // beside the findings of the image; empty when one of the scans is missing
  std::vector<bool> removed;  // beside those of the original; likewise
  // Why the two scans cannot be held against each other: then what the one lacks the other may merely not have seen.
  std::vector<std::string> obstacles;
};

Posture ComputePosture(const PostureInput& input);

// Scans whose databases (or, where one does not say it, the scans themselves) are no further apart know the same.
inline constexpr std::chrono::hours kSameKnowledge{24};

}  // namespace hullwright::cli
