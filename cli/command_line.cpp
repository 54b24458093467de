#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>

#include "api/mistakes.h"
#include "base/text.h"
#include "cli/check.h"
#include "cli/declaring.h"
#include "cli/explain_decision.h"
#include "cli/reasons.h"
#include "cli/report.h"
#include "cli/scan_import.h"
#include "cli/validate.h"
#include "evidence/decision_id.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kHelpWidth = 100;

void AddCheck(CLI::App& root, Action& action) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App& command = *root.add_subcommand("check",
                                           "Judge manifests as the webhook would\n\n"
                                           "Every Pod and every workload in the manifests is judged by the same engine as in the webhook, "
                                           "as if it were created now. Lists are taken "
                                           "apart; Namespace objects in the manifests are read for their labels where the policy folders "
                                           "do not know the namespace; other kinds are "
                                           "listed as skipped. A workload that names no image is could-not-tell. Of a namespace that "
                                           "neither knows, the labels are unknown, which is "
                                           "could-not-tell for policies that select by label.");
  command.add_option("-f,--filename", options->review.manifests, "Files or folders with YAML or JSON, or - for standard input.")
      ->type_name("MANIFEST")
      ->required();
  AddReviewOptions(command, options->review)->required();
  AddOutput(command, options->output, {"table", "json", "yaml", "sarif", "junit"});
  command.footer(
      "# judge a folder of manifests\n"
      "hullctl check -f deploy/ --policies policies/ --scans scans/\n"
      "# judge what a chart renders\n"
      "helm template shop | hullctl check -f - -n shop --policies policies/ --scans scans/\n"
      "# for code review\n"
      "hullctl check -f deploy/ --policies policies/ --scans scans/ -o sarif > hullctl.sarif");
  Runs(command, options, Check, action);
}

// Of explain, which takes an image, manifests or the id of a recorded decision.
struct ExplainOptions {
  CheckOptions check;
  std::string history;
  bool replay = false;
  std::vector<std::string> policy_files;
};

CommandOutput RunExplain(const ExplainOptions& options, const Environment& environment) {
  const ReviewOptions& review = options.check.review;
  if (!options.history.empty()) {
    if (review.image.empty()) return Failed(ExitCode::kUsage, "explain: --history explains one decision: name its id");
    if (!options.replay && (!options.policy_files.empty() || !review.policies.empty()))
      return Failed(ExitCode::kUsage, "explain: --policy and --policies say what a recorded decision is judged by again: add --replay");
    return ExplainDecision({review.image, options.history, options.replay, options.policy_files, review, options.check.output},
                           environment);
  }
  if (evidence::IsDecisionId(review.image))
    return Failed(ExitCode::kUsage,
                  fmt::format("explain: {} is the id of a recorded decision: name the file that holds it by --history FILE", review.image));
  if (options.replay || !options.policy_files.empty())
    return Failed(ExitCode::kUsage, "explain: --replay and --policy are for a recorded decision: name its file by --history");
  if (review.image.empty() && review.manifests.empty())
    return Failed(ExitCode::kUsage, "explain: name an IMAGE, manifests with -f, or with --history the id of a decision");
  if (review.policies.empty())
    return Failed(ExitCode::kUsage, "hullctl explain needs --policies DIR...: the folders with the policies to judge by");
  return Explain(options.check, environment);
}

