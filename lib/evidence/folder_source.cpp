#include "evidence/folder_source.h"

#include <fmt/format.h>
#include <malloc.h>

#include <thread>
#include <utility>

#include "base/log.h"
#include "evidence/folder_state.h"
#include "evidence/folder_watch.h"

namespace hullwright::evidence {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class WatchedFolders final : public FolderSource {
 public:
  WatchedFolders(FolderState state, FolderWatch watch, const FolderOptions& options)
      : state_(std::move(state)),
        watch_(std::move(watch)),
        options_(options),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  ~WatchedFolders() override {
    thread_.request_stop();
    watch_.Interrupt();
  }

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto until = steady_clock::now() + options_.poll;
      FolderChanges changes = watch_.Wait(options_.poll);
      if (stop.stop_requested()) return;
      if (changes.empty() && steady_clock::now() < until) continue;
      if (changes.empty()) changes.everything = true;
      Settle(changes, stop);
      Apply(changes);
    }
  }

  // A burst of changes is taken as one, unless it does not end.
  void Settle(FolderChanges& changes, const std::stop_token& stop) {
    constexpr int kMostRounds = 10;
    for (int round = 0; round < kMostRounds && !stop.stop_requested(); ++round) {
      FolderChanges more = watch_.Wait(options_.settle);
      if (more.empty()) return;
      changes.everything = changes.everything || more.everything;
      changes.paths.merge(more.paths);
    }
  }

  // The edge of this thread: memory may run out while reading a file; the next poll tries again.
  void Apply(const FolderChanges& changes) {
    try {
      state_.Refresh(changes.paths);
      if (!changes.everything) return;
      // The error is a problem of the catalogue already.
      if (const auto refreshed = state_.RefreshAll(); !refreshed) log::Debug("folder unreadable", {{"error", refreshed.error().message}});
      watch_.Follow(state_.directories());
    } catch (const std::exception& error) {
      log::Error("folders could not be read", {{"error", error.what()}});
    }
  }

  FolderState state_;
  FolderWatch watch_;
  const FolderOptions options_;
  std::jthread thread_;  // last: it uses the others
};

Result<void> LoadInto(FolderState& state) {
  auto loaded = state.RefreshAll();
  // What decoding ten thousand scans took is given back; what they are kept in is a tenth of it.
  ::malloc_trim(0);
  return loaded;
}

}  // namespace

Result<void> LoadFolders(const std::vector<Folder>& folders, Catalogue& catalogue, const FolderOptions& options) {
  FolderState state(folders, catalogue, options);
  return LoadInto(state);
}

Result<std::unique_ptr<FolderSource>> FolderSource::Start(std::vector<Folder> folders, Catalogue& catalogue, FolderOptions options) {
  auto watch = FolderWatch::Open();
  if (!watch) return std::unexpected(watch.error());
  std::set<std::string> watched;
  for (const Folder& folder : folders) watched.insert(folder.path);
  FolderState state(std::move(folders), catalogue, options);
  // Before reading, so that no change between the two goes unseen; sub-folders, known only then, are read once more.
  watch->Follow(watched);
  if (auto loaded = LoadInto(state); !loaded) return std::unexpected(loaded.error());
  watch->Follow(state.directories());
  if (auto again = state.RefreshAll(); !again) return std::unexpected(again.error());
  return std::make_unique<WatchedFolders>(std::move(state), std::move(*watch), options);
}

}  // namespace hullwright::evidence
