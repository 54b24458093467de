#include "policy/cve.h"

#include <cstddef>

#include "base/text.h"

namespace hullwright::policy {
namespace {

constexpr std::uint32_t kFirstCveYear = 1990, kCveYears = 128;
constexpr int kSequenceBits = 25;

constexpr std::size_t kMostDigits = 19;  // of a sequence number (CVE JSON 5); so many stay inside 64 bits

// Digits alone, at most kMostDigits.
std::optional<std::uint64_t> WholeNumber(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

}  // namespace

std::optional<CveNumber> ParseCve(std::string_view name) {
  constexpr std::string_view kPrefix = "CVE-";
  constexpr std::size_t kDash = 8, kLeastDigits = 4;
  constexpr std::size_t kLeastBytes = kDash + 1 + kLeastDigits, kMostBytes = kDash + 1 + kMostDigits;
  if (name.size() < kLeastBytes || name.size() > kMostBytes || name[kDash] != '-') return std::nullopt;
  if (!EqualWithoutCase(name.substr(0, kPrefix.size()), kPrefix)) return std::nullopt;
  const auto year = WholeNumber(name.substr(kPrefix.size(), kDash - kPrefix.size()));
  const auto sequence = WholeNumber(name.substr(kDash + 1));
  if (!year || *year < kFirstCveYear || *year >= kFirstCveYear + kCveYears || !sequence || *sequence >= (1u << kSequenceBits))
    return std::nullopt;
  return static_cast<CveNumber>(((*year - kFirstCveYear) << kSequenceBits) | *sequence);
}

}  // namespace hullwright::policy
