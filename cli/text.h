// Text for people: colour, wrapping, alignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace hullwright::cli {

// ANSI colours, or nothing where they are not wanted.
class Paint {
 public:
  explicit Paint(const Terminal& terminal) : on_(terminal.colour) {}

  std::string Red(std::string_view text) const { return Wrap("31", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }
  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

// Columns the text takes on a terminal: UTF-8 characters, colour codes not counted.
std::size_t Columns(std::string_view text);
std::string PadRight(std::string_view text, std::size_t columns);

// The text in lines of at most width columns, words kept whole, each line ending with '\n'. The first line begins with first, the others
// with as many spaces as `indent`. width 0: one line. A word longer than a line gets its own, uncut, so that it can be copied.
std::string Paragraph(std::string_view first, std::size_t indent, std::string_view text, std::size_t width);

// What stands for a character that is markup in XML (1.0, 2.4) and in HTML (13.3), in text and in attributes; "" for any other.
std::string_view MarkupEntity(char c);

// "1 image", "2 images".
std::string Count(std::size_t count, std::string_view singular, std::string_view plural);

// "512 B", "1.5 MiB".
std::string BytesText(std::uint64_t bytes);

}  // namespace hullwright::cli
