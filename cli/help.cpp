#include <fmt/format.h>

#include <algorithm>

#include "cli/command_tree.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kTextColumn = 28;

std::string Described(const OptionEntry& option) {
  std::string text = option.description;
  if (!option.choices.empty()) text += fmt::format(" One of: {}.", fmt::join(option.choices, ", "));
  if (!option.default_value.empty()) text += fmt::format(" Default: {}.", option.default_value);
  if (option.required) text += " Required.";
  return text;
}

// The left column is short; a longer entry gets a line of its own.
std::string Row(const std::string& left, const std::string& text, std::size_t width) {
  const std::string first = "  " + left;
  const std::string indent(kTextColumn, ' ');
  if (Columns(first) + 2 > kTextColumn) return first + "\n" + Paragraph(indent, kTextColumn, text, width);
  return Paragraph(PadRight(first, kTextColumn), kTextColumn, text, width);
}

std::string Indented(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out += "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

std::string Paragraphs(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find("\n\n", begin), text.size());
    out += "\n" + Paragraph("", 0, text.substr(begin, end - begin), width);
    begin = end + 2;
  }
  return out;
}

}  // namespace

std::string RenderHelp(const CommandEntry& command, std::size_t width) {
  std::string out = Paragraph("", 0, command.summary, width) + Paragraphs(command.details, width);
  out += "\nUsage:\n" + Paragraph("  ", 6, command.Usage(), width);
  if (!command.commands.empty()) out += "\nCommands:\n";
  for (const CommandEntry& child : command.commands) out += Row(child.name, child.summary, width);
  const bool positionals = std::ranges::any_of(command.options, &OptionEntry::IsPositional);
  if (positionals) out += "\nArguments:\n";
  for (const OptionEntry& option : command.options) {
    if (option.IsPositional()) out += Row(option.Spelling(), Described(option), width);
  }
  out += "\nOptions:\n";
  for (const OptionEntry& option : command.options) {
    if (!option.IsPositional()) out += Row(option.Spelling(), Described(option), width);
  }
  if (!command.examples.empty()) out += "\nExamples:\n" + Indented(command.examples);
  if (command.path != command.name) return out;
  out += "\nExit codes:\n";
  for (const ExitCodeEntry& entry : ExitCodes()) out += Row(std::to_string(entry.code), std::string(entry.meaning), width);
  return out;
}

}  // namespace hullwright::cli
