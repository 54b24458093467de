// hullctl(1) and its twin in Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command_tree.h"

namespace hullwright::cli {
namespace {

// Text for troff (groff_char(7)): backslashes and dashes are escaped, no line begins with a control character, and the one character beyond
// ASCII that the texts have is spelled out, because older readers know Latin-1 only.
std::string Roff(std::string text) {
  static constexpr std::string_view kEllipsis = "…";
  for (auto at = text.find(kEllipsis); at != std::string::npos; at = text.find(kEllipsis, at)) text.replace(at, kEllipsis.size(), "...");
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Notes(const OptionEntry& option) {
  std::string text;
  if (!option.choices.empty()) text += fmt::format(" One of: {}.", fmt::join(option.choices, ", "));
  if (!option.default_value.empty()) text += fmt::format(" Default: {}.", option.default_value);
  if (option.required) text += " Required.";
  return text;
}

std::string RoffParagraphs(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find("\n\n", begin), text.size());
    out += ".PP\n" + Roff(text.substr(begin, end - begin)) + "\n";
    begin = end + 2;
  }
  return out;
}

std::string RoffOptions(const CommandEntry& command) {
  std::string out;
  for (const OptionEntry& option : command.options) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", Roff(option.Spelling()), Roff(option.description + Notes(option)));
  }
  return out;
}

// Leaves of the tree in order; the root's own options are told once.
std::string RoffCommands(const CommandEntry& command) {
  std::string out;
  for (const CommandEntry& child : command.commands) {
    if (!child.commands.empty()) {
      out += RoffCommands(child);
      continue;
    }
    out += fmt::format(".SS \"{}\"\n\\fB{}\\fR\n.PP\n{}\n", Roff(child.path), Roff(child.Usage()), Roff(child.summary));
    out += RoffParagraphs(child.details) + RoffOptions(child);
    if (!child.examples.empty()) out += ".PP\nExamples:\n.PP\n.nf\n" + Roff(child.examples) + "\n.fi\n";
  }
  return out;
}

std::string MarkdownCell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.replace(at, 1, "\\|");
  return text;
}

std::string MarkdownCommands(const CommandEntry& command) {
  std::string out;
  for (const CommandEntry& child : command.commands) {
    if (!child.commands.empty()) {
      out += MarkdownCommands(child);
      continue;
    }
    out += fmt::format("\n## {}\n\n{}\n\n```\n{}\n```\n", child.path, child.summary, child.Usage());
    if (!child.details.empty()) out += "\n" + child.details + "\n";
    out += "\n| option | meaning |\n|---|---|\n";
    for (const OptionEntry& option : child.options) {
      out += fmt::format("| `{}` | {} |\n", option.Spelling(), MarkdownCell(option.description + Notes(option)));
    }
    if (!child.examples.empty()) out += "\n```bash\n" + child.examples + "\n```\n";
  }
  return out;
}

}  // namespace

std::string RenderManual(const CommandEntry& root) {
  // Without a date, so that the same program gives the same page.
  std::string out = fmt::format(".TH HULLCTL 1 \"\" \"Hullwright {}\" \"Hullwright manual\"\n", HULLWRIGHT_VERSION);
  out += fmt::format(".SH NAME\nhullctl \\- {}\n.SH SYNOPSIS\n\\fB{}\\fR\n.SH DESCRIPTION\n", Roff(root.summary), Roff(root.Usage()));
  out += RoffParagraphs(root.details) + ".SH OPTIONS\n" + RoffOptions(root) + ".SH COMMANDS\n" + RoffCommands(root) + ".SH EXIT STATUS\n";
  for (const ExitCodeEntry& entry : ExitCodes()) out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", entry.code, Roff(std::string(entry.meaning)));
  out += ".SH ENVIRONMENT\n";
  for (const VariableEntry& entry : EnvironmentVariables())
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", entry.name, Roff(std::string(entry.meaning)));
  if (!root.examples.empty()) out += ".SH EXAMPLES\n.nf\n" + Roff(root.examples) + "\n.fi\n";
  return out;
}

std::string RenderReference(const CommandEntry& root) {
  std::string out =
      "<!-- Written by `make generate` from the commands themselves; changes here are lost. -->\n# hullctl\n\n"
      "<!-- not executed on this page: the files and images named here are not at hand -->\n\n";
  out += root.summary + ".\n\n" + root.details + "\n\n| command | purpose |\n|---|---|\n";
  for (const CommandEntry& command : root.commands) out += fmt::format("| `{}` | {} |\n", command.path, command.summary);
  out += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCodeEntry& entry : ExitCodes()) out += fmt::format("| {} | {} |\n", entry.code, entry.meaning);
  out += "\n## Environment\n\n| variable | meaning |\n|---|---|\n";
  for (const VariableEntry& entry : EnvironmentVariables()) out += fmt::format("| `{}` | {} |\n", entry.name, entry.meaning);
  return out + MarkdownCommands(root);
}

}  // namespace hullwright::cli
