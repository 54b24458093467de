#include "store/report_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/compression.h"
#include "store/archive_file.h"
#include "store/decision_history.h"
#include "store/history_file.h"

namespace hullwright::store {
namespace {

constexpr FileKind kArchive{
    .signature = kArchiveSignature, .name = "report archive", .writer = "hullctl scan import --archive", .remedy = kDamagedArchiveRemedy};

constexpr FileKind kHistoryToCopy{
    .signature = kHistorySignature, .name = "decision history", .writer = "hullwright-webhook --history", .remedy = kDamagedHistoryRemedy};
constexpr FileKind kEither{.signature = {},
                           .name = "decision history or report archive",
                           .writer = "hullwright-webhook --history or hullctl scan import --archive",
                           .remedy = ""};

template <class Work>
auto ReadingArchive(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    return Unreadable(error, kArchive);
  }
}

// What stops an import, and what to do about it.
Error NotWritten(const std::string& path, const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      return {ErrorCode::kUnavailable,
              fmt::format("{}: there is no room for the report: free some of the disk, or allow more (--archive-size)", path)};
    case SQLITE_BUSY:
      return {ErrorCode::kUnavailable, fmt::format("{}: somebody else keeps writing it: try again", path)};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::kDenied, fmt::format("{}: may not be written: use another place, or have the permissions changed", path)};
    default:
      return {ErrorCode::kUnavailable, fmt::format("{}: the archive cannot be written: {}", path, error.what())};
  }
}

// Settings of the file.
constexpr const char *kMaxBytesSetting = "max_bytes", *kMaxAgeSetting = "max_age_hours", *kTimeSetting = "time";

constexpr std::chrono::hours kMostAdvance{24 * 30};

constexpr std::int64_t kMostArchiveBytes = 1LL << 40, kMostArchiveHours = 24 * 3650;  // of --archive-size and --archive-days

// Whoever wrote the file.
std::optional<std::int64_t> InRange(std::optional<std::int64_t> stored, std::int64_t most) {
  return stored && *stored > 0 && *stored <= most ? stored : std::nullopt;
}

// The time by which clocks expire.
Time Advance(ArchiveFile& file, Time now) {
  const auto stored = file.Setting(kTimeSetting);
  const Time time = stored && *stored > 0 && TimeOf(*stored) < now - kMostAdvance ? TimeOf(*stored) + kMostAdvance : now;
  file.Set(kTimeSetting, Milliseconds(time));
  return time;
}

}  // namespace

Result<std::unique_ptr<ReportArchive>> ReportArchive::Open(ArchiveOptions options, const Clock& clock) {
  const FilePlace place(options.path);
  const auto state = CheckPlace(options.path, kArchiveSignature);
  if (!state) return std::unexpected(state.error());
  if (*state == FileState::kNewerVersion) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{}: was written by a newer version of this program: name another file, or use that version", options.path));
  }
  std::unique_ptr<ReportArchive> archive(new ReportArchive(std::move(options), clock));
  archive->was_absent_ = *state == FileState::kAbsentOrEmpty;
  if (*state == FileState::kDamaged) {
    if (auto moved = archive->PutAside(place); !moved) return std::unexpected(moved.error());
  }
  auto opened = archive->OpenFile();
  if (!opened && !archive->damaged_.empty()) opened = archive->OpenFile();  // damage that showed only now was put aside, too
  if (!opened) return std::unexpected(opened.error());
  return Result<std::unique_ptr<ReportArchive>>(std::move(archive));
}

