// A decimal written as a string in our objects ("9.0", "0.5"): exact, comparable, no floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright {

class Decimal {
 public:
  constexpr Decimal() = default;
  // "9", "9.0", "0.97531": digits, at most six after the point, below one billion; no sign, no exponent.
  static Result<Decimal> Parse(std::string_view text);
  // Rounded to six places; the value must be finite, not negative and below one billion.
  static Result<Decimal> FromDouble(double value);

  static constexpr Decimal FromMillionths(std::int64_t millionths) { return Decimal(millionths); }
  constexpr std::int64_t millionths() const { return millionths_; }
  std::string ToString() const;  // shortest form with at least one place: "9.0", "0.97531"

  friend auto operator<=>(const Decimal&, const Decimal&) = default;

 private:
  constexpr explicit Decimal(std::int64_t millionths) : millionths_(millionths) {}
  std::int64_t millionths_ = 0;
};

}  // namespace hullwright
