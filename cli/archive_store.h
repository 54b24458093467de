// hullctl store of a report archive.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/history_list.h"
#include "cli/history_store.h"
#include "store/report_archive.h"

namespace hullwright::cli {

// kViolation when something in the file is damaged.
CommandOutput CheckArchive(const std::string& file, const Environment& environment);

CommandOutput PruneArchive(const std::string& file, const store::ArchiveBounds& bounds, const Environment& environment);

// Of imports; since belongs to it and until does not.
struct ImportedWhen {
  std::optional<Time> since, until;
};
// Newest first. options: --namespace and --denied are of histories.
CommandOutput ListArchive(const StoreListOptions& options, const Environment& environment);
// JSON Lines, oldest first (docs/reference/hullctl-json.md), or with options.image the newest report of it, byte for byte. Of lines those
// of damaged reports are left out, which the error names: kCouldNotTell.
CommandOutput ExportArchive(const StoreExportOptions& options, const ImportedWhen& when, const Environment& environment);

}  // namespace hullwright::cli
