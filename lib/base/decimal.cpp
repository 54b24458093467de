#include "base/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace hullwright {
namespace {

constexpr std::size_t kMaxWholeDigits = 9;
constexpr std::size_t kPlaces = 6;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kLimit = 1'000'000'000 * kMillion;

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// digits are known to be 0 to 9 and few.
std::int64_t ToInteger(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

Result<Decimal> Decimal::Parse(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view places = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (!IsDigits(whole) || !IsDigits(places) || whole.size() > kMaxWholeDigits || places.size() > kPlaces) {
    return Fail(
        ErrorCode::kInvalidInput,
        fmt::format("\"{}\" is no decimal: write at most nine digits, and after a point at most six, like 9.0", Printable(text, 64)));
  }
  std::string millionths(places);
  millionths.resize(kPlaces, '0');
  return Decimal(ToInteger(whole) * kMillion + ToInteger(millionths));
}

Result<Decimal> Decimal::FromDouble(double value) {
  // The comparison is written so that it refuses NaN too.
  if (!(value >= 0 && value < 1e9)) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("{} is out of range: a decimal is at least 0 and below 1000000000", value));
  }
  return Decimal(std::min<std::int64_t>(std::llround(value * kMillion), kLimit - 1));
}

std::string Decimal::ToString() const {
  std::string text = fmt::format("{}.{:06}", millionths_ / kMillion, millionths_ % kMillion);
  const std::size_t shortest = text.find('.') + 2;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return text;
}

}  // namespace hullwright
