#include "base/quantity.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace hullwright {
namespace {

constexpr std::uint64_t kThousand = 1000;
constexpr std::uint64_t kMax = std::uint64_t{1} << 53;

struct Suffix {
  std::string_view text;
  std::uint64_t factor;
};
constexpr std::array kSuffixes = {Suffix{"Ki", std::uint64_t{1} << 10},
                                  Suffix{"Mi", std::uint64_t{1} << 20},
                                  Suffix{"Gi", std::uint64_t{1} << 30},
                                  Suffix{"Ti", std::uint64_t{1} << 40},
                                  Suffix{"k", kThousand},
                                  Suffix{"M", kThousand* kThousand},
                                  Suffix{"G", 1'000'000'000},
                                  Suffix{"T", 1'000'000'000'000}};

// Takes the suffix off.
std::uint64_t TakeFactor(std::string_view& text) {
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.remove_suffix(suffix.text.size());
    return suffix.factor;
  }
  return 1;
}

std::optional<std::uint64_t> Digits(std::string_view text, std::size_t most) {
  if (text.empty() || text.size() > most || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "1.5" as 1500.
std::optional<std::uint64_t> Thousandths(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = Digits(text.substr(0, point), 16);
  if (!whole) return std::nullopt;
  if (point == std::string_view::npos) return *whole * kThousand;
  std::string fraction(text.substr(point + 1));
  const auto places = Digits(fraction, 3);
  if (!places) return std::nullopt;
  fraction.resize(3, '0');
  return *whole * kThousand + *Digits(fraction, 3);
}

}  // namespace

Result<Quantity> Quantity::Parse(std::string_view text) {
  std::string_view number = text;
  const std::uint64_t factor = TakeFactor(number);
  const auto thousandths = Thousandths(number);
  std::uint64_t product = 0;
  const bool overflows = __builtin_mul_overflow(thousandths.value_or(0), factor, &product);
  if (overflows || product == 0 || product % kThousand != 0 || product / kThousand >= kMax) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("\"{}\" is no size: write a whole number of bytes like \"500M\" or \"1Gi\"", Printable(text, 40)));
  }
  Quantity quantity;
  quantity.bytes_ = product / kThousand;
  quantity.text_ = text;
  return quantity;
}

}  // namespace hullwright
