#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace hullwright {
namespace {

bool IsPlain(char c) {
  return c >= ' ' && c <= '~' && c != '\\';
}

}  // namespace

std::string Printable(std::string_view text, std::size_t max_bytes) {
  static constexpr std::string_view kCut = "...";
  if (text.size() <= max_bytes && std::ranges::all_of(text, [](char c) { return IsPlain(c); }))
    return std::string(text);  // as nearly all of it is
  std::string out;
  std::size_t room_for_cut = 0;  // what of `out` stays when the rest does not fit: whole pieces only
  for (const char c : text) {
    const std::string piece = IsPlain(c) ? std::string(1, c) : c == '\\' ? "\\\\" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    if (out.size() + piece.size() > max_bytes) return out.substr(0, room_for_cut).append(kCut.substr(0, max_bytes));
    out += piece;
    if (out.size() + kCut.size() <= max_bytes) room_for_cut = out.size();
  }
  return out;
}

std::string WithoutControls(std::string text) {
  const auto byte_at = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_c1 = byte_at(i) == 0xC2 && byte_at(i + 1) >= 0x80 && byte_at(i + 1) < 0xA0;  // in UTF-8: some terminals obey them
    if (is_c1) text[i + 1] = ' ';
    if (is_c1 || byte_at(i) < 0x20 || byte_at(i) == 0x7F) text[i] = ' ';
  }
  return text;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) letter = LowerLetter(letter);
  return lower;
}

bool EqualWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerLetter(x) == LowerLetter(y); });
}

}  // namespace hullwright
