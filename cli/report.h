// hullctl report: what the scans in folders say of one image, and beside it of the image that it was rebuilt or hardened from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/posture.h"
#include "cli/review.h"
#include "policy/scan_record.h"

namespace hullwright::cli {

// As written on the command line.
struct ReportOptions {
  ReviewOptions review;  // image, policies, scans, namespace_, registry, now
  std::string original;
  std::string output = "table";  // table, json, html
};

// Why a number of the report is not known, or not exactly.
struct ReportDoubt {
  std::string about;   // "image", "original", "comparison", "acceptance"
  std::string reason;  // a word of policy/reason.h; "" where none says it
  std::string message;
};

// What a scan knows of the image beside its findings; nullopt: it does not tell it, or tells what cannot be.
struct ImageNumbers {
  std::optional<std::int64_t> packages, size_bytes, layers, secrets;
  std::optional<Time> created;
};
ImageNumbers NumbersOf(const policy::ScanRecord* scan);  // nullptr: nothing

// One platform's manifest. Findings and texts point into the scans, which this keeps.
struct PlatformReport {
  std::string platform;                                // "linux/amd64"; "" when unknown
  std::shared_ptr<const policy::ScanRecord> image;     // null: there is no scan that can be read
  std::shared_ptr<const policy::ScanRecord> original;  // likewise, and null without an original
  Accepted accepted;                                   // findings of the image
  Posture posture;
  std::vector<ReportDoubt> doubts;
};

struct PostureReport {
  Time now{};
  std::string image, original;            // canonical name and digest; original "": none was named
  std::string namespace_;                 // for which exceptions were asked; "": nobody was asked what is accepted
  std::vector<std::string> policies;      // ids of those that were asked
  std::vector<PlatformReport> platforms;  // at least one
  std::vector<ReportDoubt> doubts;        // about all platforms
  std::vector<InputProblem> problems;
  std::vector<std::string> notes;  // worth saying, without effect on the exit code

  bool compared() const { return !original.empty(); }
  bool shows_accepted() const { return !namespace_.empty(); }
  // kCouldNotTell as soon as one thing is doubtful; a report never refuses anything.
  ExitCode Verdict() const;
};

CommandOutput Report(const ReportOptions& options, const Environment& environment);

}  // namespace hullwright::cli