void AddExplain(CLI::App& root, Action& action) {
  const auto options = std::make_shared<ExplainOptions>();
  ReviewOptions& review = options->check.review;
  CLI::App& command = *root.add_subcommand(
      "explain",
      "Show every policy and rule that looked at an image, what it saw and why it said so\n\n"
      "Takes an image, judged as the only container of a new Pod in the namespace, or the same manifests as check; "
      "--policies says what by. With --history it takes the id of a recorded decision, as the audit annotation "
      "`decision` and the log name it, and shows what was seen then; with --replay also what comes of it judged again, "
      "and the difference.");
  CLI::Option* image =
      command.add_option("IMAGE", review.image, "Image reference, as a Pod would name it; with --history the id of a decision.")
          ->type_name("IMAGE");
  CLI::Option* manifests =
      command.add_option("-f,--filename", review.manifests, "Files or folders with YAML or JSON, or - for standard input.")
          ->type_name("MANIFEST");
  image->excludes(manifests);
  command.add_option("--history", options->history, "The decision history, as hullwright-webhook --history writes it.")->type_name("FILE");
  command.add_flag("--replay", options->replay,
                   "Judge the recorded decision again: by what was in force then, with --policy by that with these in place, with "
                   "--policies by those folders instead.");
  command.add_option("--policy", options->policy_files, "Files with policies to put in place of the recorded ones of their name.")
      ->type_name("FILE")
      ->allow_extra_args(false);
  AddReviewOptions(command, review);
  AddOutput(command, options->check.output, {"table", "json", "yaml"});
  command.footer(
      "# why is this image refused in namespace shop?\n"
      "hullctl explain registry.example/shop/api@sha256:… -n shop --policies policies/ --scans scans/\n"
      "# the same for everything in a manifest\n"
      "hullctl explain -f deploy/api.yaml --policies policies/ --scans scans/\n"
      "# why was this Pod refused, and would today's policies refuse it?\n"
      "hullctl explain 01KAJ3ZQ8R6M2V7C0D5X9T4W1B --history history.db --replay --policies policies/");
  Runs(command, options, RunExplain, action);
}

// Options that may be given several times take one value each (allow_extra_args), so that they leave the IMAGE behind them alone.
void AddReport(CLI::App& root, Action& action) {
  const auto options = std::make_shared<ReportOptions>();
  ReviewOptions& review = options->review;
  CLI::App& command = *root.add_subcommand(
      "report",
      "Report the vulnerability posture of an image\n\n"
      "How many findings its scans list by severity, how many of them have a fix, and what they know of its packages, size and dates. "
      "With --original also the image that it was rebuilt or hardened from: how many of that one's findings are left, how many are gone, "
      "and how many are new. With --policies, the findings that exceptions accept, by whom and until when. What cannot be told is unknown "
      "or a bound, never zero, and makes the exit code 2. Nothing is judged: that is what check and explain do.");
  command.add_option("IMAGE", review.image, "Image reference with its digest.")->type_name("IMAGE")->required();
  command.add_option("--original", options->original, "The image that it was rebuilt or hardened from, with its digest.")
      ->type_name("IMAGE");
  command.add_option("--scans", review.scans, "Folders with ImageScans (see `hullctl scan import`).")
      ->type_name("DIR")
      ->required()
      ->allow_extra_args(false);
  command.add_option("--policies", review.policies, "Folders with policies and exceptions, for what is accepted.")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command.add_option("-n,--namespace", review.namespace_, "Namespace whose exceptions count.")
      ->type_name("NAMESPACE")
      ->capture_default_str();
  command.add_flag("--registry", review.ask_registries, "Ask registries for signed VEX statements, where a policy lets them count.");
  AddRegistryOptions(command, review.registry);
  command.add_option("--now", review.now, "The time to report at (RFC 3339), instead of the clock's.")->type_name("TIME");
  AddOutput(command, options->output, {"table", "json", "html"});
  command.footer(
      "# what is in this image?\n"
      "hullctl report registry.example/shop/api@sha256:… --scans scans/\n"
      "# what has hardening brought, as a page for the browser\n"
      "hullctl report registry.example/hardened/api@sha256:… --original registry.example/shop/api@sha256:… --scans scans/ \\\n"
      "  --policies policies/ -n shop -o html > report.html");
  Runs(command, options, Report, action);
}

// An empty variable of a script, or standard output, keeps nothing.
CLI::Validator NamesAFile() {
  return {[](const std::string& name) {
            return name.empty() || name == "-" ? std::string("needs a name, not empty and not -") : std::string();
          },
          ""};
}

