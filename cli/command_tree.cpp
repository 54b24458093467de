#include "cli/command_tree.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

namespace hullwright::cli {
namespace {

constexpr std::array kExitCodes = {
    ExitCodeEntry{0, "Everything that was judged passes, perhaps with warnings (with --strict: with notices at most)."},
    ExitCodeEntry{
        1,
        "Something is refused because it violates a policy; for rehearse: would be refused that was not; for validate: an object is "
        "invalid; for verify and verify-bundle: it is not signed as it must be; for resolve: there is no such image; for store check: the "
        "file is damaged; for doctor: a check found a problem."},
    ExitCodeEntry{2,
                  "Nobody could tell: something is refused for want of data, a number of a report is not known, an input or a registry "
                  "could not be read, or the answer could not be written."},
    ExitCodeEntry{3, "The command line is wrong."},
};

constexpr std::array kVariables = {
    VariableEntry{"KUBECONFIG",
                  "Where scan import --to cluster, doctor and support-bundle find the cluster when --kubeconfig is not given (default: "
                  "~/.kube/config)."},
    VariableEntry{"DOCKER_CONFIG", "The folder of config.json, which holds credentials of registries (default: ~/.docker)."},
    VariableEntry{"HULLCTL_TRUSTED_ROOT", "trusted_root.json for verify and verify-bundle when --trusted-root is not given."},
    VariableEntry{"NO_COLOR", "When set to anything but the empty string, nothing is coloured (no-color.org)."},
    VariableEntry{"COLUMNS", "The width to wrap at when standard output is a terminal that does not tell its own."},
};

// CLI11 shows the set of a membership check as "TEXT:{a,b}".
std::vector<std::string> ChoicesIn(const std::string& type_name) {
  const auto open = type_name.find('{');
  const auto close = type_name.rfind('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::string word;
  for (const char c : type_name.substr(open + 1, close - open)) {
    if (c == ',' || c == '}') {
      choices.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  return choices;
}

OptionEntry ReadOption(const CLI::Option& option) {
  OptionEntry entry;
  for (const std::string& name : option.get_snames()) entry.flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) entry.flags.push_back("--" + name);
  const std::string type_name = option.get_type_name();
  entry.choices = ChoicesIn(type_name);
  if (option.get_items_expected_max() > 0) entry.value = type_name.substr(0, type_name.find(':'));
  if (entry.IsPositional() && entry.value.empty()) entry.value = option.get_name();
  entry.description = option.get_description();
  entry.default_value = option.get_default_str();
  entry.required = option.get_required();
  entry.repeated = option.get_items_expected_max() > 1;
  return entry;
}

CommandEntry ReadCommand(const CLI::App& app, const std::string& parent) {
  CommandEntry entry;
  entry.name = app.get_name();
  entry.path = parent.empty() ? entry.name : parent + " " + entry.name;
  const std::string description = app.get_description();
  const auto gap = description.find("\n\n");
  entry.summary = description.substr(0, gap);
  if (gap != std::string::npos) entry.details = description.substr(gap + 2);
  entry.examples = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) entry.options.push_back(ReadOption(*option));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) entry.options.push_back(ReadOption(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    entry.commands.push_back(ReadCommand(*command, entry.path));
  }
  return entry;
}

}  // namespace

std::string OptionEntry::Spelling() const {
  std::string text = fmt::format("{}", fmt::join(flags, ", "));
  if (value.empty()) return text;
  return text + (text.empty() ? "" : " ") + value + (repeated ? "..." : "");
}

std::string CommandEntry::Usage() const {
  std::string text = path + (commands.empty() ? "" : " COMMAND");
  bool optional_options = false;
  for (const OptionEntry& option : options) {
    if (option.IsPositional()) continue;
    optional_options |= !option.required;
    if (option.required) text += fmt::format(" {} {}{}", option.flags.front(), option.value, option.repeated ? "..." : "");
  }
  if (optional_options) text += " [OPTIONS]";
  for (const OptionEntry& option : options) {
    if (option.IsPositional()) text += option.required ? " " + option.Spelling() : " [" + option.Spelling() + "]";
  }
  return text;
}

CommandEntry ReadTree(const CLI::App& app) {
  return ReadCommand(app, "");
}

std::span<const ExitCodeEntry> ExitCodes() {
  return kExitCodes;
}

std::span<const VariableEntry> EnvironmentVariables() {
  return kVariables;
}

}  // namespace hullwright::cli
