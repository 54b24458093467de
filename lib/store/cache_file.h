// One connection to the database file of a ByteCache: schema, statements, bounds. Private to lib/store. Everything here may throw
// SQLite::Exception; byte_cache.cpp catches.
#pragma once

#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <string>

#include "store/byte_cache.h"
#include "store/database_file.h"

namespace hullwright::store {

inline constexpr FileSignature kCacheSignature{.application_id = 0x48774263, .schema_version = 1};  // "HwBc"

// Not thread-safe.
class CacheFile {
 public:
  // Creates what is missing, readable for this user alone.
  CacheFile(const std::string& path, std::uint64_t max_bytes);

  // Whether the path still leads to the file that is open.
  bool IsInPlace() const { return place_.IsSame(); }

  std::optional<Entry> Find(const EntryKey& key);
  void Put(const EntryKey& key, const Entry& entry);
  void Erase(const EntryKey& key);

  [[nodiscard]] SQLite::Transaction Begin() { return BeginWriting(database_); }

  void EraseExpired(Time now, std::chrono::hours max_age);
  // Until no more than max_bytes are in use.
  void EraseOldest(std::uint64_t max_bytes);
  std::uint64_t BytesInUse() { return store::BytesInUse(database_); }

 private:
  void Prepare();
  void Bind(SQLite::Statement& statement, const EntryKey& key);

  SQLite::Database database_;
  const FilePlace place_;
  std::optional<SQLite::Statement> find_, put_, erase_, erase_expired_, erase_oldest_;
};

}  // namespace hullwright::store