ReportArchive::ReportArchive(ArchiveOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

ReportArchive::~ReportArchive() = default;

Result<void> ReportArchive::PutAside(const FilePlace& damaged) {
  auto moved = MoveAside(options_.path, damaged);
  if (!moved) return std::unexpected(moved.error());
  if (!moved->empty()) damaged_ = std::move(*moved);
  return {};
}

Error ReportArchive::GiveUp(const SQLite::Exception& error) {
  const FilePlace place = file_ ? file_->place() : FilePlace(options_.path);
  file_.reset();
  if (!MeansDamage(error)) return NotWritten(options_.path, error);
  if (auto moved = PutAside(place); !moved) return moved.error();
  if (damaged_.empty())
    return {ErrorCode::kUnavailable, fmt::format("{}: was damaged, and somebody else begins it anew: try again", options_.path)};
  return {ErrorCode::kUnavailable,
          fmt::format("{}: was damaged and is {} now: try again, which begins a new one", options_.path, damaged_)};
}

void ReportArchive::ReadBounds() {
  const auto stored_bytes = InRange(file_->Setting(kMaxBytesSetting), kMostArchiveBytes);
  const auto stored_hours = InRange(file_->Setting(kMaxAgeSetting), kMostArchiveHours);
  max_bytes_ = options_.max_bytes.value_or(stored_bytes ? static_cast<std::uint64_t>(*stored_bytes) : kDefaultArchiveBytes);
  max_age_ = options_.max_age.value_or(stored_hours ? std::chrono::hours(*stored_hours) : kDefaultArchiveAge);
}

Result<void> ReportArchive::OpenFile() {
  try {
    file_ = std::make_unique<ArchiveFile>(options_.path, OpenMode::kWrite);
    ReadBounds();
    file_->LimitPages(max_bytes_);
    return {};
  } catch (const SQLite::Exception& error) {
    return std::unexpected(GiveUp(error));
  }
}

Result<void> ReportArchive::ForEachClock(const std::string& repository, const std::string& vulnerability,
                                         const std::function<void(const FindingClock&)>& use) {
  if (!file_) return Fail(ErrorCode::kUnavailable, fmt::format("{}: the archive is not open any more", options_.path));
  try {
    file_->ForEachClockOf(repository, vulnerability, use);
    return {};
  } catch (const SQLite::Exception& error) {
    return std::unexpected(GiveUp(error));
  }
}

Result<ErasedFromArchive> ReportArchive::Keep(const ReportRow& row, std::string_view bytes, std::span<const FindingClock> clocks) {
  if (!file_) return Fail(ErrorCode::kUnavailable, fmt::format("{}: the archive is not open any more", options_.path));
  if (bytes.size() > static_cast<std::size_t>(kMaxValueBytes))
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: a report of more than {} bytes is not kept", options_.path, kMaxValueBytes));
  const std::string body = Compress(bytes);
  if (body.size() > max_bytes_ / 2) {
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: the report takes {} bytes, more than half of the {} that the archive may hold",
                                                  options_.path, body.size(), max_bytes_));
  }
  try {
    return Write(row, bytes.size(), body, clocks);
  } catch (const SQLite::Exception& error) {
    return std::unexpected(GiveUp(error));
  }
}

Result<ErasedFromArchive> ReportArchive::Write(const ReportRow& row, std::uint64_t bytes, const std::string& body,
                                               std::span<const FindingClock> clocks) {
  const auto gone = [&] {
    return Fail(ErrorCode::kConflict, fmt::format("{}: was moved away or deleted meanwhile: try again", options_.path));
  };
  if (!file_->IsInPlace()) return gone();
  const Time now = clock_.Now();
  SQLite::Transaction transaction = file_->Begin();
  ReadBounds();  // another import may have set them meanwhile
  const std::int64_t number = file_->Put(row, now, bytes, body);
  for (const FindingClock& clock : clocks) file_->Put(clock, now);
  const std::uint64_t expired_reports = file_->EraseReportsBefore(now - max_age_, number);
  const std::uint64_t expired_clocks = file_->EraseClocksBefore(Advance(*file_, now) - options_.max_clock_age);
  file_->Set(kMaxBytesSetting, static_cast<std::int64_t>(max_bytes_));
  file_->Set(kMaxAgeSetting, max_age_.count());
  ErasedFromArchive erased;
  if (file_->BytesInUse() > max_bytes_) erased = file_->EraseOldest(max_bytes_ - max_bytes_ / 8, number, now);
  erased.expired_reports = expired_reports;
  erased.expired_clocks = expired_clocks;
  if (file_->BytesInUse() > max_bytes_) {
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: the report and the clocks of its findings take more than the {} bytes that the "
                                                  "archive may hold",
                                                  options_.path, max_bytes_));
  }
  transaction.commit();
  if (!file_->IsInPlace()) return gone();
  return erased;
}

bool IsReportArchive(const std::string& path) {
  return ApplicationIdOf(path) == kArchiveSignature.application_id;
}

