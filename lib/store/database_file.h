// What all database files of lib/store have in common: how one is told from the files of others, created and put aside. Private to
// lib/store. Functions that take a SQLite::Database may throw SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::store {

inline constexpr int kBusyMilliseconds = 1000;   // another process, such as a hullctl on the same file
inline constexpr int kMaxValueBytes = 64 << 20;  // of one text or document, whoever wrote the file

// What the head of a file says it is (application_id and user_version): none of somebody else's is ever taken for a damaged one of ours,
// nor a file of text.
struct FileSignature {
  std::int32_t application_id = 0;
  std::int32_t schema_version = 0;
  // Which lead from one version to the next: the first makes the tables. A file whose tables are others is none of ours. Empty: not
  // compared.
  std::span<const char* const> scripts = {};
};

// How a kind of file is spoken of.
struct FileKind {
  FileSignature signature;
  std::string_view name;    // "report archive"
  std::string_view writer;  // the command that begins one, or brings an older one to this version
  std::string_view remedy;  // where one is damaged
};

enum class FileState {
  kAbsentOrEmpty,
  kOurs,
  kOlderVersion,
  kNewerVersion,
  kAltered,  // marked as ours, but with other tables, views, triggers or columns than this program makes
  kForeign,
  kDamaged,  // begins as a database of ours does, or with nothing but zeros
};
// Looks without changing anything.
FileState LookAt(const std::string& path, const FileSignature& signature);
// The same before a file is begun or written on. Errors: that could never work, or would destroy what is somebody else's.
Result<FileState> CheckPlace(const std::string& path, const FileSignature& signature);

// The application_id that the file says, also one that is damaged; nullopt: it cannot be read, or is no database.
std::optional<std::int32_t> ApplicationIdOf(const std::string& path);

// Before reading. Errors: as RequireReadable, kNotFound also: nothing stands in it. kUnsupported: it is of something else, or of another
// version. kInvalidInput: damaged or altered.
Result<void> RequireFile(const std::string& path, const FileKind& kind);

// That there is a file at all which we may read. Errors: kNotFound, kDenied, kInvalidInput: a folder or device, kUnavailable.
Result<void> RequireReadable(const std::string& path, const FileKind& kind);

bool MeansDamage(const SQLite::Exception& error);
// What reading says of an exception of SQLite, whose own words of damage tell nobody what to do: kInvalidInput, or kUnavailable.
std::unexpected<Error> Unreadable(const SQLite::Exception& error, const FileKind& kind);

// The name as SQLite takes no URI and no database in memory from it: "./file:x.db", "./:memory:".
std::string LiteralPath(const std::string& path);

// SQLite makes files readable for all whom the umask lets; this one is there before it, for this user alone. Returns LiteralPath.
std::string CreatePrivate(const std::string& path);

// Which file a path led to when this was made.
class FilePlace {
 public:
  explicit FilePlace(std::string path);
  // Whether it still does.
  bool IsSame() const;
  bool IsOf(std::uint64_t device, std::uint64_t inode) const { return device == device_ && inode == inode_; }

 private:
  std::string path_;
  std::uint64_t device_ = 0, inode_ = 0;
};

// The damaged file with its -wal and -shm gets the first name that is free of *.damaged, *.damaged.2, …: nothing is ever replaced. Only
// the file that was found damaged is moved: when somebody else did so meanwhile, "" is returned, else its new name. No connection of this
// process may be open on it. kUnavailable: it cannot be moved.
Result<std::string> MoveAside(const std::string& path, const FilePlace& damaged);
void RemoveFile(const std::string& path);

// The rest of opening a file that is more than a cache, by one connection.
enum class OpenMode { kRead, kWrite };
int OpenFlags(OpenMode mode);
// What SQLite is given to open. For kWrite the file is there then (CreatePrivate). For kRead a file in a folder that may not be written,
// and that nobody is writing, is taken as it is.
std::string PlaceToOpen(const std::string& path, OpenMode mode);
// Limits on what is read, and no views and triggers. For kWrite also a log of writes, the mark, and the scripts that lead to this version
// of the schema: a power failure may take what was written last, and what the file holds stays whole.
void PrepareDatabase(SQLite::Database& database, OpenMode mode, const FileSignature& signature);

// Brings a database to the version that the scripts lead to, each in a transaction of its own: a crash leaves one version or the next.
void Migrate(SQLite::Database& database, std::span<const char* const> scripts);

// How times stand in our tables: milliseconds since 1970.
inline std::int64_t Milliseconds(Time time) {
  return time.time_since_epoch().count();
}
inline Time TimeOf(std::int64_t milliseconds) {
  return Time(std::chrono::milliseconds(milliseconds));
}

// Undone unless it is committed. It locks out other writers at once, so that what is read in it stays true until then.
[[nodiscard]] inline SQLite::Transaction BeginWriting(SQLite::Database& database) {
  return SQLite::Transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
}

std::int64_t Pragma(SQLite::Database& database, const std::string& name);
std::uint64_t BytesInUse(SQLite::Database& database);
// A bound of SQLite's own behind the caller's, in case that one is slow: twice as much.
void LimitPages(SQLite::Database& database, std::uint64_t max_bytes);

}  // namespace hullwright::store
