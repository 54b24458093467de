// What hullctl scan import keeps in a report archive: the report as it was given, and the clocks of its findings
// (docs/decisions/0032-report-archive.md).
#pragma once

#include <memory>
#include <string>

#include "api/image_scan.h"
#include "base/error.h"
#include "scan/clocks.h"
#include "scan/report.h"
#include "store/report_archive.h"

namespace hullwright::cli {

// A report, and what was read from it.
struct GivenReport {
  std::string text;  // every byte
  scan::Report report;
};

// Of one import. Not thread-safe.
class ReportKeeper {
 public:
  // The report outlives it.
  static Result<std::unique_ptr<ReportKeeper>> Open(store::ArchiveOptions options, const Clock& clock, const GivenReport& given);

  // Sets the scan's clocks to the earliest that the archive and these clocks know, and writes them and the report into the archive: also
  // those of findings that the scan has no room for. Called before the scan is stored, so that none is whose report could not be kept.
  Result<void> Settle(api::ImageScan& scan, scan::Clocks& clocks);

  // Afterwards: what is to be told of it, in a sentence.
  const std::string& told() const { return told_; }
  // What somebody should look into, likewise; "": nothing.
  const std::string& warning() const { return warning_; }

 private:
  ReportKeeper(std::string path, std::unique_ptr<store::ReportArchive> archive, const GivenReport& given);
  Result<void> Learn(const api::ImageScan& scan, scan::Clocks& clocks);
  void Tell(const store::ErasedFromArchive& erased);

  const std::string path_;
  const std::unique_ptr<store::ReportArchive> archive_;
  const GivenReport& given_;
  std::string told_, warning_;
};

}  // namespace hullwright::cli
