#include "store/archive_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/compression.h"

namespace hullwright::store {
namespace {

constexpr std::int64_t kArchivePage = 256;      // reports
constexpr std::int64_t kMaxReportsOf = 10'000;  // of one image
constexpr std::int64_t kMaxClocksOf = 500'000;  // of one repository

// Scripts that lead from one version of the schema to the next: the first makes the tables. One that was released is never changed.
constexpr std::array<const char*, 1> kArchiveMigrations = {R"(
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
)"};
static_assert(kArchiveMigrations.size() == kArchiveSignature.schema_version);

constexpr const char* kSelectReports =
    "SELECT id, image, indexes, repositories, platform, scanner, format, scanned_at, imported_at, imported_by, digest, size FROM reports ";
constexpr const char* kSelectClocks = "SELECT repository, vulnerability, package, first_seen, fix_first_seen FROM clocks ";

std::string Lines(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, "\n"));
}

std::vector<std::string> TextsIn(const std::string& lines) {
  std::vector<std::string> texts;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) texts.push_back(line);
  return texts;
}

void BindTime(SQLite::Statement& statement, int index, const std::optional<Time>& time) {
  if (time)
    statement.bind(index, Milliseconds(*time));
  else
    statement.bind(index);
}

std::optional<Time> TimeIn(const SQLite::Statement& found, int column) {
  const SQLite::Column value = found.getColumn(column);
  return value.isNull() ? std::nullopt : std::optional(TimeOf(value.getInt64()));
}

// The columns of kSelectReports.
StoredReport ReportIn(const SQLite::Statement& found) {
  StoredReport report;
  report.number = found.getColumn(0).getInt64();
  report.row.image = found.getColumn(1).getString();
  report.row.indexes = TextsIn(found.getColumn(2).getString());
  report.row.repositories = TextsIn(found.getColumn(3).getString());
  report.row.platform = found.getColumn(4).getString();
  report.row.scanner = found.getColumn(5).getString();
  report.row.format = found.getColumn(6).getString();
  report.row.scanned_at = TimeIn(found, 7);
  report.imported_at = TimeOf(found.getColumn(8).getInt64());
  report.row.imported_by = found.getColumn(9).getString();
  report.row.digest = found.getColumn(10).getString();
  report.bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(found.getColumn(11).getInt64(), 0));
  return report;
}

// The columns of kSelectClocks.
FindingClock ClockIn(const SQLite::Statement& found) {
  FindingClock clock;
  clock.repository = found.getColumn(0).getString();
  clock.vulnerability = found.getColumn(1).getString();
  clock.package = found.getColumn(2).getString();
  clock.first_seen = TimeOf(found.getColumn(3).getInt64());
  clock.fix_first_seen = TimeIn(found, 4);
  return clock;
}

// erase: a statement but for the end of its list of what goes, of which an eighth is taken at a time. count: how many may go.
std::uint64_t EraseByParts(SQLite::Database& database, const std::string& count, const std::string& erase, std::uint64_t max_bytes) {
  std::uint64_t erased = 0;
  while (BytesInUse(database) > max_bytes) {
    const std::int64_t left = database.execAndGet(count).getInt64();
    if (left == 0) break;
    erased += static_cast<std::uint64_t>(database.exec(fmt::format("{} LIMIT {})", erase, left / 8 + 1)));
  }
  return erased;
}

}  // namespace

ArchiveFile::ArchiveFile(const std::string& path, OpenMode mode)
    : database_(mode == OpenMode::kWrite ? CreatePrivate(path) : path, OpenFlags(mode), kBusyMilliseconds), place_(path) {
  PrepareDatabase(database_, mode, kArchiveSignature, kArchiveMigrations);
  if (mode == OpenMode::kRead) return;
  database_.exec("PRAGMA synchronous = FULL");  // what an import says it has kept stays, also when the power fails
  put_clock_.emplace(database_,
                     "INSERT INTO clocks (repository, vulnerability, package, first_seen, fix_first_seen, last_seen) "
                     "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (repository, vulnerability, package) DO UPDATE SET "
                     "first_seen = min(first_seen, excluded.first_seen), fix_first_seen = coalesce(min(fix_first_seen, "
                     "excluded.fix_first_seen), fix_first_seen, excluded.fix_first_seen), last_seen = excluded.last_seen");
}

