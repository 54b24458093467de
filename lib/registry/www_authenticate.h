// The WWW-Authenticate header (RFC 7235 section 4.1). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace hullwright::registry {

struct Challenge {
  std::string scheme;                                           // lower case: "bearer", "basic"
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case, each once; values without quotes

  std::string_view Parameter(std::string_view name) const;  // "" when absent
  bool operator==(const Challenge&) const = default;
};

inline constexpr std::size_t kMaxChallenges = 16;
inline constexpr std::size_t kMaxChallengeParameters = 16;

// All challenges of one header value. Anything that RFC 7235 does not allow is kInvalidInput.
Result<std::vector<Challenge>> ParseChallenges(std::string_view header);

}  // namespace hullwright::registry