void AddScanImport(CLI::App& scan, Action& action) {
  const auto options = std::make_shared<ScanImportOptions>();
  CLI::App& command = *scan.add_subcommand(
      "import",
      "Turn a scanner's report into an ImageScan\n\n"
      "Reads JSON reports of Trivy, Grype, Snyk, Harbor, Clair and trivy-operator, SARIF, CycloneDX and attested scans. A report is bound "
      "to a digest only when it proves it or when --image names it: you then answer for it. A scan of the same digest that is there "
      "already is merged with the new one. Without --to the ImageScan is printed. With --archive the whole report is "
      "kept, too, with the times at which its findings were first seen: one that cannot be kept is not imported.");
  command.add_option("--report", options->report, "The report, or - for standard input.")->type_name("FILE")->required();
  command.add_option("--image", options->image, "What was scanned, with its digest.")->type_name("REPO@DIGEST");
  CLI::Option* to = command.add_option("--to", options->to, "A folder (DIR/sha256-….json), or the word cluster.")->type_name("DIR|cluster");
  command.add_option("--kubeconfig", options->kubeconfig, "Which cluster, and as whom (with --to cluster).")->type_name("FILE");
  command.add_option("--context", options->context, "Another context of the kubeconfig than its current one.")->type_name("NAME");
  command
      .add_option("--database-updated-at", options->database_updated_at,
                  "How old the scanner's database was (RFC 3339), when the report does not say: trivy version --format json does.")
      ->type_name("TIME");
  command.add_option("--now", options->now, "The time of the import (RFC 3339), instead of the clock's.")->type_name("TIME");
  CLI::Option* archive = command.add_option(
      "--archive", options->archive, "File in which the report is kept, and when its findings were first seen (see `hullctl store`).");
  archive->type_name("FILE")->needs(to)->check(NamesAFile());
  to->check(NamesAFile());
  command
      .add_option(
          "--archive-size", options->archive_mebibytes,
          "How large that file may become, in MiB, 1 to 1048576: stands in it from then on; without, and where nothing stands, 512. "
          "First go reports that a newer one has replaced, of the repository that holds the most.")
      ->type_name("MIB")
      ->check(CLI::Range(1, 1'048'576))
      ->needs(archive);
  command
      .add_option("--archive-days", options->archive_days,
                  "How long reports are kept, 1 to 3650: stands in that file from then on; without, and where nothing stands, 90.")
      ->type_name("DAYS")
      ->check(CLI::Range(1, 3650))
      ->needs(archive);
  command.footer(
      "# into the folder that check and the webhook read\n"
      "trivy image --format json --output report.json registry.example/shop/api:1.4\n"
      "hullctl scan import --report report.json --to scans/\n"
      "# and keep the whole report\n"
      "hullctl scan import --report report.json --to scans/ --archive reports.db\n"
      "# a report that does not prove its digest\n"
      "hullctl scan import --report report.json --image registry.example/shop/api@sha256:… --to cluster");
  Runs(command, options, ScanImport, action);
}

void AddScan(CLI::App& root, Action& action) {
  CLI::App& scan = *root.add_subcommand("scan", "Work with scan results");
  scan.require_subcommand(1);
  AddScanImport(scan, action);
}

void AddValidate(CLI::App& root, Action& action) {
  const auto options = std::make_shared<ValidateOptions>();
  CLI::App& command = *root.add_subcommand("validate",
                                           "Check policies, publishers, exceptions and scans as strictly as the webhook does\n\n"
                                           "Every mistake is told with file, line, field and what would be right.");
  command.add_option("FILE", options->files, "Files or folders with YAML or JSON, or - for standard input.")->type_name("FILE")->required();
  AddOutput(command, options->output, {"table", "json", "yaml"});
  command.footer("# in CI, before a policy is merged\nhullctl validate policies/");
  Runs(command, options, Validate, action);
}

void AddReasons(CLI::App& root, Action& action) {
  const auto options = std::make_shared<ReasonsOptions>();
  CLI::App& command = *root.add_subcommand("reasons", "What the words in answers mean, and what to do about each");
  command.add_option("WORD", options->word, "One of them; without it, all.")->type_name("WORD");
  AddOutput(command, options->output, {"table", "json", "yaml"});
  command.footer("# what to do about a refusal\nhullctl reasons ScanStale");
  Runs(command, options, Reasons, action);
}