std::int64_t ArchiveFile::Put(const ReportRow& row, Time now, std::uint64_t bytes, const std::string& body) {
  const std::string indexes = Lines(row.indexes), repositories = Lines(row.repositories);
  SQLite::Statement put(database_,
                        "INSERT OR REPLACE INTO reports (image, indexes, repositories, platform, scanner, format, scanned_at, imported_at, "
                        "imported_by, digest, size, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  int column = 1;
  for (const std::string* text : {&row.image, &indexes, &repositories, &row.platform, &row.scanner, &row.format})
    put.bindNoCopy(column++, *text);
  BindTime(put, column++, row.scanned_at);
  put.bind(column++, Milliseconds(now));
  put.bindNoCopy(column++, row.imported_by);
  put.bindNoCopy(column++, row.digest);
  put.bind(column++, static_cast<std::int64_t>(bytes));
  put.bindNoCopy(column, body.data(), static_cast<int>(body.size()));
  put.exec();
  return database_.getLastInsertRowid();
}

void ArchiveFile::Put(const FindingClock& clock, Time now) {
  (void)put_clock_->tryReset();
  put_clock_->bindNoCopy(1, clock.repository);
  put_clock_->bindNoCopy(2, clock.vulnerability);
  put_clock_->bindNoCopy(3, clock.package);
  put_clock_->bind(4, Milliseconds(clock.first_seen));
  BindTime(*put_clock_, 5, clock.fix_first_seen);
  put_clock_->bind(6, Milliseconds(now));
  put_clock_->exec();
  put_clock_->reset();
}

std::vector<StoredReport> ArchiveFile::After(std::int64_t number, std::int64_t last) {
  SQLite::Statement select(database_, std::string(kSelectReports) + "WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
  select.bind(1, number);
  select.bind(2, last);
  select.bind(3, kArchivePage);
  std::vector<StoredReport> found;
  while (select.executeStep()) found.push_back(ReportIn(select));
  return found;
}

Result<void> ArchiveFile::ForEach(const std::function<Result<void>(const StoredReport&)>& use) {
  const std::int64_t last = database_.execAndGet("SELECT coalesce(max(id), 0) FROM reports").getInt64();
  for (std::int64_t number = 0;;) {
    const std::vector<StoredReport> page = After(number, last);
    if (page.empty()) return {};
    for (const StoredReport& report : page)
      if (auto used = use(report); !used) return used;
    number = page.back().number;
  }
}

std::vector<StoredReport> ArchiveFile::Find(const std::string& digest) {
  // No digest is a part of another one.
  SQLite::Statement select(database_, std::string(kSelectReports) + "WHERE image = ?1 OR instr(indexes, ?1) > 0 ORDER BY id DESC LIMIT ?2");
  select.bindNoCopy(1, digest);
  select.bind(2, kMaxReportsOf);
  std::vector<StoredReport> found;
  while (select.executeStep()) found.push_back(ReportIn(select));
  return found;
}

Result<std::string> ArchiveFile::Bytes(std::int64_t number) {
  SQLite::Statement select(database_, "SELECT size, body FROM reports WHERE id = ?");
  select.bind(1, number);
  if (!select.executeStep()) return Fail(ErrorCode::kNotFound, fmt::format("the archive has no report {}", number));
  const std::int64_t size = select.getColumn(0).getInt64();
  const std::string body = select.getColumn(1).getString();
  if (size < 0 || size > kMaxValueBytes)
    return Fail(ErrorCode::kInvalidInput, fmt::format("a report of {} bytes, more than the {} that one may have", size, kMaxValueBytes));
  auto bytes = Decompress(body, static_cast<std::size_t>(size));
  if (!bytes || bytes->size() != static_cast<std::size_t>(size))
    return Fail(ErrorCode::kInvalidInput, fmt::format("report {} of the archive is damaged", number));
  return bytes;
}

void ArchiveFile::ForEachClockOf(const std::string& repository, const std::function<void(const FindingClock&)>& use) {
  SQLite::Statement select(database_, std::string(kSelectClocks) + "WHERE repository = ?1 ORDER BY last_seen DESC LIMIT ?2");
  select.bindNoCopy(1, repository);
  select.bind(2, kMaxClocksOf);
  while (select.executeStep()) use(ClockIn(select));
}

Result<void> ArchiveFile::ForEachClock(const std::function<Result<void>(const FindingClock&)>& use) {
  SQLite::Statement select(database_, std::string(kSelectClocks) + "ORDER BY repository, vulnerability, package");
  while (select.executeStep())
    if (auto used = use(ClockIn(select)); !used) return used;
  return {};
}

ArchiveSummary ArchiveFile::Summary() {
  ArchiveSummary summary;
  SQLite::Statement select(database_, "SELECT count(*), min(imported_at), max(imported_at) FROM reports");
  if (select.executeStep() && select.getColumn(0).getInt64() > 0) {
    summary.reports = static_cast<std::uint64_t>(select.getColumn(0).getInt64());
    summary.oldest = TimeIn(select, 1);
    summary.newest = TimeIn(select, 2);
  }
  summary.clocks = static_cast<std::uint64_t>(database_.execAndGet("SELECT count(*) FROM clocks").getInt64());
  summary.file_bytes = BytesInUse();
  return summary;
}

std::vector<std::string> ArchiveFile::Check() {
  SQLite::Statement integrity(database_, "PRAGMA integrity_check(20)");
  std::size_t faults = 0;
  while (integrity.executeStep())
    if (integrity.getColumn(0).getString() != "ok") ++faults;
  if (faults == 0) return {};
  return {fmt::format("parts of the file are damaged or missing, at least {}: `PRAGMA integrity_check` of sqlite3 names them", faults)};
}

std::uint64_t ArchiveFile::EraseReportsBefore(Time time, std::int64_t staying) {
  return static_cast<std::uint64_t>(
      database_.exec(fmt::format("DELETE FROM reports WHERE imported_at < {} AND id <> {}", Milliseconds(time), staying)));
}

void ArchiveFile::EraseClocksBefore(Time time) {
  database_.exec(fmt::format("DELETE FROM clocks WHERE last_seen < {}", Milliseconds(time)));
}

ErasedFromArchive ArchiveFile::EraseOldest(std::uint64_t max_bytes, std::int64_t staying, std::optional<Time> staying_since) {
  ErasedFromArchive erased;
  const std::string reports = fmt::format("FROM reports AS old WHERE id <> {}", staying);
  erased.reports = EraseByParts(database_, "SELECT count(*) " + reports,
                                "DELETE FROM reports WHERE id IN (SELECT id " + reports +
                                    " ORDER BY NOT EXISTS (SELECT 1 FROM reports AS newer WHERE newer.image = old.image AND "
                                    "newer.scanner = old.scanner AND newer.id > old.id), id",
                                max_bytes);
  // Clocks last: without its clock a finding begins its grace period anew.
  const std::string clocks = fmt::format("FROM clocks WHERE last_seen < {}", Milliseconds(staying_since.value_or(Time::max())));
  erased.clocks = EraseByParts(database_, "SELECT count(*) " + clocks,
                               "DELETE FROM clocks WHERE (repository, vulnerability, package) IN (SELECT repository, vulnerability, "
                               "package " +
                                   clocks + " ORDER BY last_seen",
                               max_bytes);
  return erased;
}

void ArchiveFile::GiveRoomBack() {
  database_.exec("VACUUM");
  database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace hullwright::store
