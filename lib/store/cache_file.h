// One connection to the database file of a ByteCache: schema, statements, bounds. Private to lib/store. Everything here may throw
// SQLite::Exception; byte_cache.cpp catches.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>

#include "store/byte_cache.h"

namespace hullwright::store {

// Tells our files from those of others ("HwBc"), so that none of theirs is ever taken for a damaged one of ours.
inline constexpr std::int32_t kApplicationId = 0x48774263;
inline constexpr std::int32_t kSchemaVersion = 1;

enum class FileState { kAbsentOrEmpty, kOurs, kOtherVersion, kForeign, kDamaged };
// Looks without changing anything.
FileState LookAt(const std::string& path);

// The file with its -wal and -shm: renamed to *.damaged (an older one of that name is replaced), or removed.
void MoveAside(const std::string& path);
void RemoveFile(const std::string& path);

// Not thread-safe.
class CacheFile {
 public:
  // Creates what is missing, readable for this user alone.
  CacheFile(const std::string& path, std::uint64_t max_bytes);

  // Whether the path still leads to the file that is open.
  bool IsInPlace() const;

  std::optional<Entry> Find(const EntryKey& key);
  void Put(const EntryKey& key, const Entry& entry);
  void Erase(const EntryKey& key);

  void Begin();
  void Commit();
  void Rollback() noexcept;

  void EraseExpired(Time now, std::chrono::hours max_age);
  // Until no more than max_bytes are in use.
  void EraseOldest(std::uint64_t max_bytes);
  std::uint64_t BytesInUse();

 private:
  void Prepare();
  void Bind(SQLite::Statement& statement, const EntryKey& key);

  const std::string path_;
  SQLite::Database database_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::optional<SQLite::Statement> find_, put_, erase_, erase_expired_, erase_oldest_;
};

}  // namespace hullwright::store