void AddCompletion(CLI::App& root, Action& action) {
  const auto shell = std::make_shared<std::string>();
  CLI::App& command = *root.add_subcommand("completion", "Print a completion script for a shell");
  command.add_option("SHELL", *shell, "Which shell.")->type_name("SHELL")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer("# for this session\nsource <(hullctl completion bash)");
  Runs(
      command, shell,
      [](const std::string& name, const Environment&) { return CommandOutput{ExitCode::kPass, RenderCompletion(CommandTree(), name), ""}; },
      action);
}

void AddMan(CLI::App& root, Action& action) {
  const auto format = std::make_shared<std::string>("roff");
  CLI::App& command = *root.add_subcommand("man", "Print the manual of this program");
  command.add_option("--format", *format, "roff for man(1), markdown for the reference page.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"roff", "markdown"}))
      ->capture_default_str();
  command.footer("# read it\nhullctl man | man -l -");
  Runs(
      command, format,
      [](const std::string& name, const Environment&) {
        const CommandEntry tree = CommandTree();
        return CommandOutput{ExitCode::kPass, name == "markdown" ? RenderReference(tree) : RenderManual(tree), ""};
      },
      action);
}

std::unique_ptr<CLI::App> MakeApp(Action& action) {
  auto app = std::make_unique<CLI::App>(
      "Judge container images against Hullwright policies, without a cluster\n\n"
      "hullctl answers what the Hullwright webhook answers in a cluster, with the same engine: may these Pods run these images? It also "
      "explains the answer, verifies signatures, brings scan reports in, checks policies before they are used, and examines an "
      "installation.",
      "hullctl");
  app->set_help_flag("-h,--help", "Print this help.");
  app->set_version_flag("--version", std::string("hullctl ") + HULLWRIGHT_VERSION, "Print the version.");
  app->require_subcommand(1);
  AddCheck(*app, action);
  AddExplain(*app, action);
  AddRehearse(*app, action);
  AddVerify(*app, action);
  AddResolve(*app, action);
  AddTrust(*app, action);
  AddVerifyBundle(*app, action);
  AddScan(*app, action);
  AddReport(*app, action);
  AddStore(*app, action);
  AddValidate(*app, action);
  AddDoctor(*app, action);
  AddSupportBundle(*app, action);
  AddReasons(*app, action);
  AddCompletion(*app, action);
  AddMan(*app, action);
  app->footer(
      "hullctl check -f deploy/ --policies policies/ --scans scans/\n"
      "hullctl explain registry.example/shop/api@sha256:… -n shop --policies policies/ --scans scans/\n"
      "hullctl verify registry.example/shop/api:1.4 --key cosign.pub --transparency-log Ignore\n"
      "hullctl COMMAND --help");
  return app;
}

const CommandEntry* FindCommand(const CommandEntry& parent, std::string_view name) {
  const auto found = std::ranges::find(parent.commands, name, &CommandEntry::name);
  return found == parent.commands.end() ? nullptr : &*found;
}

// The command that the words of the command line lead to, as far as they are commands.
const CommandEntry& NamedCommand(const CommandEntry& root, const std::vector<std::string>& arguments) {
  const CommandEntry* command = &root;
  for (const std::string& argument : arguments) {
    const CommandEntry* child = FindCommand(*command, argument);
    if (child != nullptr) command = child;
  }
  return *command;
}

// " Did you mean …?" when something known is near.
std::string Suggestion(const std::string& written, const CommandEntry& command) {
  std::vector<std::string_view> known;
  known.reserve(command.commands.size() + 2 * command.options.size());
  for (const CommandEntry& child : command.commands) known.push_back(child.name);
  for (const OptionEntry& option : command.options) {
    for (const std::string& flag : option.flags) {
      if (flag.starts_with("--")) known.push_back(flag);
    }
  }
  const std::string_view nearest = api::Nearest(written, known);
  return nearest.empty() ? "" : fmt::format(" Did you mean {}?", nearest);
}

// A misspelt flag is told before the required ones that are missing because of it.
std::string UnknownFlag(const CommandEntry& command, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    const std::string flag = argument.substr(0, argument.find('='));
    if (!flag.starts_with("--")) continue;
    const bool known = std::ranges::any_of(
        command.options, [&](const OptionEntry& option) { return std::ranges::find(option.flags, flag) != option.flags.end(); });
    if (!known) return flag;
  }
  return "";
}

