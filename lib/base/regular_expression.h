// A regular expression (RE2 syntax, linear time) as our objects write it. It always matches the whole value; "^" and "$" are refused
// wherever they stand, so that nobody believes otherwise.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace re2 {
class RE2;
}

namespace hullwright {

// Compiled once; copies share it. Immutable, thread-safe.
class RegularExpression {
 public:
  static constexpr std::size_t kMaxBytes = 1024;

  RegularExpression() = default;  // matches nothing

  // Refused as well: an expression that matches the empty text, and so nearly everything or nothing that its author thought of.
  static Result<RegularExpression> Parse(std::string_view text);

  bool Matches(std::string_view text) const;

  const std::string& text() const { return text_; }  // as written
  bool operator==(const RegularExpression& other) const { return text_ == other.text_; }

 private:
  std::string text_;
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace hullwright
