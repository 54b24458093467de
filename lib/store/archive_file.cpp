#include "store/archive_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "base/compression.h"
#include "store/fair_share.h"

namespace hullwright::store {
namespace {

constexpr std::int64_t kArchivePage = 256;                     // reports
constexpr std::int64_t kMaxReportsOf = 10'000;                 // of one image
constexpr double kReportRowBytes = 1024, kClockRowBytes = 48;  // about, beside the texts

// Years 1970 to 9999, in milliseconds: what our own imports write. Other times can be shown in no ImageScan.
constexpr std::int64_t kLastMillisecond = 253'402'300'799'999;
constexpr const char* kSaneClock =
    "first_seen BETWEEN 0 AND 253402300799999 AND (fix_first_seen IS NULL OR fix_first_seen BETWEEN 0 AND 253402300799999)";

// Of several the newest report of an image is that which was made last, where that is known.
constexpr const char* kMadeAt = "coalesce(scanned_at, imported_at)";

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

// The texts of both.
std::string Merged(const std::string& lines, const std::vector<std::string>& more) {
  const std::vector<std::string> known = TextsIn(lines);
  std::set<std::string> all(known.begin(), known.end());
  all.insert(more.begin(), more.end());
  return Lines({all.begin(), all.end()});
}

// What times make no sense, in sentences.
std::vector<std::string> CheckTimes(SQLite::Database& database) {
  const auto count = [&](const std::string& condition) {
    return database.execAndGet(fmt::format("SELECT count(*) FROM {}", condition)).getInt64();
  };
  std::vector<std::string> wrong;
  if (const auto clocks = count(fmt::format("clocks WHERE NOT ({})", kSaneClock)); clocks > 0)
    wrong.push_back(fmt::format("{} clocks have a time outside the years 1970 to 9999 and are not read", clocks));
  const std::string outside = fmt::format("NOT BETWEEN 0 AND {}", kLastMillisecond);
  if (const auto reports = count(fmt::format("reports WHERE imported_at {0} OR scanned_at {0}", outside)); reports > 0)
    wrong.push_back(fmt::format("{} reports have a time outside the years 1970 to 9999", reports));
  return wrong;
}

}  // namespace

ArchiveFile::ArchiveFile(const std::string& path, OpenMode mode)
    : database_(PlaceToOpen(path, mode), OpenFlags(mode), kBusyMilliseconds), place_(path) {
  PrepareDatabase(database_, mode, kArchiveSignature);
  if (mode == OpenMode::kRead) return;
  database_.exec("PRAGMA synchronous = FULL");  // what an import says it has kept stays, also when the power fails
  put_clock_.emplace(database_,
                     "INSERT INTO clocks (repository, vulnerability, package, first_seen, fix_first_seen, last_seen) "
                     "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (repository, vulnerability, package) DO UPDATE SET "
                     "first_seen = min(first_seen, excluded.first_seen), fix_first_seen = coalesce(min(fix_first_seen, "
                     "excluded.fix_first_seen), fix_first_seen, excluded.fix_first_seen), last_seen = excluded.last_seen");
  clocks_of_.emplace(database_, fmt::format("{}WHERE repository = ?1 AND vulnerability = ?2 AND {}", kSelectClocks, kSaneClock));
}

std::int64_t ArchiveFile::Put(const ReportRow& row, Time now, std::uint64_t bytes, const std::string& body) {
  SQLite::Statement known(database_, "SELECT id, indexes, repositories FROM reports WHERE image = ? AND scanner = ? AND digest = ?");
  known.bindNoCopy(1, row.image);
  known.bindNoCopy(2, row.scanner);
  known.bindNoCopy(3, row.digest);
  if (known.executeStep()) {
    const std::int64_t number = known.getColumn(0).getInt64();
    SQLite::Statement merge(database_, "UPDATE reports SET indexes = ?, repositories = ? WHERE id = ?");
    merge.bind(1, Merged(known.getColumn(1).getString(), row.indexes));
    merge.bind(2, Merged(known.getColumn(2).getString(), row.repositories));
    merge.bind(3, number);
    known.reset();
    merge.exec();
    return number;
  }
  const std::string indexes = Lines(row.indexes), repositories = Lines(row.repositories);
  SQLite::Statement put(database_,
                        "INSERT INTO reports (image, indexes, repositories, platform, scanner, format, scanned_at, imported_at, "
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
  SQLite::Statement select(database_, std::string(kSelectReports) + "WHERE image = ?1 OR instr(indexes, ?1) > 0 ORDER BY " + kMadeAt +
                                          " DESC, id DESC LIMIT ?2");
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

void ArchiveFile::ForEachClockOf(const std::string& repository, const std::string& vulnerability,
                                 const std::function<void(const FindingClock&)>& use) {
  (void)clocks_of_->tryReset();
  clocks_of_->bindNoCopy(1, repository);
  clocks_of_->bindNoCopy(2, vulnerability);
  while (clocks_of_->executeStep()) use(ClockIn(*clocks_of_));
  clocks_of_->reset();
}

std::optional<std::int64_t> ArchiveFile::Setting(const std::string& name) {
  SQLite::Statement select(database_, "SELECT value FROM settings WHERE name = ?");
  select.bindNoCopy(1, name);
  return select.executeStep() ? std::optional(select.getColumn(0).getInt64()) : std::nullopt;
}

void ArchiveFile::Set(const std::string& name, std::int64_t value) {
  SQLite::Statement put(database_, "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)");
  put.bindNoCopy(1, name);
  put.bind(2, value);
  put.exec();
}

Result<void> ArchiveFile::ForEachClock(const std::function<Result<void>(const FindingClock&)>& use) {
  SQLite::Statement select(database_,
                           fmt::format("{}WHERE {} ", kSelectClocks, kSaneClock) + "ORDER BY repository, vulnerability, package");
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
  if (faults == 0) return CheckTimes(database_);
  return {fmt::format("parts of the file are damaged or missing, at least {}: `PRAGMA integrity_check` of sqlite3 names them", faults)};
}

std::uint64_t ArchiveFile::EraseReportsBefore(Time time, std::int64_t staying) {
  return static_cast<std::uint64_t>(
      database_.exec(fmt::format("DELETE FROM reports WHERE imported_at < {} AND id <> {}", Milliseconds(time), staying)));
}

std::uint64_t ArchiveFile::EraseClocksBefore(Time time) {
  return static_cast<std::uint64_t>(database_.exec(fmt::format("DELETE FROM clocks WHERE last_seen < {}", Milliseconds(time))));
}

std::map<std::string, ArchiveHolding> ArchiveFile::Holdings(std::int64_t staying, Time staying_since) {
  std::map<std::string, ArchiveHolding> holdings;
  SQLite::Statement reports(database_, "SELECT repositories, sum(length(body)), count(*) FROM reports WHERE id <> ? GROUP BY repositories");
  reports.bind(1, staying);
  while (reports.executeStep()) {
    holdings[reports.getColumn(0).getString()].report_bytes =
        static_cast<double>(reports.getColumn(1).getInt64()) + kReportRowBytes * static_cast<double>(reports.getColumn(2).getInt64());
  }
  SQLite::Statement clocks(database_,
                           "SELECT repository, sum(length(repository) + length(vulnerability) + length(package)), count(*) FROM clocks "
                           "WHERE last_seen < ? GROUP BY repository");
  clocks.bind(1, Milliseconds(staying_since));
  while (clocks.executeStep()) {
    ArchiveHolding& holding = holdings[clocks.getColumn(0).getString()];
    holding.clocks = static_cast<std::uint64_t>(clocks.getColumn(2).getInt64());
    holding.clock_bytes =
        static_cast<double>(clocks.getColumn(1).getInt64()) + kClockRowBytes * static_cast<double>(clocks.getColumn(2).getInt64());
  }
  return holdings;
}

std::uint64_t ArchiveFile::EraseReportsOf(const std::string& repositories, double bytes, std::int64_t staying) {
  SQLite::Statement select(
      database_,
      "SELECT id, length(body) FROM reports AS old WHERE repositories = ?1 AND id <> ?2 ORDER BY NOT EXISTS (SELECT 1 FROM "
      "reports AS newer WHERE newer.image = old.image AND newer.scanner = old.scanner AND (coalesce(newer.scanned_at, "
      "newer.imported_at), newer.id) > (coalesce(old.scanned_at, old.imported_at), old.id)), coalesce(scanned_at, imported_at), id");
  select.bindNoCopy(1, repositories);
  select.bind(2, staying);
  std::vector<std::int64_t> going;
  while (bytes > 0 && select.executeStep()) {
    going.push_back(select.getColumn(0).getInt64());
    bytes -= static_cast<double>(select.getColumn(1).getInt64()) + kReportRowBytes;
  }
  select.reset();
  SQLite::Statement erase(database_, "DELETE FROM reports WHERE id = ?");
  for (const std::int64_t number : going) {
    erase.reset();
    erase.bind(1, number);
    erase.exec();
  }
  return going.size();
}

std::uint64_t ArchiveFile::EraseClocksOf(const std::string& repository, std::uint64_t count, Time staying_since) {
  SQLite::Statement erase(database_,
                          "DELETE FROM clocks WHERE repository = ?1 AND (vulnerability, package) IN (SELECT vulnerability, package FROM "
                          "clocks WHERE repository = ?1 AND last_seen < ?2 ORDER BY last_seen LIMIT ?3)");
  erase.bindNoCopy(1, repository);
  erase.bind(2, Milliseconds(staying_since));
  erase.bind(3, static_cast<std::int64_t>(count));
  return static_cast<std::uint64_t>(erase.exec());
}

ErasedFromArchive ArchiveFile::EraseOldest(std::uint64_t max_bytes, std::int64_t staying, std::optional<Time> staying_since) {
  const Time since = staying_since.value_or(Time::max());
  ErasedFromArchive erased;
  for (std::uint64_t bytes = BytesInUse(); bytes > max_bytes; bytes = BytesInUse()) {
    const auto holdings = Holdings(staying, since);
    std::vector<double> held;
    held.reserve(holdings.size());
    for (const auto& [repository, holding] : holdings) held.push_back(holding.report_bytes + holding.clock_bytes);
    const double level = LevelFor(std::move(held), static_cast<double>(bytes - max_bytes));
    const std::uint64_t before = erased.reports + erased.clocks;
    for (const auto& [repository, holding] : holdings) {
      const double excess = holding.report_bytes + holding.clock_bytes - level;
      if (excess <= 0) continue;
      erased.reports += EraseReportsOf(repository, std::min(excess, holding.report_bytes), staying);
      // Its clocks last: without its clock a finding begins its grace period anew.
      const double clocks = excess - holding.report_bytes;
      if (clocks <= 0 || holding.clocks == 0) continue;
      const double each = holding.clock_bytes / static_cast<double>(holding.clocks);
      erased.clocks += EraseClocksOf(repository, static_cast<std::uint64_t>(std::ceil(clocks / each)), since);
    }
    if (erased.reports + erased.clocks == before) break;
  }
  return erased;
}

void ArchiveFile::GiveRoomBack() {
  database_.exec("VACUUM");
  database_.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace hullwright::store
