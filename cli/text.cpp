#include "cli/text.h"

#include <fmt/format.h>

namespace hullwright::cli {

std::string Paint::Wrap(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      i = text.find('m', i);
      if (i == std::string_view::npos) break;
      continue;
    }
    const bool continues_character = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    if (!continues_character) ++columns;
  }
  return columns;
}

std::string PadRight(std::string_view text, std::size_t columns) {
  const std::size_t has = Columns(text);
  return std::string(text) + std::string(has < columns ? columns - has : 0, ' ');
}

std::string Paragraph(std::string_view first, std::size_t indent, std::string_view text, std::size_t width) {
  std::string out(first);
  if (width == 0) return out.append(text) + "\n";
  std::size_t column = Columns(first);
  bool line_begins = true;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    const std::size_t needs = Columns(word) + (line_begins ? 0 : 1);
    if (!line_begins && column + needs > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      line_begins = true;
    }
    if (!line_begins) out += ' ';
    out += word;
    column += Columns(word) + (line_begins ? 0 : 1);
    line_begins = false;
  }
  return out + "\n";
}

std::string Count(std::size_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string_view MarkupEntity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return "";
  }
}

std::string BytesText(std::uint64_t bytes) {
  constexpr double kKi = 1024.0;
  const auto size = static_cast<double>(bytes);
  if (size < kKi) return fmt::format("{} B", bytes);
  if (size < kKi * kKi) return fmt::format("{:.1f} KiB", size / kKi);
  if (size < kKi * kKi * kKi) return fmt::format("{:.1f} MiB", size / (kKi * kKi));
  return fmt::format("{:.1f} GiB", size / (kKi * kKi * kKi));
}

}  // namespace hullwright::cli
