#include "store/report_archive.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

#include "base/compression.h"
#include "store/archive_file.h"

namespace hullwright::store {
namespace {

constexpr FileKind kArchive{
    .signature = kArchiveSignature, .name = "report archive", .writer = "hullctl scan import --archive", .remedy = kDamagedArchiveRemedy};

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

}  // namespace

Result<std::unique_ptr<ReportArchive>> ReportArchive::Open(ArchiveOptions options, const Clock& clock) {
  const auto state = CheckPlace(options.path, kArchiveSignature);
  if (!state) return std::unexpected(state.error());
  if (*state == FileState::kNewerVersion) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{}: was written by a newer version of this program: name another file, or use that version", options.path));
  }
  std::unique_ptr<ReportArchive> archive(new ReportArchive(std::move(options), clock));
  if (*state == FileState::kDamaged) archive->PutAside();
  auto opened = archive->OpenFile();
  if (!opened && archive->replaces_damaged_) opened = archive->OpenFile();  // damage that showed only now was put aside, too
  if (!opened) return std::unexpected(opened.error());
  return Result<std::unique_ptr<ReportArchive>>(std::move(archive));
}

ReportArchive::ReportArchive(ArchiveOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

ReportArchive::~ReportArchive() = default;

void ReportArchive::PutAside() {
  MoveAside(options_.path);
  replaces_damaged_ = true;
}

Error ReportArchive::GiveUp(const SQLite::Exception& error) {
  file_.reset();
  if (!MeansDamage(error)) return NotWritten(options_.path, error);
  PutAside();
  return {ErrorCode::kUnavailable,
          fmt::format("{}: was damaged and is {}.damaged now: try again, which begins a new one", options_.path, options_.path)};
}

Result<void> ReportArchive::OpenFile() {
  try {
    file_ = std::make_unique<ArchiveFile>(options_.path, OpenMode::kWrite);
    file_->LimitPages(options_.max_bytes);
    return {};
  } catch (const SQLite::Exception& error) {
    return std::unexpected(GiveUp(error));
  }
}

Result<void> ReportArchive::ForEachClock(const std::string& repository, const std::function<void(const FindingClock&)>& use) {
  if (!file_) return Fail(ErrorCode::kUnavailable, fmt::format("{}: the archive is not open any more", options_.path));
  try {
    file_->ForEachClockOf(repository, use);
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
  if (body.size() > options_.max_bytes / 2) {
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: the report takes {} bytes, more than half of the {} that the archive may hold",
                                                  options_.path, body.size(), options_.max_bytes));
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
  const std::int64_t number = file_->Put(row, now, bytes, body);
  for (const FindingClock& clock : clocks) file_->Put(clock, now);
  file_->EraseReportsBefore(now - options_.max_age, number);
  file_->EraseClocksBefore(now - options_.max_clock_age);
  ErasedFromArchive erased;
  if (file_->BytesInUse() > options_.max_bytes) erased = file_->EraseOldest(options_.max_bytes - options_.max_bytes / 8, number, now);
  if (file_->BytesInUse() > options_.max_bytes) {
    return Fail(ErrorCode::kTooLarge, fmt::format("{}: the report and the clocks of its findings take more than the {} bytes that the "
                                                  "archive may hold",
                                                  options_.path, options_.max_bytes));
  }
  transaction.commit();
  if (!file_->IsInPlace()) return gone();
  return erased;
}

bool IsReportArchive(const std::string& path) {
  return ApplicationIdOf(path) == kArchiveSignature.application_id;
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
    file.GiveRoomBack();
    return erased;
  });
}

}  // namespace hullwright::store
