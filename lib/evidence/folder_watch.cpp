#include "evidence/folder_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace hullwright::evidence {
namespace {

// A file counts as changed when its writer closes it, not at every write.
constexpr std::uint32_t kInteresting =
    IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// A file that was just created and is still empty: its writer will close it, which is another event.
bool IsBeingWritten(const inotify_event& event, const std::string& path) {
  struct stat status{};
  return (event.mask & IN_CREATE) != 0 && ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

void Note(const inotify_event& event, const std::map<int, std::string>& directories, FolderChanges& changes) {
  const auto directory = directories.find(event.wd);
  const std::string name = event.len > 0 ? event.name : "";
  const bool symlink_swap = name == "..data";  // how the kubelet renews a mounted ConfigMap
  if (directory == directories.end() || name.empty() || symlink_swap || (event.mask & (IN_ISDIR | IN_Q_OVERFLOW)) != 0) {
    // IN_IGNORED follows our own inotify_rm_watch.
    if ((event.mask & IN_IGNORED) == 0) changes.everything = true;
    return;
  }
  const std::string path = directory->second + "/" + name;
  if (!IsBeingWritten(event, path)) changes.paths.insert(path);
}

}  // namespace

Result<FolderWatch> FolderWatch::Open() {
  FolderWatch watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC), ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (watch.events_ < 0 || watch.interrupt_ < 0) {
    return Fail(ErrorCode::kInternal, fmt::format("cannot watch folders: {} (is fs.inotify.max_user_instances used up?)",
                                                  std::generic_category().message(errno)));
  }
  return watch;
}

FolderWatch::FolderWatch(FolderWatch&& other) noexcept
    : events_(std::exchange(other.events_, -1)),
      interrupt_(std::exchange(other.interrupt_, -1)),
      directories_(std::move(other.directories_)) {}

FolderWatch::~FolderWatch() {
  if (events_ >= 0) ::close(events_);
  if (interrupt_ >= 0) ::close(interrupt_);
}

void FolderWatch::Follow(const std::set<std::string>& directories) {
  std::map<int, std::string> followed;
  for (const std::string& directory : directories) {
    const int watch = ::inotify_add_watch(events_, directory.c_str(), kInteresting);
    if (watch >= 0) {
      followed.emplace(watch, directory);
    } else {
      log::Debug("folder not watched, only polled", {{"folder", directory}, {"error", std::generic_category().message(errno)}});
    }
  }
  for (const auto& [watch, directory] : directories_) {
    if (!followed.contains(watch)) ::inotify_rm_watch(events_, watch);
  }
  directories_ = std::move(followed);
}

FolderChanges FolderWatch::Wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 2> waiting{pollfd{events_, POLLIN, 0}, pollfd{interrupt_, POLLIN, 0}};
  FolderChanges changes;
  const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count()));
  if (ready > 0 && (waiting[0].revents & POLLIN) != 0) Read(changes);
  return changes;
}

void FolderWatch::Read(FolderChanges& changes) {
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  while (true) {
    const ssize_t got = ::read(events_, buffer.data(), buffer.size());
    if (got <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + got;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      Note(*reinterpret_cast<const inotify_event*>(at), directories_, changes);
      at += sizeof event + event.len;
    }
  }
}

void FolderWatch::Interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(interrupt_, &one, sizeof one);
}

}  // namespace hullwright::evidence
