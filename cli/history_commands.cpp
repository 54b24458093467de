#include "cli/declaring.h"
#include "cli/history_list.h"
#include "cli/history_store.h"
#include "cli/rehearse.h"

namespace hullwright::cli {
namespace {

void AddHistoryFile(CLI::App& command, std::string& file) {
  command.add_option("FILE", file, "The file of a decision history, as hullwright-webhook --history writes it.")
      ->type_name("FILE")
      ->required();
}

void AddStoreList(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreListOptions>();
  CLI::App& command = *store.add_subcommand("list",
                                            "List the decisions of a history, newest first\n\n"
                                            "When, what was answered, the id that explain takes, the object, and why.");
  AddHistoryFile(command, options->file);
  command.add_option("--limit", options->limit, "At most so many, the newest.")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("-n,--namespace", options->namespace_, "Only decisions about this namespace.")->type_name("NAMESPACE");
  command.add_flag("--denied", options->denied, "Only what was denied.");
  AddOutput(command, options->output, {"table", "json"});
  command.footer("# what was refused in namespace shop?\nhullctl store list history.db -n shop --denied");
  Runs(command, options, StoreList, action);
}

void AddStoreCheck(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreCheckOptions>();
  CLI::App& command =
      *store.add_subcommand("check",
                            "Check that a decision history is sound\n\n"
                            "Looks through the file, and reads every decision with the documents it rests on, each of which "
                            "is held against its digest.");
  AddHistoryFile(command, options->file);
  command.footer("# may also be done while it is written\nhullctl store check history.db");
  Runs(command, options, StoreCheck, action);
}

void AddStorePrune(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StorePruneOptions>();
  CLI::App& command = *store.add_subcommand("prune",
                                            "Take old decisions out of a history\n\n"
                                            "The oldest go, with the documents that nothing else refers to, and the room is given back "
                                            "to the disk. The webhook does the same by its own bounds, but for the last step.");
  AddHistoryFile(command, options->file);
  command.add_option("--older-than", options->older_than_days, "Take out decisions that are older than so many days.")
      ->type_name("DAYS")
      ->check(CLI::Range(1, 36'500));
  command
      .add_option("--max-size", options->max_mebibytes,
                  "Take out the oldest of the namespace that holds the most, until the file holds no more than so many MiB.")
      ->type_name("MIB")
      ->check(CLI::Range(1, 1'048'576));
  command.footer("# keep a month\nhullctl store prune history.db --older-than 30");
  Runs(command, options, StorePrune, action);
}

void AddStoreExport(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreExportOptions>();
  CLI::App& command = *store.add_subcommand("export",
                                            "Write a decision history as JSON Lines\n\n"
                                            "A line for each decision, and before the first decision that rests on it a line for each "
                                            "document that decisions share: the objects in force, and the scans.");
  AddHistoryFile(command, options->file);
  command.add_option("--since", options->since, "Only what was decided then or later (RFC 3339).")->type_name("TIME");
  command.add_option("--until", options->until, "Only what was decided before (RFC 3339).")->type_name("TIME");
  command.add_option("-n,--namespace", options->namespace_, "Only decisions about this namespace.")->type_name("NAMESPACE");
  command.footer("# for an archive\nhullctl store export history.db --since 2026-03-01T00:00:00Z > march.jsonl");
  Runs(command, options, StoreExport, action);
}

}  // namespace

void AddStore(CLI::App& root, Action& action) {
  CLI::App& store = *root.add_subcommand("store", "List decisions of a history, and look after its file");
  store.require_subcommand(1);
  AddStoreList(store, action);
  AddStoreCheck(store, action);
  AddStorePrune(store, action);
  AddStoreExport(store, action);
}

void AddRehearse(CLI::App& root, Action& action) {
  const auto options = std::make_shared<RehearseOptions>();
  CLI::App& command = *root.add_subcommand(
      "rehearse",
      "Show what a policy would have done\n\n"
      "Judges the decisions of a history again, with the facts, the objects and at the time of then, but with these policies in place of "
      "those of their name, or beside the others. Manifests of what runs are judged without and with them. New denials are told first. "
      "What was signed is not in a history: with --registry or --layout it is verified again, by the trust roots of --policies; without, "
      "rules that ask for the same signatures as then keep what was found then, and of others nobody can tell.");
  command.add_option("--policy", options->policy_files, "Files or folders with the policies, and publishers and exceptions beside them.")
      ->type_name("FILE")
      ->required();
  command.add_option("--history", options->history, "The decision history, as hullwright-webhook --history writes it.")->type_name("FILE");
  command
      .add_option("-f,--filename", options->review.manifests,
                  "Files or folders with what runs, or - for standard input, such as kubectl get pods -A -o yaml.")
      ->type_name("MANIFEST");
  AddReviewOptions(command, options->review);
  AddOutput(command, options->output, {"table", "json"});
  command.footer(
      "# in CI: fails when something would be denied that was admitted\n"
      "hullctl rehearse --policy stricter.yaml --history history.db\n"
      "# and what runs now\n"
      "kubectl get pods -A -o yaml | hullctl rehearse --policy stricter.yaml -f - --policies policies/ --scans scans/");
  Runs(command, options, Rehearse, action);
}

}  // namespace hullwright::cli
