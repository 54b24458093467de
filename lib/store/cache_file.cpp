#include "store/cache_file.h"

#include <fmt/format.h>

namespace hullwright::store {
namespace {

constexpr int kLasting = static_cast<int>(EntryKind::kTrustMetadata);

constexpr const char* kCacheSchema = R"(
CREATE TABLE IF NOT EXISTS entries (
  id INTEGER PRIMARY KEY,  -- grows with the time of storing: a replaced row gets a new one
  kind INTEGER NOT NULL,
  scope TEXT NOT NULL,
  repository TEXT NOT NULL,
  reference TEXT NOT NULL,
  media_type TEXT NOT NULL,
  bytes BLOB NOT NULL,
  stored_at INTEGER NOT NULL,   -- milliseconds since 1970
  expires_at INTEGER NOT NULL,
  UNIQUE (kind, scope, repository, reference)
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_end ON entries (expires_at);
)";

}  // namespace

CacheFile::CacheFile(const std::string& path, std::uint64_t max_bytes)
    : database_(CreatePrivate(path), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, kBusyMilliseconds), place_(path) {
  Prepare();
  LimitPages(database_, max_bytes);
}

void CacheFile::Prepare() {
  // What a power failure may take is asked of the registry again.
  database_.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8388608; PRAGMA trusted_schema = OFF");
  SQLite::Transaction transaction = Begin();
  database_.exec(kCacheSchema);
  database_.exec("PRAGMA application_id = " + std::to_string(kCacheSignature.application_id));
  database_.exec("PRAGMA user_version = " + std::to_string(kCacheSignature.schema_version));
  transaction.commit();
  find_.emplace(
      database_,
      "SELECT media_type, bytes, stored_at, expires_at FROM entries WHERE kind = ? AND scope = ? AND repository = ? AND reference = ?");
  put_.emplace(database_,
               "INSERT OR REPLACE INTO entries (kind, scope, repository, reference, media_type, bytes, stored_at, expires_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  erase_.emplace(database_, "DELETE FROM entries WHERE kind = ? AND scope = ? AND repository = ? AND reference = ?");
  erase_expired_.emplace(database_, fmt::format("DELETE FROM entries WHERE (expires_at <= ? OR stored_at <= ?) AND kind <> {}", kLasting));
  erase_oldest_.emplace(
      database_, fmt::format("DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE kind <> {} ORDER BY id LIMIT ?)", kLasting));
}

void CacheFile::Bind(SQLite::Statement& statement, const EntryKey& key) {
  (void)statement.tryReset();  // repeats the error of the run before, which was told then
  statement.bind(1, static_cast<int>(key.kind));
  statement.bindNoCopy(2, key.scope);
  statement.bindNoCopy(3, key.repository);
  statement.bindNoCopy(4, key.reference);
}

std::optional<Entry> CacheFile::Find(const EntryKey& key) {
  Bind(*find_, key);
  std::optional<Entry> entry;
  if (find_->executeStep()) {
    const auto time = [&](int column) { return TimeOf(find_->getColumn(column).getInt64()); };
    entry = Entry{find_->getColumn(0).getString(), find_->getColumn(1).getString(), time(2), time(3)};
  }
  find_->reset();  // ends the read, so that the log of writes can be folded in
  return entry;
}

void CacheFile::Put(const EntryKey& key, const Entry& entry) {
  Bind(*put_, key);
  put_->bindNoCopy(5, entry.media_type);
  put_->bindNoCopy(6, entry.bytes.data(), static_cast<int>(entry.bytes.size()));
  put_->bind(7, Milliseconds(entry.stored_at));
  put_->bind(8, Milliseconds(entry.expires_at));
  put_->exec();
  put_->reset();
}

void CacheFile::Erase(const EntryKey& key) {
  Bind(*erase_, key);
  erase_->exec();
  erase_->reset();
}

void CacheFile::EraseExpired(Time now, std::chrono::hours max_age) {
  (void)erase_expired_->tryReset();
  erase_expired_->bind(1, Milliseconds(now));
  erase_expired_->bind(2, Milliseconds(now - max_age));
  erase_expired_->exec();
  erase_expired_->reset();
}

void CacheFile::EraseOldest(std::uint64_t max_bytes) {
  while (BytesInUse() > max_bytes) {
    const auto rows = database_.execAndGet(fmt::format("SELECT count(*) FROM entries WHERE kind <> {}", kLasting)).getInt64();
    if (rows == 0) return;
    (void)erase_oldest_->tryReset();
    erase_oldest_->bind(1, rows / 8 + 1);
    erase_oldest_->exec();
    erase_oldest_->reset();
  }
}

}  // namespace hullwright::store
