// hullctl store: looking after the file of a decision history, and through archive_store.h after that of a report archive. Which of them a
// file is, its head says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.h"

namespace hullwright::cli {

struct StoreCheckOptions {
  std::string file;
};
// Whether the file is sound, and every decision in it can be read and judged again, or every report is as it was given: kViolation when
// not, kCouldNotTell when it is only that documents were too large to be kept.
CommandOutput StoreCheck(const StoreCheckOptions& options, const Environment& environment);

struct StorePruneOptions {
  std::string file;
  std::int64_t older_than_days = 0, max_mebibytes = 0;  // 0: not given
};
CommandOutput StorePrune(const StorePruneOptions& options, const Environment& environment);

struct StoreExportOptions {
  std::string file;
  std::string since, until, namespace_;  // "" for all
  std::string image, scanner;            // of an archive: one report, as it was given
};
// JSON Lines, oldest first; docs/reference/hullctl-json.md describes them.
CommandOutput StoreExport(const StoreExportOptions& options, const Environment& environment);

struct StoreBackupOptions {
  std::string file, to;
};
// A copy, also while the file is written; to must not be there yet.
CommandOutput StoreBackup(const StoreBackupOptions& options, const Environment& environment);

}  // namespace hullwright::cli