Result<void> RequireStoreFile(const std::string& path) {
  return RequireReadable(path, kEither);
}

Result<void> BackUp(const std::string& path, const std::string& to) {
  const FileKind kind = IsReportArchive(path) ? kArchive : kHistoryToCopy;
  if (auto is_one = RequireFile(path, kind); !is_one) return is_one;
  const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    const int why = errno;
    return Fail(why == EEXIST ? ErrorCode::kConflict : ErrorCode::kDenied,
                fmt::format("{}: cannot be begun: {}: name a file that is not there yet", to, std::generic_category().message(why)));
  }
  auto copied = ReadingArchive([&]() -> Result<void> {
    SQLite::Database database(PlaceToOpen(path, OpenMode::kRead), OpenFlags(OpenMode::kRead), kBusyMilliseconds);
    PrepareDatabase(database, OpenMode::kRead, kind.signature);
    SQLite::Statement copy(database, "VACUUM INTO ?");
    copy.bind(1, LiteralPath(to));
    copy.exec();
    return {};
  });
  if (copied && ::fsync(file) != 0) copied = Fail(ErrorCode::kUnavailable, fmt::format("{}: the disk does not keep it", to));
  ::close(file);
  if (!copied) ::unlink(to.c_str());
  return copied;
}

ArchiveReader::ArchiveReader(std::unique_ptr<ArchiveFile> file) : file_(std::move(file)) {}
ArchiveReader::~ArchiveReader() = default;

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::Open(const std::string& path) {
  if (auto is_one = RequireFile(path, kArchive); !is_one) return std::unexpected(is_one.error());
  auto reader = ReadingArchive([&]() -> Result<std::unique_ptr<ArchiveReader>> {
    return std::unique_ptr<ArchiveReader>(new ArchiveReader(std::make_unique<ArchiveFile>(path, OpenMode::kRead)));
  });
  if (!reader) return std::unexpected(reader.error().Within(path));
  return reader;
}

Result<void> ArchiveReader::ForEach(const std::function<Result<void>(const StoredReport&)>& use) {
  return ReadingArchive([&] { return file_->ForEach(use); });
}

Result<std::vector<StoredReport>> ArchiveReader::Find(const std::string& digest) {
  return ReadingArchive([&]() -> Result<std::vector<StoredReport>> { return file_->Find(digest); });
}

Result<std::string> ArchiveReader::Bytes(std::int64_t number) {
  return ReadingArchive([&] { return file_->Bytes(number); });
}

Result<void> ArchiveReader::ForEachClock(const std::function<Result<void>(const FindingClock&)>& use) {
  return ReadingArchive([&] { return file_->ForEachClock(use); });
}

Result<ArchiveSummary> ArchiveReader::Summary() {
  return ReadingArchive([&]() -> Result<ArchiveSummary> { return file_->Summary(); });
}

Result<std::vector<std::string>> ArchiveReader::Check() {
  return ReadingArchive([&]() -> Result<std::vector<std::string>> { return file_->Check(); });
}

Result<ErasedFromArchive> PruneArchive(const std::string& path, const ArchiveBounds& bounds) {
  if (auto is_one = RequireFile(path, kArchive); !is_one) return std::unexpected(is_one.error());
  return ReadingArchive([&]() -> Result<ErasedFromArchive> {
    ArchiveFile file(path, OpenMode::kWrite);
    ErasedFromArchive erased;
    {
      SQLite::Transaction transaction = file.Begin();
      const std::uint64_t expired = bounds.older_than ? file.EraseReportsBefore(*bounds.older_than) : 0;
      if (bounds.max_bytes) erased = file.EraseOldest(*bounds.max_bytes);
      erased.reports += expired;
      transaction.commit();
    }
    try {
      file.GiveRoomBack();
    } catch (const SQLite::Exception& error) {
      return Fail(
          ErrorCode::kUnavailable,
          fmt::format("{}: {} reports and {} clocks went, but the room is not given back to the disk: that needs as much room for a "
                      "copy meanwhile ({})",
                      path, erased.reports + erased.expired_reports, erased.clocks, error.what()));
    }
    return erased;
  });
}

}  // namespace hullwright::store