std::string UnknownCommand(const CommandEntry& command, const std::vector<std::string>& arguments) {
  const auto word = std::ranges::find_if(
      arguments, [&](const std::string& text) { return !text.starts_with("-") && !(" " + command.path + " ").contains(" " + text + " "); });
  if (word == arguments.end()) return command.path + " needs a command.";
  return fmt::format("{} has no command {}.{}", command.path, Printable(*word), Suggestion(*word, command));
}

// By a flag of it, or by the name of a positional.
const OptionEntry* FindOption(const CommandEntry& command, const std::string& name) {
  const auto found = std::ranges::find_if(command.options, [&](const OptionEntry& option) {
    return option.IsPositional() ? option.value == name : std::ranges::find(option.flags, name) != option.flags.end();
  });
  return found == command.options.end() ? nullptr : &*found;
}

// A word that no option takes. Most often it belongs behind the flag that the command cannot do without.
std::string UnexpectedWord(const CommandEntry& command, const std::string& word, const std::vector<std::string>& arguments) {
  std::string text = fmt::format("{} takes no argument {}", command.path, Printable(word));
  const auto is_given = [&](const std::string& flag) { return std::ranges::find(arguments, flag) != arguments.end(); };
  for (const OptionEntry& option : command.options) {
    if (!option.required || option.IsPositional() || std::ranges::any_of(option.flags, is_given)) continue;
    return fmt::format("{}: say {} {}.", text, option.flags.front(), Printable(word));
  }
  return text + ".";
}

// CLI11 begins its messages with the name of the option.
std::string WrongOption(const CLI::ParseError& error, const CommandEntry& command) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find_first_of(": "));
  const OptionEntry* option = FindOption(command, name);
  const std::string plain = Printable(text, 1024) + ".";
  if (option == nullptr) return plain;
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return fmt::format("{} needs {}: {}", command.path, option->Spelling(), option->description);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && !option->value.empty())
    return fmt::format("{} needs a value: {}", name, option->Spelling());
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr)
    return fmt::format("{} and {} exclude each other: give one of them.", name, text.substr(text.rfind(' ') + 1));
  const auto end = text.rfind(" not in {");
  if (option->choices.empty() || end == std::string::npos || end < name.size() + 2) return plain;
  return fmt::format("{}: {} is none of {}.", name, Printable(text.substr(name.size() + 2, end - name.size() - 2)),
                     fmt::join(option->choices, ", "));
}

// What no option and no command took.
std::string FirstUnexpected(const CLI::App& app) {
  const auto unexpected = app.remaining();
  if (!unexpected.empty()) return unexpected.front();
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? "" : FirstUnexpected(*parsed.front());
}

std::string Explained(const CLI::ParseError& error, const CLI::App& app, const CommandEntry& command,
                      const std::vector<std::string>& arguments) {
  std::string unknown = UnknownFlag(command, arguments);
  const std::string unexpected = FirstUnexpected(app);
  if (unknown.empty() && unexpected.starts_with("-")) unknown = unexpected;
  if (!unknown.empty()) return fmt::format("{} does not know {}.{}", command.path, Printable(unknown), Suggestion(unknown, command));
  if (!command.commands.empty()) return UnknownCommand(command, arguments);
  if (!unexpected.empty()) return UnexpectedWord(command, unexpected, arguments);
  return WrongOption(error, command);
}

CommandOutput UsageError(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& arguments) {
  const CommandEntry root = CommandTree();
  const CommandEntry& command = NamedCommand(root, arguments);
  return Failed(ExitCode::kUsage, fmt::format("{} See {} --help", Explained(error, app, command, arguments), command.path));
}

