// hullctl scan import: a scanner's report becomes an ImageScan, on standard output, in a folder or in a cluster.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"

namespace hullwright::cli {

struct ScanImportOptions {
  std::string report;               // file or "-"
  std::string image;                // REPO@DIGEST, "" when the report proves its digest
  std::string to;                   // "": standard output; "cluster"; otherwise a folder
  std::string kubeconfig;           // "": where kubectl would look
  std::string context;              // "": the current one
  std::string database_updated_at;  // RFC 3339; "": as the report says
  std::string now;
  std::string archive;                                   // file of a report archive; "": the report is not kept
  std::int64_t archive_mebibytes = 0, archive_days = 0;  // 0: as the file says
};

CommandOutput ScanImport(const ScanImportOptions& options, const Environment& environment);

}  // namespace hullwright::cli
