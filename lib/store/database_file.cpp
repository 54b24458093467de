#include "store/database_file.h"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace hullwright::store {
namespace {

constexpr std::array kSuffixes = {"", "-wal", "-shm"};
constexpr int kPatienceMilliseconds = 10'000;  // of who writes, with a hullctl that prunes or imports
constexpr std::size_t kMaxSchemaRows = 64;     // our schemas have less than ten

using SchemaRow = std::tuple<std::string, std::string, std::string, std::string>;  // type, name, tbl_name, sql

// SQLite's file format, 1.3: the four bytes at 68 are the application_id, the highest first.
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeadBytes = 512;  // the smallest page

std::string HeadOf(const std::string& path) {
  std::string head(kHeadBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), kHeadBytes);
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

std::optional<std::int32_t> ApplicationIdInHead(const std::string& path) {
  const std::string head = HeadOf(path);
  if (head.size() < 72 || !head.starts_with(kMagic)) return std::nullopt;
  std::uint32_t id = 0;
  for (std::size_t at = 68; at < 72; ++at) id = id << 8 | static_cast<unsigned char>(head[at]);
  return static_cast<std::int32_t>(id);
}

// Of a file that SQLite calls damaged: whether it was one of ours. Its first page may have been lost to zeros. Whatever else is no database
// is somebody's, and stays.
bool WasOurs(const std::string& path, const FileSignature& signature) {
  if (ApplicationIdInHead(path) == signature.application_id) return true;
  const std::string head = HeadOf(path);
  return head.size() == kHeadBytes && std::ranges::all_of(head, [](char c) { return c == '\0'; });
}

// Nothing that stands in a file makes SQLite run what is not in our statements.
void Harden(SQLite::Database& database) {
  ::sqlite3_limit(database.getHandle(), SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  for (const int option : {SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_ENABLE_TRIGGER})
    ::sqlite3_db_config(database.getHandle(), option, 0, nullptr);
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
}

// nullopt: more than any of ours has. What ANALYZE of sqlite3 adds changes nothing.
std::optional<std::vector<SchemaRow>> SchemaOf(SQLite::Database& database) {
  std::vector<SchemaRow> rows;
  SQLite::Statement select(database, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name LIMIT ?");
  select.bind(1, static_cast<std::int64_t>(kMaxSchemaRows + 1));
  while (select.executeStep()) {
    std::string sql = select.getColumn(3).getString();
    if (sql == "CREATE TABLE sqlite_stat1(tbl,idx,stat)" || sql == "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)") continue;
    rows.emplace_back(select.getColumn(0).getString(), select.getColumn(1).getString(), select.getColumn(2).getString(), std::move(sql));
  }
  return rows.size() > kMaxSchemaRows ? std::nullopt : std::optional(std::move(rows));
}

// Whether the tables are those that the scripts up to that version make, to the letter: a column that is computed, a view in a table's
// place or a trigger could answer our statements with anything, or never.
bool HasSchemaOf(SQLite::Database& database, std::span<const char* const> scripts, std::size_t version) {
  if (scripts.empty() || version > scripts.size()) return true;
  SQLite::Database model(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const char* script : scripts.first(version)) model.exec(script);
  return SchemaOf(database) == SchemaOf(model);
}

FileState StateOf(SQLite::Database& database, const FileSignature& signature) {
  const std::int64_t application = Pragma(database, "application_id");
  // Whoever began it was stopped before anything stood in it.
  const bool is_empty = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt64() == 0;
  if (is_empty && (application == 0 || (application == signature.application_id && Pragma(database, "user_version") == 0)))
    return FileState::kAbsentOrEmpty;
  if (application != signature.application_id) return FileState::kForeign;
  const std::int64_t version = Pragma(database, "user_version");
  if (version > signature.schema_version) return FileState::kNewerVersion;
  if (version < 0 || !HasSchemaOf(database, signature.scripts, static_cast<std::size_t>(version))) return FileState::kAltered;
  return version == signature.schema_version ? FileState::kOurs : FileState::kOlderVersion;
}

// Of a file in the log mode SQLite makes -wal and -shm beside it even to read. Where it may not and there are none, nobody is writing, and
// the file can be taken as it is.
bool LiesStill(const std::string& path) {
  const auto folder = std::filesystem::path(LiteralPath(path)).parent_path();
  struct stat status{};
  const bool has_log = ::stat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0;
  return ::access(folder.c_str(), W_OK) != 0 && !has_log && ::stat((path + "-shm").c_str(), &status) != 0;
}

// https://www.sqlite.org/uri.html
std::string ImmutableUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : LiteralPath(path)) {
    if (c == '%' || c == '?' || c == '#')
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return uri + "?immutable=1";
}

SQLite::Database OpenToLook(const std::string& path) {
  return {PlaceToOpen(path, OpenMode::kRead), OpenFlags(OpenMode::kRead), kBusyMilliseconds};
}

// Held until closed; whoever moves a file away holds it meanwhile. -1: it cannot be had.
int LockFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return -1;
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::close(file);
  return -1;
}

bool RenameWithoutReplacing(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot do it in one step.
  struct stat status{};
  if (::lstat(to.c_str(), &status) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

bool IsTaken(const std::string& name) {
  struct stat status{};
  return std::ranges::any_of(kSuffixes, [&](const char* suffix) { return ::lstat((name + suffix).c_str(), &status) == 0; });
}

Result<std::string> MoveToFreeName(const std::string& path) {
  constexpr int kMostNames = 1000;
  for (int n = 1; n <= kMostNames; ++n) {
    const std::string name = n == 1 ? path + ".damaged" : fmt::format("{}.damaged.{}", path, n);
    if (IsTaken(name)) continue;
    if (!RenameWithoutReplacing(path, name)) {
      if (errno == EEXIST) continue;
      return Fail(ErrorCode::kUnavailable, fmt::format("{}: is damaged and cannot be renamed ({}): move it away and try again", path,
                                                       std::generic_category().message(errno)));
    }
    for (const char* suffix : {"-wal", "-shm"}) (void)RenameWithoutReplacing(path + suffix, name + suffix);
    return name;
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("{}: is damaged, and {} files {}.damaged… are there already: move them away", path, kMostNames, path));
}

std::string_view WhatItIs(const std::string& path) {
  switch (ApplicationIdInHead(path).value_or(0)) {
    case 0x48774468:
      return "a decision history (hullwright-webhook --history)";
    case 0x48775261:
      return "a report archive (hullctl scan import --archive)";
    case 0x48774263:
      return "a cache of what registries sent (hullwright-webhook --cache)";
    default:
      return "a file of something else";
  }
}

}  // namespace

std::string LiteralPath(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

FileState LookAt(const std::string& path, const FileSignature& signature) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code || size == 0) return FileState::kAbsentOrEmpty;
  try {
    SQLite::Database database = OpenToLook(path);
    Harden(database);
    return StateOf(database, signature);
  } catch (const SQLite::Exception& error) {
    // A file that is ours and cannot be read now (permissions, memory) says so again when it is opened for use.
    if (!MeansDamage(error)) return FileState::kOurs;
    if (std::filesystem::file_size(path, code) == 0 || code) return FileState::kAbsentOrEmpty;  // begun anew by somebody meanwhile
    return WasOurs(path, signature) ? FileState::kDamaged : FileState::kForeign;
  }
}

Result<FileState> CheckPlace(const std::string& path, const FileSignature& signature) {
  if (path.empty()) return Fail(ErrorCode::kInvalidInput, "the name of a file is wanted, and it is empty");
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is a folder: the name of a file is wanted", path));
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, code))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: its folder does not exist", path));
  const FileState state = LookAt(path, signature);
  if (state == FileState::kForeign)
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is a file of something else: name one of its own", path));
  if (state == FileState::kAltered) {
    return Fail(
        ErrorCode::kInvalidInput,
        fmt::format("{}: has tables, views or triggers that this program did not make: name another file, or put a copy from before "
                    "in its place",
                    path));
  }
  return state;
}

