// The surface: usage errors, help, and what is generated from the tree of commands.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "policy/reason.h"
#include "support/paths.h"
#include "unit/cli/world.h"

namespace hullwright::cli::testing {
namespace {

std::string FileText(const std::string& name) {
  std::ifstream file(hullwright::testing::SourcePath(name));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

template <class Visit>
void ForEachCommand(const CommandEntry& command, const Visit& visit) {
  visit(command);
  for (const CommandEntry& child : command.commands) ForEachCommand(child, visit);
}

}  // namespace

TEST_CASE("a wrong command line exits with 3 and says what is wrong and where help is", "[cli]") {
  const World world;
  const auto [arguments, text] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"chek"}, "hullctl has no command chek. Did you mean check? See hullctl --help"},
      {{"scan"}, "hullctl scan needs a command. See hullctl scan --help"},
      {{"scan", "improt"}, "hullctl scan has no command improt. Did you mean import?"},
      {{"check", "--polices", "x"}, "hullctl check does not know --polices. Did you mean --policies? See hullctl check --help"},
      {{"check", "-f", "x"}, "hullctl check needs --policies DIR...: Folders with policies, publishers"},
      {{"check", "-f", "x", "--policies", "y", "-o", "html"}, "--output: html is none of table, json, yaml, sarif, junit."},
      {{"check", "-f", "x", "--policies", "y", "--unmatched", "deny"}, "--unmatched: deny is none of Deny, Warn, Allow."},
      {{"check", "-f", "x", "--policies"}, "--policies needs a value: --policies DIR..."},
      {{"check", "pod.yaml", "--policies", "y"}, "hullctl check takes no argument pod.yaml: say -f pod.yaml. See hullctl check --help"},
      {{"check", "-f", "pod.yaml", "--policies", "y", "--", "more.yaml"}, "hullctl check takes no argument more.yaml."},
      {{"scan", "import", "report.json"}, "hullctl scan import takes no argument report.json: say --report report.json."},
      {{"validate"}, "hullctl validate needs FILE...: Files or folders with YAML or JSON"},
      {{"explain", "nginx", "-f", "x", "--policies", "y"}, "exclude each other: give one of them."},
      {{"reasons", "Nonsense"}, "there is no reason \"Nonsense\": `hullctl reasons` lists them"},
      {{"scan", "import", "--report", "r", "--image", "nginx:1"}, "--image: needs the digest"},
      {{"completion", "tcsh"}, "SHELL: tcsh is none of bash, zsh, fish."},
      {{"--nonsense"}, "hullctl does not know --nonsense"},
  }));
  const auto output = world.Run(arguments);
  CAPTURE(arguments);
  CHECK(output.code == ExitCode::kUsage);
  CHECK(output.out.empty());
  CHECK_THAT(output.err, Catch::Contains(text));
  CHECK(output.err.starts_with("hullctl: "));
}

TEST_CASE("without arguments the help is shown, and the exit code says that nothing was done", "[cli]") {
  const auto output = World().Run({});
  CHECK(output.code == ExitCode::kUsage);
  CHECK(output.err.contains("Usage:"));
}

TEST_CASE("every command has help with examples that it understands itself", "[cli]") {
  const World world;
  ForEachCommand(CommandTree(), [&](const CommandEntry& command) {
    CAPTURE(command.path);
    std::vector<std::string> arguments;
    std::istringstream words(command.path);
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.erase(arguments.begin());
    arguments.push_back("--help");
    const auto output = world.Run(arguments);
    CHECK(output.code == ExitCode::kPass);
    CHECK(output.out.contains("Usage:\n  " + command.path));
    CHECK(!command.summary.empty());
    if (!command.commands.empty()) return;
    CHECK(command.examples.contains("hullctl "));
    for (const OptionEntry& option : command.options) {
      CHECK(output.out.contains(option.Spelling()));
      CHECK(option.description.ends_with("."));
    }
  });
}

TEST_CASE("help may be asked for in front of a command too", "[cli]") {
  const World world;
  CHECK(world.Run({"help", "scan", "import"}).out == world.Run({"scan", "import", "--help"}).out);
  CHECK(world.Run({"help"}).out == world.Run({"--help"}).out);
  CHECK(world.Run({"help"}).code == ExitCode::kPass);
}

TEST_CASE("the version is told", "[cli]") {
  CHECK(World().Run({"--version"}).out == "hullctl " HULLWRIGHT_VERSION "\n");
}

TEST_CASE("the kept manual and reference page are what the commands say", "[cli]") {
  const CommandEntry tree = CommandTree();
  CHECK((FileText("docs/man/hullctl.1") == RenderManual(tree) || !"run: make generate"));
  CHECK((FileText("docs/reference/hullctl.md") == RenderReference(tree) || !"run: make generate"));
}

TEST_CASE("completions know every command and option", "[cli]") {
  const CommandEntry tree = CommandTree();
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = RenderCompletion(tree, shell);
    ForEachCommand(tree, [&](const CommandEntry& command) {
      CAPTURE(shell, command.path);
      CHECK(script.contains(command.name));
      for (const OptionEntry& option : command.options) {
        if (!option.IsPositional()) CHECK(script.contains(option.flags.back().substr(2)));
      }
    });
  }
}

TEST_CASE("reasons explains every word", "[cli]") {
  const World world;
  const std::string all = world.Run({"reasons"}).out;
  for (const auto word : policy::AllReasonWords()) {
    CHECK(all.contains(policy::ToString(word)));
    CHECK(all.contains(policy::RemedyFor(word)));
  }
  const auto one = world.Run({"reasons", "scanstale"});
  CHECK(one.out.starts_with("ScanStale  could-not-tell\n"));
}

}  // namespace hullwright::cli::testing
