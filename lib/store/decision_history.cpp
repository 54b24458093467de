#include "store/decision_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "store/history_file.h"

namespace hullwright::store {
namespace {

constexpr FileKind kHistory{
    .signature = kHistorySignature, .name = "decision history", .writer = "hullwright-webhook --history", .remedy = kDamagedHistoryRemedy};

template <class T, class Work>
Result<T> Reading(Work work) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    return Unreadable(error, kHistory);
  }
}

}  // namespace

Result<std::unique_ptr<DecisionHistory>> DecisionHistory::Open(HistoryOptions options, const Clock& clock) {
  const auto state = CheckPlace(options.path, kHistorySignature);
  if (!state) return std::unexpected(state.error());
  if (*state == FileState::kNewerVersion) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("{}: was written by a newer version of this program: name another file, or use that version", options.path));
  }
  return std::unique_ptr<DecisionHistory>(new DecisionHistory(std::move(options), clock));
}

DecisionHistory::DecisionHistory(HistoryOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {
  OpenFile();
  if (file_) KeepBounds();
}

DecisionHistory::~DecisionHistory() = default;

HistoryStatistics DecisionHistory::Statistics() const {
  return {written_, dropped_, failures_, rebuilds_, file_bytes_, usable_};
}

void DecisionHistory::PutAside(const FilePlace& damaged) {
  ++rebuilds_;
  const auto moved = MoveAside(options_.path, damaged);
  log::Error("decision history is damaged: it is renamed and begun anew",
             {{"file", options_.path}, {"renamed_to", moved ? *moved : ""}, {"error", moved ? "" : moved.error().message}});
}

void DecisionHistory::OpenFile() {
  usable_ = false;
  file_.reset();
  retry_at_ = std::chrono::steady_clock::now() + options_.retry;
  try {
    const FilePlace place(options_.path);
    const FileState state = LookAt(options_.path, kHistorySignature);
    if (state == FileState::kDamaged) PutAside(place);
    if (state == FileState::kForeign || state == FileState::kAltered || state == FileState::kNewerVersion)
      throw std::runtime_error("what stands in its place now is no history of this version");
    file_ = std::make_unique<HistoryFile>(options_.path, OpenMode::kWrite);
    file_->LimitPages(options_.max_bytes);
    expire_at_ = {};
    usable_ = true;
  } catch (const std::exception& error) {
    GiveUp("open", error);
  }
}

// Damage is mended at once; everything else waits.
void DecisionHistory::GiveUp(const char* what, const std::exception& error) {
  ++failures_;
  const auto* of_sqlite = dynamic_cast<const SQLite::Exception*>(&error);
  log::Error("decision history: an operation failed; decisions are missing from it",
             {{"file", options_.path},
              {"operation", what},
              {"error", error.what()},
              {"code", of_sqlite != nullptr ? of_sqlite->getExtendedErrorCode() : 0}});
  if (of_sqlite == nullptr || !MeansDamage(*of_sqlite)) return;
  usable_ = false;
  const FilePlace place = file_ ? file_->place() : FilePlace(options_.path);
  file_.reset();
  PutAside(place);
  retry_at_ = {};
}

void DecisionHistory::Maintain() {
  if (file_ && !file_->IsInPlace()) {
    log::Info("decision history was deleted: a new one is begun", {{"file", options_.path}});
    OpenFile();
  } else if (!file_ && std::chrono::steady_clock::now() >= retry_at_) {
    OpenFile();
  }
  if (file_ && std::chrono::steady_clock::now() >= expire_at_) KeepBounds();
}

void DecisionHistory::Append(std::span<const NewDecision> decisions) {
  Maintain();
  if (decisions.empty()) return;
  if (!file_) {
    dropped_ += decisions.size();
    return;
  }
  try {
    Write(decisions);
  } catch (const std::exception& error) {
    dropped_ += decisions.size();
    GiveUp("write", error);
    return;
  }
  written_ += decisions.size();
  KeepSize();
}

void DecisionHistory::Write(std::span<const NewDecision> decisions) {
  SQLite::Transaction transaction = file_->Begin();
  for (const NewDecision& decision : decisions) file_->Insert(decision, options_.max_document_bytes);
  transaction.commit();
}

void DecisionHistory::KeepBounds() {
  expire_at_ = std::chrono::steady_clock::now() + options_.expire;
  try {
    file_->EraseBefore(clock_.Now() - options_.max_age);
  } catch (const std::exception& error) {
    GiveUp("expire", error);
  }
  if (file_) KeepSize();
}

void DecisionHistory::KeepSize() {
  try {
    if (file_->BytesInUse() > options_.max_bytes) file_->EraseOldest(options_.max_bytes - options_.max_bytes / 8);
    file_bytes_ = file_->BytesInUse();
  } catch (const std::exception& error) {
    GiveUp("keep size", error);
  }
}

std::optional<std::int64_t> StoredDecision::Find(DocumentRole role) const {
  const auto found = std::ranges::find(documents, role, &DocumentLink::role);
  return found == documents.end() ? std::nullopt : std::optional(found->document);
}

HistoryReader::HistoryReader(std::unique_ptr<HistoryFile> file) : file_(std::move(file)) {}
HistoryReader::~HistoryReader() = default;

Result<std::unique_ptr<HistoryReader>> HistoryReader::Open(const std::string& path) {
  if (auto is_one = RequireFile(path, kHistory); !is_one) return std::unexpected(is_one.error());
  auto reader = Reading<std::unique_ptr<HistoryReader>>(
      [&] { return std::unique_ptr<HistoryReader>(new HistoryReader(std::make_unique<HistoryFile>(path, OpenMode::kRead))); });
  if (!reader) return std::unexpected(reader.error().Within(path));
  return reader;
}

Result<std::vector<StoredDecision>> HistoryReader::List(const DecisionQuery& query) {
  return Reading<std::vector<StoredDecision>>([&] { return file_->List(query); });
}

Result<StoredDecision> HistoryReader::Find(const std::string& id) {
  return Reading<StoredDecision>([&]() -> Result<StoredDecision> {
    auto found = file_->Find(id);
    if (!found) return Fail(ErrorCode::kNotFound, "the history has no decision of that id");
    return std::move(*found);
  });
}

Result<void> HistoryReader::ForEach(const std::function<Result<void>(StoredDecision)>& use) {
  return Reading<void>([&] { return file_->ForEach(use); });
}

Result<StoredDocument> HistoryReader::Document(std::int64_t number) {
  return Reading<StoredDocument>([&] { return file_->Document(number); });
}

bool HistoryReader::IsGone(const std::string& id) {
  const auto found = Find(id);
  return !found && found.error().code == ErrorCode::kNotFound;
}

Result<HistorySummary> HistoryReader::Summary() {
  return Reading<HistorySummary>([&] { return file_->Summary(); });
}

Result<std::vector<std::string>> HistoryReader::Check() {
  return Reading<std::vector<std::string>>([&] { return file_->Check(); });
}

Result<std::uint64_t> PruneHistory(const std::string& path, const PruneBounds& bounds) {
  if (auto is_one = RequireFile(path, kHistory); !is_one) return std::unexpected(is_one.error());
  return Reading<std::uint64_t>([&]() -> Result<std::uint64_t> {
    HistoryFile file(path, OpenMode::kWrite);
    std::uint64_t erased = 0;
    if (bounds.older_than) erased += file.EraseBefore(*bounds.older_than);
    if (bounds.max_bytes) erased += file.EraseOldest(*bounds.max_bytes);
    try {
      file.GiveRoomBack();
    } catch (const SQLite::Exception& error) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("{}: {} decisions went, but the room is not given back to the disk: that needs as much room for a copy "
                              "meanwhile ({})",
                              path, erased, error.what()));
    }
    return erased;
  });
}

}  // namespace hullwright::store
