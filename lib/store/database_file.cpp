#include "store/database_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

namespace hullwright::store {
namespace {

constexpr std::array kSuffixes = {"", "-wal", "-shm"};
constexpr int kPatienceMilliseconds = 10'000;  // of who writes, with a hullctl that prunes or imports

// A policy, a certificate, a log: no database ever, and so none of ours that was damaged.
bool IsText(const std::string& path) {
  std::array<char, 16> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto is_text = [](char c) { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; };
  return std::all_of(head.begin(), head.begin() + file.gcount(), is_text);
}

// SQLite's file format, 1.3: four bytes at 68, the highest first.
std::optional<std::int32_t> ApplicationIdInHead(const std::string& path) {
  std::array<unsigned char, 72> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(head.data()), head.size())) return std::nullopt;
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (!std::equal(kMagic.begin(), kMagic.end(), head.begin())) return std::nullopt;
  std::uint32_t id = 0;
  for (std::size_t at = 68; at < 72; ++at) id = id << 8 | head[at];
  return static_cast<std::int32_t>(id);
}

}  // namespace

FileState LookAt(const std::string& path, const FileSignature& signature) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code || size == 0) return FileState::kAbsentOrEmpty;
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyMilliseconds);
    const std::int64_t application = Pragma(database, "application_id");
    // Whoever began it was stopped before anything stood in it.
    if (application == 0 && database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt64() == 0) return FileState::kAbsentOrEmpty;
    if (application != signature.application_id) return FileState::kForeign;
    const std::int64_t version = Pragma(database, "user_version");
    if (version == signature.schema_version) return FileState::kOurs;
    return version < signature.schema_version ? FileState::kOlderVersion : FileState::kNewerVersion;
  } catch (const SQLite::Exception& error) {
    // A file that is ours and cannot be read now (permissions, memory) says so again when it is opened for use.
    if (!MeansDamage(error)) return FileState::kOurs;
    return IsText(path) ? FileState::kForeign : FileState::kDamaged;
  }
}

Result<FileState> CheckPlace(const std::string& path, const FileSignature& signature) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is a folder: the name of a file is wanted", path));
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, code))
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: its folder does not exist", path));
  const FileState state = LookAt(path, signature);
  if (state == FileState::kForeign)
    return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is a file of something else: name one of its own", path));
  return state;
}

std::optional<std::int32_t> ApplicationIdOf(const std::string& path) {
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyMilliseconds);
    return static_cast<std::int32_t>(Pragma(database, "application_id"));
  } catch (const SQLite::Exception& error) {
    return MeansDamage(error) ? ApplicationIdInHead(path) : std::nullopt;
  }
}

Result<void> RequireFile(const std::string& path, const FileKind& kind) {
  switch (LookAt(path, kind.signature)) {
    case FileState::kOurs:
      return {};
    case FileState::kAbsentOrEmpty:
      return Fail(ErrorCode::kNotFound, fmt::format("{}: there is no {}: {} writes one", path, kind.name, kind.writer));
    case FileState::kOlderVersion:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: was written by an older version: {} brings it to this one", path, kind.writer));
    case FileState::kNewerVersion:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: was written by a newer version of this program", path));
    case FileState::kForeign:
      return Fail(ErrorCode::kUnsupported, fmt::format("{}: is no {}, but a file of something else", path, kind.name));
    case FileState::kDamaged:
      break;
  }
  return Fail(ErrorCode::kInvalidInput, fmt::format("{}: is damaged, or is no {}; if it is one: {}", path, kind.name, kind.remedy));
}

std::unexpected<Error> Unreadable(const SQLite::Exception& error, const FileKind& kind) {
  if (MeansDamage(error)) return Fail(ErrorCode::kInvalidInput, fmt::format("the {} is damaged: {}", kind.name, kind.remedy));
  return Fail(ErrorCode::kUnavailable, fmt::format("the {} cannot be read now: {}", kind.name, error.what()));
}

bool MeansDamage(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
}

std::string CreatePrivate(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) ::close(file);
  return path;
}

void MoveAside(const std::string& path) {
  for (const char* suffix : kSuffixes) std::rename((path + suffix).c_str(), (path + ".damaged" + suffix).c_str());
}

void RemoveFile(const std::string& path) {
  for (const char* suffix : kSuffixes) ::unlink((path + suffix).c_str());
}

int OpenFlags(OpenMode mode) {
  if (mode == OpenMode::kRead) return SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX;
  return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX;
}

void PrepareDatabase(SQLite::Database& database, OpenMode mode, const FileSignature& signature, std::span<const char* const> scripts) {
  ::sqlite3_limit(database.getHandle(), SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON");
  if (mode == OpenMode::kRead) return;
  database.setBusyTimeout(kPatienceMilliseconds);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8388608");
  database.exec("PRAGMA application_id = " + std::to_string(signature.application_id));
  Migrate(database, scripts);
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
