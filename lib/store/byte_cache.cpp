#include "store/byte_cache.h"

#include <sqlite3.h>

#include <atomic>
#include <deque>
#include <thread>
#include <utility>

#include "base/bounded_queue.h"
#include "base/guarded.h"
#include "base/log.h"
#include "store/cache_file.h"

namespace hullwright::store {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kCheckInterval{1};    // of the writer, whether the file is still in its place
constexpr std::chrono::minutes kExpireInterval{10};  // of looking for what has expired

struct Write {
  EntryKey key;
  std::optional<Entry> entry;  // nullopt: erase
};

// Two connections: one under a lock for readers, one of the writer's thread, which alone opens, renames and reopens.
class SqliteByteCache final : public ByteCache {
 public:
  SqliteByteCache(ByteCacheOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock), queue_(options_.max_queued_entries, options_.max_queued_bytes) {
    OpenFile();
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }

  std::optional<Entry> Find(const EntryKey& key) override {
    auto entry = reader_.With([&](auto& file) { return FindIn(file, key); });
    const Time now = clock_.Now();
    const bool lasts = key.kind == EntryKind::kTrustMetadata;
    if (entry && !lasts && (entry->expires_at <= now || entry->stored_at > now || entry->stored_at + options_.max_age <= now))
      entry.reset();
    ++(entry ? hits_ : misses_);
    return entry;
  }

  void Put(EntryKey key, std::string media_type, std::string bytes, std::chrono::milliseconds life) override {
    const Time now = clock_.Now();
    const std::size_t size = bytes.size();
    if (size > options_.max_entry_bytes ||
        !queue_.Push({std::move(key), Entry{std::move(media_type), std::move(bytes), now, now + life}}, size)) {
      ++dropped_;
    }
  }

  void Forget(EntryKey key) override {
    if (!queue_.Push({std::move(key), std::nullopt}, 0)) ++dropped_;
  }

  void Flush() override { queue_.WaitUntilIdle(); }

  ByteCacheStatistics Statistics() const override {
    return {hits_, misses_, written_, dropped_, failures_, rebuilds_, file_bytes_, usable_};
  }

 private:
  std::optional<Entry> FindIn(std::unique_ptr<CacheFile>& file, const EntryKey& key) {
    if (!file) return std::nullopt;
    try {
      return file->Find(key);
    } catch (const SQLite::Exception& error) {
      if (MeansDamage(error)) damaged_ = true;  // the writer sees to it
      NoteFailure("read", error);
    }
    return std::nullopt;
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::deque<Write> writes = queue_.Take(stop, kCheckInterval);
      // The edge of this thread: memory may run out.
      try {
        Maintain();
        if (!writes.empty()) Apply(writes);
      } catch (const std::exception& error) {
        ++failures_;
        log::Error("cache file: writing failed", {{"file", options_.path}, {"error", error.what()}});
      }
      queue_.Done();
    }
  }

  void Maintain() {
    if (damaged_.exchange(false)) {
      Rebuild();
    } else if (writer_ && !writer_->IsInPlace()) {
      log::Info("cache file was deleted: a new one is begun", {{"file", options_.path}});
      OpenFile();
    } else if (!writer_ && steady_clock::now() >= retry_at_) {
      OpenFile();
    }
  }

  void CloseFile() {
    usable_ = false;
    reader_.With([](auto& file) { file.reset(); });
    writer_.reset();
  }

  void Rebuild() {
    const FilePlace place(options_.path);
    CloseFile();
    PutAside(place);
    OpenFile();
  }

  void PutAside(const FilePlace& damaged) {
    ++rebuilds_;
    const auto moved = MoveAside(options_.path, damaged);
    log::Error("cache file is damaged: it is renamed and built anew",
               {{"file", options_.path}, {"renamed_to", moved ? *moved : ""}, {"error", moved ? "" : moved.error().message}});
  }

  void OpenFile() {
    CloseFile();
    try {
      const FilePlace place(options_.path);
      const FileState state = LookAt(options_.path, kCacheSignature);
      if (state == FileState::kDamaged) PutAside(place);
      if (state == FileState::kForeign) {
        ++failures_;
        log::Error("cache file: what stands in its place now is a file of something else", {{"file", options_.path}});
        retry_at_ = steady_clock::now() + options_.retry;
        return;
      }
      if (state == FileState::kOlderVersion || state == FileState::kNewerVersion) {
        log::Info("cache file of another version is replaced", {{"file", options_.path}});
        RemoveFile(options_.path);
      }
      auto writer = std::make_unique<CacheFile>(options_.path, options_.max_bytes);
      auto reader = std::make_unique<CacheFile>(options_.path, options_.max_bytes);
      writer_ = std::move(writer);
      reader_.With([&](auto& file) { file = std::move(reader); });
      expire_at_ = {};
      usable_ = true;
    } catch (const SQLite::Exception& error) {
      NoteFailure("open", error);
      if (MeansDamage(error)) damaged_ = true;
      retry_at_ = steady_clock::now() + options_.retry;
    }
  }

  void Apply(const std::deque<Write>& writes) {
    if (!writer_) {
      dropped_ += writes.size();
      return;
    }
    try {
      SQLite::Transaction transaction = writer_->Begin();
      for (const Write& write : writes) {
        if (write.entry)
          writer_->Put(write.key, *write.entry);
        else
          writer_->Erase(write.key);
      }
      transaction.commit();
      written_ += writes.size();
      KeepBounds();
    } catch (const SQLite::Exception& error) {
      dropped_ += writes.size();
      GiveUpWriting(error);
    }
  }

  void KeepBounds() {
    if (steady_clock::now() >= expire_at_) {
      writer_->EraseExpired(clock_.Now(), options_.max_age);
      expire_at_ = steady_clock::now() + kExpireInterval;
    }
    if (writer_->BytesInUse() > options_.max_bytes) writer_->EraseOldest(options_.max_bytes - options_.max_bytes / 8);
    file_bytes_ = writer_->BytesInUse();
  }

  void GiveUpWriting(const SQLite::Exception& error) {
    NoteFailure("write", error);
    if (MeansDamage(error)) {
      Rebuild();
      return;
    }
    if (error.getErrorCode() != SQLITE_FULL) return;
    // On a disk that is really full even erasing may fail.
    try {
      writer_->EraseOldest(writer_->BytesInUse() / 2);
    } catch (const SQLite::Exception& again) {
      NoteFailure("make room", again);
    }
  }

  void NoteFailure(const char* what, const SQLite::Exception& error) {
    ++failures_;
    log::Error("cache file: an operation failed; what it would have kept is asked of the registry again",
               {{"file", options_.path}, {"operation", what}, {"error", error.what()}, {"code", error.getExtendedErrorCode()}});
  }

  const ByteCacheOptions options_;
  const Clock& clock_;
  BoundedQueue<Write> queue_;
  Guarded<std::unique_ptr<CacheFile>> reader_;
  std::unique_ptr<CacheFile> writer_;  // of the thread
  steady_clock::time_point retry_at_{}, expire_at_{};
  std::atomic<bool> damaged_ = false, usable_ = false;
  std::atomic<std::uint64_t> hits_ = 0, misses_ = 0, written_ = 0, dropped_ = 0, failures_ = 0, rebuilds_ = 0, file_bytes_ = 0;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace

Result<std::unique_ptr<ByteCache>> ByteCache::Open(ByteCacheOptions options, const Clock& clock) {
  if (const auto state = CheckPlace(options.path, kCacheSignature); !state) return std::unexpected(state.error());
  return std::make_unique<SqliteByteCache>(std::move(options), clock);
}

}  // namespace hullwright::store