std::optional<std::int32_t> ApplicationIdOf(const std::string& path) {
  try {
    SQLite::Database database = OpenToLook(path);
    return static_cast<std::int32_t>(Pragma(database, "application_id"));
  } catch (const SQLite::Exception&) {
    return ApplicationIdInHead(path);
  }
}

Result<void> RequireFile(const std::string& path, const FileKind& kind) {
  if (auto readable = RequireReadable(path, kind); !readable) return readable;
  switch (LookAt(path, kind.signature)) {
    case FileState::kOurs:
      return {};
    case FileState::kAbsentOrEmpty:
      return Fail(ErrorCode::kNotFound, fmt::format("{}: is empty, and no {} yet: {} writes one", path, kind.name, kind.writer));
    case FileState::kOlderVersion:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: was written by an older version: {} brings it to this one", path, kind.writer));
    case FileState::kNewerVersion:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: was written by a newer version of this program", path));
    case FileState::kForeign:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: is no {}, but {}", path, kind.name, WhatItIs(path)));
    case FileState::kAltered:
      return Fail(ErrorCode::kInvalidInput,
                  fmt::format("{}: is marked as a {}, but has tables, views or triggers that this program did not "
                              "make, so nothing in it can be believed; {}",
                              path, kind.name, kind.remedy));
    case FileState::kDamaged:
      break;
  }
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is damaged, or is no {}; if it is one: {}", path, kind.name, kind.remedy));
}

