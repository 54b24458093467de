#include <fmt/format.h>

#include <algorithm>

#include "cli/command_tree.h"

namespace hullwright::cli {
namespace {

template <class Visit>
void ForEachCommand(const CommandEntry& command, const Visit& visit) {
  visit(command);
  for (const CommandEntry& child : command.commands) ForEachCommand(child, visit);
}

// The words that may follow a command: its commands, or the choices of its first argument.
std::vector<std::string> WordsAfter(const CommandEntry& command) {
  std::vector<std::string> words;
  words.reserve(command.commands.size());
  for (const CommandEntry& child : command.commands) words.push_back(child.name);
  for (const OptionEntry& option : command.options) {
    if (option.IsPositional()) words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

std::vector<std::string> FlagsOf(const CommandEntry& command) {
  std::vector<std::string> flags;
  for (const OptionEntry& option : command.options) flags.insert(flags.end(), option.flags.begin(), option.flags.end());
  return flags;
}

// One case of bash: after these flags of this command come these words, or folders; files are what bash does by itself.
std::string BashValueCase(const CommandEntry& command, const OptionEntry& option) {
  std::string patterns;
  for (const std::string& flag : option.flags) patterns += fmt::format("{}\"{}|{}\"", patterns.empty() ? "" : " | ", command.path, flag);
  if (!option.choices.empty()) {
    return fmt::format("    {}) mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\"); return ;;\n", patterns,
                       fmt::join(option.choices, " "));
  }
  if (option.value == "DIR") return fmt::format("    {}) compopt -o dirnames; return ;;\n", patterns);
  return fmt::format("    {}) return ;;\n", patterns);
}

std::string Bash(const CommandEntry& root) {
  std::string paths, values, words;
  ForEachCommand(root, [&](const CommandEntry& command) {
    if (command.path != root.path) paths += fmt::format("{}\"{}\"", paths.empty() ? "" : " | ", command.path);
    for (const OptionEntry& option : command.options) {
      if (!option.IsPositional() && !option.value.empty()) values += BashValueCase(command, option);
    }
    words += fmt::format("    \"{}\") words=\"{}\" flags=\"{}\" ;;\n", command.path, fmt::join(WordsAfter(command), " "),
                         fmt::join(FlagsOf(command), " "));
  });
  return fmt::format(R"(# bash completion of hullctl; load it with: source <(hullctl completion bash)
_hullctl() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" path=hullctl words="" flags="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${{COMP_WORDS[i]}}" in
    {}) path="$path ${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$path|$before" in
{}  esac
  case "$path" in
{}  esac
  if [[ "$word" == -* ]]; then words="$flags"; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -o default -F _hullctl hullctl
)",
                     paths, values, words);
}

// Between single quotes, where _arguments and _describe give ":", "[" and "]" a meaning.
std::string ZshText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string ZshAction(const OptionEntry& option) {
  if (!option.choices.empty()) return fmt::format("({})", fmt::join(option.choices, " "));
  return option.value == "DIR" ? "_files -/" : "_files";
}

std::string ZshOption(const OptionEntry& option) {
  const std::string value = option.value.empty() ? "" : fmt::format(":{}:{}", ZshText(option.value), ZshAction(option));
  if (option.IsPositional())
    return fmt::format("    '{}:{}:{}' \\\n", option.repeated ? "*" : "1", ZshText(option.value), ZshAction(option));
  std::string out;
  for (const std::string& flag : option.flags) {
    out += fmt::format("    '{}{}[{}]{}' \\\n", option.repeated ? "*" : "", flag, ZshText(option.description), value);
  }
  return out;
}

std::string ZshFunctionName(const CommandEntry& command) {
  std::string name = "_" + command.path;
  std::ranges::replace(name, ' ', '_');
  return name;
}

std::string ZshFunction(const CommandEntry& command) {
  std::string out = ZshFunctionName(command) + "() {\n";
  if (command.commands.empty()) {
    out += "  _arguments -s \\\n";
    for (const OptionEntry& option : command.options) out += ZshOption(option);
    return out + "    && return\n}\n";
  }
  out += "  local state line\n  typeset -A opt_args\n  _arguments -C \\\n";
  for (const OptionEntry& option : command.options) out += ZshOption(option);
  out += "    '1:command:->command' '*::argument:->argument'\n  case $state in\n  command)\n    local -a commands=(\n";
  for (const CommandEntry& child : command.commands) out += fmt::format("      '{}:{}'\n", child.name, ZshText(child.summary));
  out += "    )\n    _describe command commands ;;\n  argument)\n    case $words[1] in\n";
  for (const CommandEntry& child : command.commands) out += fmt::format("    {}) {} ;;\n", child.name, ZshFunctionName(child));
  return out + "    esac ;;\n  esac\n}\n";
}

std::string Zsh(const CommandEntry& root) {
  std::string out = "#compdef hullctl\n# zsh completion of hullctl; load it with: source <(hullctl completion zsh)\n";
  ForEachCommand(root, [&](const CommandEntry& command) { out += ZshFunction(command); });
  return out + "compdef _hullctl hullctl\n";
}

std::string FishText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// Where on the line a command's words and options are offered.
std::string FishCondition(const CommandEntry& command, const CommandEntry& root) {
  std::string condition;
  std::string rest = command.path.substr(root.path.size());
  while (!rest.empty()) {
    rest = rest.substr(1);
    const auto word = rest.substr(0, rest.find(' '));
    condition += fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", word);
    rest = rest.substr(word.size());
  }
  std::vector<std::string> children;
  children.reserve(command.commands.size());
  for (const CommandEntry& child : command.commands) children.push_back(child.name);
  if (!children.empty()) {
    condition += fmt::format("{}not __fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", fmt::join(children, " "));
  }
  return condition;
}

std::string FishOption(const OptionEntry& option, const std::string& condition) {
  std::string line = fmt::format("complete -c hullctl -n '{}'", condition);
  for (const std::string& flag : option.flags) {
    line += flag.starts_with("--") ? fmt::format(" -l {}", flag.substr(2)) : fmt::format(" -s {}", flag.substr(1));
  }
  if (!option.value.empty()) line += option.choices.empty() ? " -r -F" : fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
  return line + fmt::format(" -d '{}'\n", FishText(option.description));
}

std::string Fish(const CommandEntry& root) {
  std::string out = "# fish completion of hullctl; load it with: hullctl completion fish | source\n";
  ForEachCommand(root, [&](const CommandEntry& command) {
    const std::string condition = FishCondition(command, root);
    for (const CommandEntry& child : command.commands) {
      out += fmt::format("complete -c hullctl -f -n '{}' -a {} -d '{}'\n", condition, child.name, FishText(child.summary));
    }
    for (const OptionEntry& option : command.options) {
      if (!option.IsPositional()) {
        out += FishOption(option, condition);
      } else if (!option.choices.empty()) {
        out += fmt::format("complete -c hullctl -f -n '{}' -a '{}'\n", condition, fmt::join(option.choices, " "));
      }
    }
  });
  return out;
}

}  // namespace

std::string RenderCompletion(const CommandEntry& root, std::string_view shell) {
  if (shell == "zsh") return Zsh(root);
  return shell == "fish" ? Fish(root) : Bash(root);
}

}  // namespace hullwright::cli
