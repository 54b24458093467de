// One connection to the database file of a report archive: schema, statements, bounds. Private to lib/store. Everything here may throw
// SQLite::Exception; report_archive.cpp catches.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/database_file.h"
#include "store/report_archive.h"

namespace hullwright::store {

inline constexpr FileSignature kArchiveSignature{.application_id = 0x48775261, .schema_version = 1};  // "HwRa"

// Not thread-safe.
class ArchiveFile {
 public:
  // kWrite creates what is missing, readable for this user alone, and migrates. kRead needs a file of this version.
  ArchiveFile(const std::string& path, OpenMode mode);

  bool IsInPlace() const { return place_.IsSame(); }
  void LimitPages(std::uint64_t max_bytes) { store::LimitPages(database_, max_bytes); }

  [[nodiscard]] SQLite::Transaction Begin() { return BeginWriting(database_); }

  // body: the compressed bytes. Returns the report's number.
  std::int64_t Put(const ReportRow& row, Time now, std::uint64_t bytes, const std::string& body);
  void Put(const FindingClock& clock, Time now);

  // No statement is open while use runs.
  Result<void> ForEach(const std::function<Result<void>(const StoredReport&)>& use);
  std::vector<StoredReport> Find(const std::string& digest);
  Result<std::string> Bytes(std::int64_t number);
  // A statement is open while use runs.
  void ForEachClockOf(const std::string& repository, const std::function<void(const FindingClock&)>& use);
  Result<void> ForEachClock(const std::function<Result<void>(const FindingClock&)>& use);
  ArchiveSummary Summary();
  std::vector<std::string> Check();

  // The rest is to be called inside a transaction, but for GiveRoomBack. What must stay is not erased: a report by its number, and clocks
  // that were seen at that time or later.
  std::uint64_t EraseReportsBefore(Time time, std::int64_t staying = 0);
  void EraseClocksBefore(Time time);
  // Until no more is in use, if that can be.
  ErasedFromArchive EraseOldest(std::uint64_t max_bytes, std::int64_t staying = 0, std::optional<Time> staying_since = std::nullopt);
  std::uint64_t BytesInUse() { return store::BytesInUse(database_); }
  void GiveRoomBack();

 private:
  // Reports after that number and up to last, oldest first.
  std::vector<StoredReport> After(std::int64_t number, std::int64_t last);

  SQLite::Database database_;
  const FilePlace place_;
  std::optional<SQLite::Statement> put_clock_;
};

}  // namespace hullwright::store