// Without opening it: closing any descriptor of a file drops the locks that SQLite holds on it in this process
// (https://www.sqlite.org/howtocorrupt.html, 2.2), and a writer may be open here.
Result<void> RequireReadable(const std::string& path, const FileKind& kind) {
  struct stat status{};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  if (is_there && !S_ISREG(status.st_mode))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is a folder or a device: name the file of a {}", path, kind.name));
  if (is_there && ::access(path.c_str(), R_OK) == 0) return {};
  if (errno == ENOENT || errno == ENOTDIR)
    return Fail(ErrorCode::kNotFound, fmt::format("{}: there is no such file, and so no {}: {} writes one", path, kind.name, kind.writer));
  if (errno == EACCES || errno == EPERM)
    return Fail(ErrorCode::kDenied, fmt::format("{}: permission denied: have it made readable for you", path));
  return Fail(ErrorCode::kUnavailable, fmt::format("{}: {}", path, std::generic_category().message(errno)));
}

std::unexpected<Error> Unreadable(const SQLite::Exception& error, const FileKind& kind) {
  if (MeansDamage(error)) return Fail(ErrorCode::kInvalidInput, fmt::format("the {} is damaged: {}", kind.name, kind.remedy));
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("the {} cannot be read or written: the disk is full or has an error ({})", kind.name, error.what()));
    case SQLITE_BUSY:
      return Fail(ErrorCode::kUnavailable, fmt::format("somebody else keeps writing the {}: try again", kind.name));
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Fail(
          ErrorCode::kDenied,
          fmt::format("the {} lies where you may not write, and SQLite wants to beside it: copy it, with the file FILE-wal if there "
                      "is one, into a folder of your own",
                      kind.name));
    default:
      return Fail(ErrorCode::kUnavailable, fmt::format("the {} cannot be read now: SQLite says: {}", kind.name, error.what()));
  }
}

bool MeansDamage(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
}

std::string CreatePrivate(const std::string& path) {
  // One that is there is not opened: closing it would drop the locks of this process's other connections to it.
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return LiteralPath(path);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return LiteralPath(path);
}

std::string PlaceToOpen(const std::string& path, OpenMode mode) {
  if (mode == OpenMode::kWrite) return CreatePrivate(path);
  return LiesStill(path) ? ImmutableUri(path) : LiteralPath(path);
}

Result<std::string> MoveAside(const std::string& path, const FilePlace& damaged) {
  const int file = LockFile(path);
  if (file < 0) {
    if (errno == ENOENT) return std::string();
    return Fail(ErrorCode::kUnavailable, fmt::format("{}: is damaged, and cannot be locked to be moved away: try again", path));
  }
  struct stat status{};
  const bool is_it = ::fstat(file, &status) == 0 && damaged.IsOf(status.st_dev, status.st_ino) && damaged.IsSame();
  Result<std::string> moved = is_it ? MoveToFreeName(path) : std::string();
  ::close(file);
  return moved;
}

void RemoveFile(const std::string& path) {
  for (const char* suffix : kSuffixes) ::unlink((path + suffix).c_str());
}

int OpenFlags(OpenMode mode) {
  if (mode == OpenMode::kRead) return SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX | SQLite::OPEN_URI;
  return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX;
}

void PrepareDatabase(SQLite::Database& database, OpenMode mode, const FileSignature& signature) {
  Harden(database);
  database.exec("PRAGMA foreign_keys = ON");
  if (mode == OpenMode::kRead) return;
  database.setBusyTimeout(kPatienceMilliseconds);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8388608");
  database.exec("PRAGMA application_id = " + std::to_string(signature.application_id));
  Migrate(database, signature.scripts);
}

void Migrate(SQLite::Database& database, std::span<const char* const> scripts) {
  for (;;) {
    SQLite::Transaction transaction = BeginWriting(database);  // before the version is read: another process may be at it too
    const auto version = static_cast<std::size_t>(Pragma(database, "user_version"));
    if (version < scripts.size()) {
      database.exec(scripts[version]);
      database.exec("PRAGMA user_version = " + std::to_string(version + 1));
    }
    transaction.commit();
    if (version + 1 >= scripts.size()) return;
  }
}

FilePlace::FilePlace(std::string path) : path_(std::move(path)) {
  struct stat status{};
  if (::stat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool FilePlace::IsSame() const {
  struct stat status{};
  return ::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

std::int64_t Pragma(SQLite::Database& database, const std::string& name) {
  return database.execAndGet("PRAGMA " + name).getInt64();
}

std::uint64_t BytesInUse(SQLite::Database& database) {
  const auto pages = Pragma(database, "page_count") - Pragma(database, "freelist_count");
  return static_cast<std::uint64_t>(pages * Pragma(database, "page_size"));
}

void LimitPages(SQLite::Database& database, std::uint64_t max_bytes) {
  const auto page_bytes = static_cast<std::uint64_t>(Pragma(database, "page_size"));
  database.exec("PRAGMA max_page_count = " + std::to_string(2 * max_bytes / page_bytes + 64));
}

}  // namespace hullwright::store
