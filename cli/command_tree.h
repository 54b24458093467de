// The commands and options of hullctl as plain data, read from the CLI11 tree: help, manual and completions are all made from it, so that
// none of them can forget an option.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace hullwright::cli {

struct OptionEntry {
  std::vector<std::string> flags;  // "-f", "--filename"; empty for a positional
  std::string value;               // "FILE"; "" for a switch
  std::string description;
  std::vector<std::string> choices;  // the only values it takes
  std::string default_value;
  bool required = false, repeated = false;

  bool IsPositional() const { return flags.empty(); }
  std::string Spelling() const;  // "-f, --filename FILE..."
};

struct CommandEntry {
  std::string path;                  // "hullctl scan import"
  std::string name;                  // "import"
  std::string summary;               // one line
  std::string details;               // paragraphs, "" when the summary says it all
  std::string examples;              // shell lines, each under a comment
  std::vector<OptionEntry> options;  // with flags first, then positionals
  std::vector<CommandEntry> commands;

  std::string Usage() const;  // "hullctl reasons [OPTIONS] [WORD]"
};

CommandEntry ReadTree(const CLI::App& app);

struct ExitCodeEntry {
  int code;
  std::string_view meaning;
};
std::span<const ExitCodeEntry> ExitCodes();

struct VariableEntry {
  std::string_view name, meaning;
};
std::span<const VariableEntry> EnvironmentVariables();

// What --help prints.
std::string RenderHelp(const CommandEntry& command, std::size_t width);
// hullctl(1), in the man macros of groff_man(7).
std::string RenderManual(const CommandEntry& root);
// docs/reference/hullctl.md.
std::string RenderReference(const CommandEntry& root);
// shell: "bash", "zsh" or "fish".
std::string RenderCompletion(const CommandEntry& root, std::string_view shell);

}  // namespace hullwright::cli
