#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace hullwright {

std::string Printable(std::string_view text, std::size_t max_bytes) {
  static constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t room_for_cut = 0;  // what of `out` stays when the rest does not fit: whole pieces only
  for (const char c : text) {
    const bool plain = c >= ' ' && c <= '~' && c != '\\';
    const std::string piece = plain ? std::string(1, c) : c == '\\' ? "\\\\" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    if (out.size() + piece.size() > max_bytes) return out.substr(0, room_for_cut).append(kCut.substr(0, max_bytes));
    out += piece;
    if (out.size() + kCut.size() <= max_bytes) room_for_cut = out.size();
  }
  return out;
}

std::string WithoutControls(std::string text) {
  unsigned char before = 0;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_c1 = before == 0xC2 && byte >= 0x80 && byte < 0xA0;  // U+0080 to U+009F in UTF-8, which some terminals obey
    if (byte < 0x20 || byte == 0x7F || is_c1) c = ' ';
    if (is_c1) *(&c - 1) = ' ';
    before = byte;
  }
  return text;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), LowerLetter);
  return lower;
}

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerLetter, LowerLetter);
}

}  // namespace hullwright
