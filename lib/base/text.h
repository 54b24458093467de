// Text that others have written: made safe to show, compared without regard to case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hullwright {

// The text with everything but printable ASCII escaped and cut to max_bytes: safe in logs, warnings and messages.
std::string Printable(std::string_view text, std::size_t max_bytes = 256);

// Text that may be shown as it is but for control characters (C0, DEL, C1), which become blanks: for terminals, warnings, annotations.
std::string WithoutControls(std::string text);

// ASCII letters alone, whatever the locale.
constexpr char LowerLetter(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
std::string LowerCase(std::string_view text);
bool EqualWithoutCase(std::string_view a, std::string_view b);

}  // namespace hullwright
