// The report archive: scanners' reports as they were given, by image and scanner, and when vulnerabilities were first seen in a repository
// (docs/decisions/0032-report-archive.md). A SQLite file of its own. Deleting it loses the reports, and of the clocks what no ImageScan
// tells.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace SQLite {
class Exception;
}

namespace hullwright::store {

class ArchiveFile;  // private to lib/store
class FilePlace;

// What is kept of a report in the clear.
struct ReportRow {
  std::string image;                      // digest that the report was filed under
  std::vector<std::string> indexes;       // digests of indexes that list that image
  std::vector<std::string> repositories;  // "registry.example/shop/api"; may be none
  std::string platform;                   // "linux/amd64"; "" where the report does not say
  std::string scanner, format;
  std::optional<Time> scanned_at;  // as the report says
  std::string imported_by;
  std::string digest;  // "sha256:…" of the report's bytes: the caller's to compute, and to compare when it reads
};

struct StoredReport {
  std::int64_t number = 0;  // in the file; grows with the time of importing
  ReportRow row;
  Time imported_at{};
  std::uint64_t bytes = 0;  // of the report, before compression
};

// When a vulnerability was first seen in a package of a repository. Under each of its names there is a clock of its own.
struct FindingClock {
  std::string repository, vulnerability, package;  // spelt as the caller compares them
  Time first_seen{};
  std::optional<Time> fix_first_seen;
};

struct ArchiveOptions {
  std::string path;
  // Bounds stand in the file: who gives one sets it, who does not takes what stands there, and where nothing does kDefault….
  std::optional<std::uint64_t> max_bytes = {};     // of the file
  std::optional<std::chrono::hours> max_age = {};  // of a report, since its first import
  std::chrono::hours max_clock_age{24 * 365};      // of a clock, since an import last had its finding
};

inline constexpr std::uint64_t kDefaultArchiveBytes = 512u << 20;
inline constexpr std::chrono::hours kDefaultArchiveAge{24 * 90};

struct ErasedFromArchive {
  std::uint64_t reports = 0, clocks = 0;                  // for want of room
  std::uint64_t expired_reports = 0, expired_clocks = 0;  // for their age
};

// The one who writes. Not thread-safe; several processes may have the same file open. After an error it is of no use any more.
class ReportArchive {
 public:
  // Begins a file that is not there. A damaged one is renamed (FILE.damaged, FILE.damaged.2, …) and begun anew. Errors: the path is a
  // folder, a file of something else, an archive that a newer version wrote, or cannot be written. The clock outlives it.
  static Result<std::unique_ptr<ReportArchive>> Open(ArchiveOptions options, const Clock& clock);
  ~ReportArchive();

  // What a damaged file that was in its place is called now; "": there was none.
  const std::string& damaged() const { return damaged_; }
  // Whether nothing was in its place.
  bool was_absent() const { return was_absent_; }

  // The clocks of a vulnerability in all packages of a repository.
  Result<void> ForEachClock(const std::string& repository, const std::string& vulnerability,
                            const std::function<void(const FindingClock&)>& use);

  // The report and the clocks, safely on the disk, or nothing. The same report of the same image is kept once, with what its first import
  // said and the repositories of all; of a clock that is there the earlier times stay. Then the bounds are kept, by the clock of Open;
  // clocks expire by a time that goes on by at most a month with each import, so that a machine with a wrong clock does not expire them
  // all. What is given here goes for no bound: kTooLarge when it does not fit. Answers what was erased. kConflict: the file was moved away
  // or deleted meanwhile.
  Result<ErasedFromArchive> Keep(const ReportRow& row, std::string_view bytes, std::span<const FindingClock> clocks);

 private:
  ReportArchive(ArchiveOptions options, const Clock& clock);
  Result<void> OpenFile();
  void ReadBounds();
  Result<void> PutAside(const FilePlace& damaged);
  Error GiveUp(const SQLite::Exception& error);
  Result<ErasedFromArchive> Write(const ReportRow& row, std::uint64_t bytes, const std::string& body, std::span<const FindingClock> clocks);

  const ArchiveOptions options_;
  const Clock& clock_;
  std::unique_ptr<ArchiveFile> file_;
  std::uint64_t max_bytes_ = kDefaultArchiveBytes;   // in force
  std::chrono::hours max_age_ = kDefaultArchiveAge;  // likewise
  std::string damaged_;
  bool was_absent_ = false;
};

struct ArchiveSummary {
  std::uint64_t reports = 0, clocks = 0, file_bytes = 0;
  std::optional<Time> oldest, newest;  // imports of reports
};

// Whether the file says that it is an archive, whatever its version and also when it is damaged. False for what cannot be read.
bool IsReportArchive(const std::string& path);

// That there is a file to look after, whichever of ours. Errors: kNotFound, kDenied, kInvalidInput: a folder or device, kUnavailable.
Result<void> RequireStoreFile(const std::string& path);

// Copies a decision history or report archive, also while somebody writes it, to a file that is not there yet, for this user alone. Errors
// as those of reading, and kConflict: there is something in its place; what was begun of the copy is deleted.
Result<void> BackUp(const std::string& path, const std::string& to);

// What helps where an archive is damaged.
inline constexpr std::string_view kDamagedArchiveRemedy =
    "delete the files FILE-wal and FILE-shm and put a copy from before in its place, or delete all three: hullctl scan import --archive "
    "begins a new one";

// Reads an archive, also while somebody writes it. Not thread-safe. Errors, of all of it: kInvalidInput: the file is damaged; kUnavailable:
// it cannot be read now.
class ArchiveReader {
 public:
  // Errors: kNotFound: there is no such file. kUnsupported: it is no archive, or one of another version.
  static Result<std::unique_ptr<ArchiveReader>> Open(const std::string& path);
  ~ArchiveReader();

  // Oldest first, those that are there when it begins. An error of use ends it and is returned. use may take its time, so that the report
  // may be erased meanwhile.
  Result<void> ForEach(const std::function<Result<void>(const StoredReport&)>& use);
  // Of the image with that digest, or of those that the index with it lists; newest first.
  Result<std::vector<StoredReport>> Find(const std::string& digest);
  // kNotFound: there is none of that number (any more).
  Result<std::string> Bytes(std::int64_t number);
  // All clocks, by repository. An error of use ends it and is returned; use should be quick.
  Result<void> ForEachClock(const std::function<Result<void>(const FindingClock&)>& use);
  Result<ArchiveSummary> Summary();
  // What is wrong with the file, in sentences; empty: it is sound.
  Result<std::vector<std::string>> Check();

 private:
  explicit ArchiveReader(std::unique_ptr<ArchiveFile> file);

  std::unique_ptr<ArchiveFile> file_;
};

struct ArchiveBounds {
  std::optional<Time> older_than = {};          // reports that were imported before it go
  std::optional<std::uint64_t> max_bytes = {};  // as ArchiveOptions::max_bytes
};
// For a file that hardly anybody is writing just now: also gives the room back to the disk. Returns what went. kUnavailable, where that
// says so: what was to go went, and the room could not be given back.
Result<ErasedFromArchive> PruneArchive(const std::string& path, const ArchiveBounds& bounds);

}  // namespace hullwright::store
