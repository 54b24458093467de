// A size as Kubernetes writes it: "1Gi", "500M", "1.5Gi", "1048576". Bytes, exactly.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hullwright {

class Quantity {
 public:
  constexpr Quantity() = default;

  // Digits, at most three after a point, and one of the suffixes k M G T Ki Mi Gi Ti or none; a whole number of bytes, more than none and
  // less than 2^53. No sign and no exponent.
  static Result<Quantity> Parse(std::string_view text);

  constexpr std::uint64_t bytes() const { return bytes_; }
  const std::string& text() const { return text_; }  // as written

  friend bool operator==(const Quantity& a, const Quantity& b) { return a.bytes_ == b.bytes_; }

 private:
  std::uint64_t bytes_ = 0;
  std::string text_;
};

}  // namespace hullwright
