#include "registry/retry_after.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/rfc3339.h"

namespace hullwright::registry {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "Fri, 31 Dec 1999 23:59:59 GMT", the one form that may be sent; the weekday is not compared.
std::optional<Time> ParseHttpDate(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const auto time =
      ParseRfc3339(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - kMonths.begin() + 1, text.substr(5, 2), text.substr(17, 8)));
  if (!time) return std::nullopt;
  return *time;
}

}  // namespace

std::optional<seconds> ParseRetryAfter(std::string_view header, Time now) {
  const auto first = header.find_first_not_of(' '), last = header.find_last_not_of(' ');
  if (first == std::string_view::npos) return std::nullopt;
  header = header.substr(first, last - first + 1);
  if (IsNumber(header)) {
    if (header.size() > 9) return kLongestRetryAfter;
    int count = 0;
    std::from_chars(header.data(), header.data() + header.size(), count);
    return std::min<seconds>(seconds(count), kLongestRetryAfter);
  }
  const auto date = ParseHttpDate(header);
  if (!date) return std::nullopt;
  return std::clamp<seconds>(std::chrono::ceil<seconds>(*date - now), seconds(0), kLongestRetryAfter);
}

}  // namespace hullwright::registry
