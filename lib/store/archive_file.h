// One connection to the database file of a report archive: schema, statements, bounds. Private to lib/store. Everything here may throw
// SQLite::Exception; report_archive.cpp catches.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/database_file.h"
#include "store/report_archive.h"

namespace hullwright::store {

// Scripts that lead from one version of the schema to the next: the first makes the tables. One that was released is never changed.
inline constexpr std::array<const char*, 2> kArchiveMigrations = {R"(
CREATE TABLE reports (
  id INTEGER PRIMARY KEY,        -- grows with the time of importing: a replaced row gets a new one
  image TEXT NOT NULL,           -- digest
  indexes TEXT NOT NULL,         -- digests, a line each
  repositories TEXT NOT NULL,    -- a line each
  platform TEXT NOT NULL,
  scanner TEXT NOT NULL,
  format TEXT NOT NULL,
  scanned_at INTEGER,            -- milliseconds since 1970; NULL: the report does not say
  imported_at INTEGER NOT NULL,
  imported_by TEXT NOT NULL,
  digest TEXT NOT NULL,          -- of the bytes before compression
  size INTEGER NOT NULL,         -- of them
  body BLOB NOT NULL,            -- RFC 1950
  UNIQUE (image, scanner, digest)
) STRICT;
CREATE TABLE clocks (
  repository TEXT NOT NULL,
  vulnerability TEXT NOT NULL,   -- one of its names
  package TEXT NOT NULL,
  first_seen INTEGER NOT NULL,   -- milliseconds since 1970
  fix_first_seen INTEGER,
  last_seen INTEGER NOT NULL,    -- by an import
  PRIMARY KEY (repository, vulnerability, package)
) STRICT, WITHOUT ROWID;
)",
                                                                  R"(
CREATE TABLE settings (  -- of the file, whoever writes it
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)"};
inline constexpr FileSignature kArchiveSignature{
    .application_id = 0x48775261, .schema_version = kArchiveMigrations.size(), .scripts = kArchiveMigrations};  // "HwRa"

// What a repository holds of the file, about.
struct ArchiveHolding {
  double report_bytes = 0, clock_bytes = 0;
  std::uint64_t clocks = 0;
};

// Not thread-safe.
class ArchiveFile {
 public:
  // kWrite creates what is missing, readable for this user alone, and migrates. kRead needs a file of this version.
  ArchiveFile(const std::string& path, OpenMode mode);

  bool IsInPlace() const { return place_.IsSame(); }
  const FilePlace& place() const { return place_; }
  void LimitPages(std::uint64_t max_bytes) { store::LimitPages(database_, max_bytes); }

  [[nodiscard]] SQLite::Transaction Begin() { return BeginWriting(database_); }

  // body: the compressed bytes. Returns the report's number. Of one that is there what its first import said stays, but for the
  // repositories and indexes, which become those of both.
  std::int64_t Put(const ReportRow& row, Time now, std::uint64_t bytes, const std::string& body);
  void Put(const FindingClock& clock, Time now);

  // No statement is open while use runs.
  Result<void> ForEach(const std::function<Result<void>(const StoredReport&)>& use);
  std::vector<StoredReport> Find(const std::string& digest);
  Result<std::string> Bytes(std::int64_t number);
  // Of the vulnerability in every package of the repository. A statement is open while use runs.
  void ForEachClockOf(const std::string& repository, const std::string& vulnerability, const std::function<void(const FindingClock&)>& use);
  Result<void> ForEachClock(const std::function<Result<void>(const FindingClock&)>& use);
  ArchiveSummary Summary();
  std::vector<std::string> Check();

  std::optional<std::int64_t> Setting(const std::string& name);
  void Set(const std::string& name, std::int64_t value);

  // The rest is to be called inside a transaction, but for GiveRoomBack. What must stay is not erased: a report by its number, and clocks
  // that were seen at that time or later.
  std::uint64_t EraseReportsBefore(Time time, std::int64_t staying = 0);
  std::uint64_t EraseClocksBefore(Time time);
  // Until no more is in use, if that can be. Those of the repository that holds the most go first: none can push out what is kept of the
  // others. Of it first reports that a newer one has replaced, then the oldest, then the clocks that were seen last the longest ago.
  ErasedFromArchive EraseOldest(std::uint64_t max_bytes, std::int64_t staying = 0, std::optional<Time> staying_since = std::nullopt);
  std::uint64_t BytesInUse() { return store::BytesInUse(database_); }
  void GiveRoomBack();

 private:
  // Reports after that number and up to last, oldest first.
  std::vector<StoredReport> After(std::int64_t number, std::int64_t last);
  // What may go, by repository; of a report of several all their names together are one.
  std::map<std::string, ArchiveHolding> Holdings(std::int64_t staying, Time staying_since);
  std::uint64_t EraseReportsOf(const std::string& repositories, double bytes, std::int64_t staying);
  std::uint64_t EraseClocksOf(const std::string& repository, std::uint64_t count, Time staying_since);

  SQLite::Database database_;
  const FilePlace place_;
  std::optional<SQLite::Statement> put_clock_, clocks_of_;
};

}  // namespace hullwright::store
