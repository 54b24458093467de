#include "base/rfc3339.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"

namespace hullwright {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kFirstYear = 1;
constexpr int kLastYear = 9999;

// Takes fixed pieces off the front of a text; every function returns false or nullopt, and takes nothing, when the piece is not there.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  bool AtEnd() const { return rest_.empty(); }

  bool Take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> TakeDate(Scanner& scanner) {
  const auto year = scanner.Digits(4);
  if (!year || *year < kFirstYear || !scanner.Take('-')) return std::nullopt;
  const auto month = scanner.Digits(2);
  if (!month || !scanner.Take('-')) return std::nullopt;
  const auto day = scanner.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)});
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// ".5", ".123456789": at least one digit; what is finer than a millisecond is cut off. No fraction is zero.
std::optional<milliseconds> TakeFraction(Scanner& scanner) {
  if (!scanner.Take('.')) return milliseconds{0};
  auto digit = scanner.Digits(1);
  if (!digit) return std::nullopt;
  milliseconds value{0};
  for (int weight = 100; digit; weight /= 10, digit = scanner.Digits(1)) value += milliseconds{*digit * weight};
  return value;
}

// Leap seconds (":60") are refused: the clock of the machine has none either.
std::optional<milliseconds> TakeTimeOfDay(Scanner& scanner) {
  const auto hour = scanner.Digits(2);
  if (!hour || *hour > 23 || !scanner.Take(':')) return std::nullopt;
  const auto minute = scanner.Digits(2);
  if (!minute || *minute > 59 || !scanner.Take(':')) return std::nullopt;
  const auto second = scanner.Digits(2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = TakeFraction(scanner);
  if (!fraction) return std::nullopt;
  return hours{*hour} + minutes{*minute} + seconds{*second} + *fraction;
}

std::optional<minutes> TakeOffset(Scanner& scanner) {
  if (scanner.Take('Z') || scanner.Take('z')) return minutes{0};
  const bool east = scanner.Take('+');
  if (!east && !scanner.Take('-')) return std::nullopt;
  const auto hour = scanner.Digits(2);
  if (!hour || *hour > 23 || !scanner.Take(':')) return std::nullopt;
  const auto minute = scanner.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  const minutes offset = hours{*hour} + minutes{*minute};
  return east ? offset : -offset;
}

// An offset can push the first and the last day of the range out of it.
bool InRange(Time time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return date.year() >= std::chrono::year{kFirstYear} && date.year() <= std::chrono::year{kLastYear};
}

std::optional<Time> Scan(std::string_view text) {
  Scanner scanner(text);
  const auto date = TakeDate(scanner);
  if (!date || !(scanner.Take('T') || scanner.Take('t'))) return std::nullopt;
  const auto time_of_day = TakeTimeOfDay(scanner);
  if (!time_of_day) return std::nullopt;
  const auto offset = TakeOffset(scanner);
  if (!offset || !scanner.AtEnd()) return std::nullopt;
  const Time time = *date + *time_of_day - *offset;
  return InRange(time) ? std::optional(time) : std::nullopt;
}

}  // namespace

Result<Time> ParseRfc3339(std::string_view text) {
  if (const auto time = Scan(text)) return *time;
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("\"{}\" is no time: write it like 2026-03-01T12:00:00Z or 2026-03-01T13:00:00.5+01:00", Printable(text, 64)));
}

std::string FormatRfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    text += fmt::format(".{:03}", fraction);
    while (text.back() == '0') text.pop_back();
  }
  return text + "Z";
}

}  // namespace hullwright