// "help scan import" is how other tools spell "scan import --help".
std::vector<std::string> AskingForHelp(const std::vector<std::string>& arguments) {
  std::vector<std::string> asking(arguments.begin() + 1, arguments.end());
  asking.emplace_back("--help");
  return asking;
}

}  // namespace

CLI::Option* AddReviewOptions(CLI::App& command, ReviewOptions& review) {
  CLI::Option* policies =
      command.add_option("--policies", review.policies, "Folders with policies, publishers, exceptions and Namespace objects.")
          ->type_name("DIR");
  command.add_option("--scans", review.scans, "Folders with ImageScans (see `hullctl scan import`).")->type_name("DIR");
  command.add_option("--admitted", review.admitted, "Inventory of images that namespaces already ran, for enforcement.admittedImages.")
      ->type_name("FILE");
  command
      .add_option("--exploitation", review.exploitation,
                  "Folder of EPSS scores (epss*.csv, epss*.csv.gz) and of CISA's catalogue of known exploited vulnerabilities (kev*.json, "
                  "known_exploited_vulnerabilities.json), for policies that ask for them.")
      ->type_name("DIR");
  command
      .add_option("--exploitation-max-age-hours", review.exploitation_max_age_hours,
                  "EPSS scores and catalogues older than this are no data; 0: any age will do.")
      ->type_name("HOURS")
      ->check(CLI::Range(0, 87'600))
      ->capture_default_str();
  command.add_option("-n,--namespace", review.namespace_, "Namespace of objects that do not name one.")
      ->type_name("NAMESPACE")
      ->capture_default_str();
  command.add_option("--unmatched", review.unmatched, "What happens to an image that no policy covers.")
      ->type_name("ACTION")
      ->check(CLI::IsMember({"Deny", "Warn", "Allow"}))
      ->capture_default_str();
  command
      .add_option("--workload-path", review.workload_paths,
                  "Another kind that makes Pods, and where its PodSpec is: argoproj.io/Rollout=/spec/template/spec.")
      ->type_name("GROUP/KIND=PATH");
  command
      .add_option("--old", review.old_manifests,
                  "The objects as they are now: their unchanged images are not judged again, as on an update.")
      ->type_name("MANIFEST");
  command.add_flag("--registry", review.ask_registries,
                   "Ask registries, as the webhook does: tags are resolved, signatures verified, image configurations read. Without it, or "
                   "--layout, what a policy asks of them could not be told.");
  AddRegistryOptions(command, review.registry);
  command
      .add_option("--node-platforms", review.node_platforms,
                  "Platforms of the cluster's nodes, for policies that judge by them, such as linux/amd64.")
      ->type_name("OS/ARCH")
      ->delimiter(',');
  command.add_option("--now", review.now, "The time to judge at (RFC 3339), instead of the clock's.")->type_name("TIME");
  command.add_flag(
      "--strict", review.strict,
      "Reasons that only warn count for the exit code as denials do. Notices such as WithinGrace, which change no decision, do not.");
  return policies;
}

CommandEntry CommandTree() {
  Action unused;
  return ReadTree(*MakeApp(unused));
}

CommandOutput Run(const std::vector<std::string>& arguments, const Environment& environment) {
  Action action;
  const auto app = MakeApp(action);
  const std::size_t width = environment.out.width > 0 ? environment.out.width : kHelpWidth;
  if (arguments.empty()) return {ExitCode::kUsage, "", RenderHelp(ReadTree(*app), width)};
  if (arguments.front() == "help") return Run(AskingForHelp(arguments), environment);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    app->parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    const CommandEntry root = ReadTree(*app);
    return {ExitCode::kPass, RenderHelp(NamedCommand(root, arguments), width), ""};
  } catch (const CLI::CallForVersion& version) {
    return {ExitCode::kPass, std::string(version.what()) + "\n", ""};
  } catch (const CLI::ParseError& error) {
    return UsageError(error, *app, arguments);
  }
  return action(environment);
}

}  // namespace hullwright::cli
