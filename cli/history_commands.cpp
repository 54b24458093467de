#include "cli/declaring.h"
#include "cli/history_list.h"
#include "cli/history_store.h"
#include "cli/rehearse.h"

namespace hullwright::cli {
namespace {

void AddStoreFile(CLI::App& command, std::string& file) {
  command
      .add_option("FILE", file,
                  "The file of a decision history (hullwright-webhook --history) or a report archive (hullctl scan import --archive).")
      ->type_name("FILE")
      ->required();
}

void AddStoreList(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreListOptions>();
  CLI::App& command =
      *store.add_subcommand("list",
                            "List the decisions of a history, or the reports of an archive, newest first\n\n"
                            "When, what was answered, the id that explain takes, the object, and why. Of an archive: when it "
                            "was imported, the scanner, when that looked, the size, and the image.");
  AddStoreFile(command, options->file);
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
                            "Check that a decision history or report archive is sound\n\n"
                            "Looks through the file, and reads every decision with the documents it rests on, or every report, each "
                            "of which is held against its digest.");
  AddStoreFile(command, options->file);
  command.footer("# may also be done while it is written\nhullctl store check history.db");
  Runs(command, options, StoreCheck, action);
}

void AddStorePrune(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StorePruneOptions>();
  CLI::App& command = *store.add_subcommand("prune",
                                            "Take old decisions out of a history, or old reports out of an archive\n\n"
                                            "The oldest go, with the documents that nothing else refers to, and the room is given back "
                                            "to the disk. The webhook and scan import do the same by their bounds, but for the last step.");
  AddStoreFile(command, options->file);
  command.add_option("--older-than", options->older_than_days, "Take out decisions, or reports imported, more than so many days ago.")
      ->type_name("DAYS")
      ->check(CLI::Range(1, 36'500));
  command
      .add_option("--max-size", options->max_mebibytes,
                  "Take out the oldest of the namespace that holds the most, until the file holds no more than so many MiB; of an archive "
                  "that of the repository that holds the most: first reports that a newer one has replaced, and clocks last.")
      ->type_name("MIB")
      ->check(CLI::Range(1, 1'048'576));
  command.footer("# keep a month\nhullctl store prune history.db --older-than 30");
  Runs(command, options, StorePrune, action);
}

void AddStoreExport(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreExportOptions>();
  CLI::App& command = *store.add_subcommand("export",
                                            "Write a decision history or report archive as JSON Lines, or one report as it was given\n\n"
                                            "A line for each decision, and before the first decision that rests on it a line for each "
                                            "document that decisions share: the objects in force, and the scans. Of an archive a line for "
                                            "each report and for each clock; with --image the newest report of that image, byte for byte.");
  AddStoreFile(command, options->file);
  command.add_option("--since", options->since, "Only what was decided, or imported, then or later (RFC 3339).")->type_name("TIME");
  command.add_option("--until", options->until, "Only what was decided, or imported, before (RFC 3339).")->type_name("TIME");
  command.add_option("-n,--namespace", options->namespace_, "Only decisions about this namespace.")->type_name("NAMESPACE");
  command.add_option("--image", options->image, "The report of this image, or of the one that this index lists: the digest decides.")
      ->type_name("REPO@DIGEST");
  command.add_option("--scanner", options->scanner, "Only reports of this scanner.")->type_name("NAME");
  command.footer(
      "# to be put by\n"
      "hullctl store export history.db --since 2026-03-01T00:00:00Z > march.jsonl\n"
      "# what did the scanner say?\n"
      "hullctl store export reports.db --image registry.example/shop/api@sha256:… --scanner trivy > report.json");
  Runs(command, options, StoreExport, action);
}

void AddStoreBackup(CLI::App& store, Action& action) {
  const auto options = std::make_shared<StoreBackupOptions>();
  CLI::App& command =
      *store.add_subcommand("backup",
                            "Copy a decision history or report archive\n\n"
                            "One whole file, also while it is written: a copy by other means may lack what its log holds. To "
                            "restore it, stop who writes, delete FILE, FILE-wal and FILE-shm, and put the copy in its place.");
  AddStoreFile(command, options->file);
  command.add_option("TO", options->to, "The copy: a file that is not there yet.")->type_name("FILE")->required();
  command.footer("# every night\nhullctl store backup reports.db backups/reports-$(date +%F).db");
  Runs(command, options, StoreBackup, action);
}

}  // namespace

void AddStore(CLI::App& root, Action& action) {
  CLI::App& store = *root.add_subcommand("store", "List decisions of a history; look after the files of histories and report archives");
  store.require_subcommand(1);
  AddStoreList(store, action);
  AddStoreCheck(store, action);
  AddStorePrune(store, action);
  AddStoreExport(store, action);
  AddStoreBackup(store, action);
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
