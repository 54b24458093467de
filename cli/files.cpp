#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace hullwright::cli {
namespace {

// Closes on destruction.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }
  int Release() { return std::exchange(number_, -1); }
  // Closing can be the moment a full disk is noticed.
  bool Close() { return close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

std::unexpected<Error> SystemError(int number) {
  switch (number) {
    case ENOENT:
      return Fail(ErrorCode::kNotFound, "there is no such file or folder");
    case EACCES:
    case EPERM:
      return Fail(ErrorCode::kDenied, "permission denied: use another place, or have the permissions changed");
    case EROFS:
      return Fail(ErrorCode::kDenied, "the file system is read-only: use another place");
    case ENOSPC:
    case EDQUOT:
      return Fail(ErrorCode::kUnavailable, "no space is left on the disk: free some and try again");
    case EISDIR:
      return Fail(ErrorCode::kInvalidInput, "this is a folder: name a file");
    case ENOTDIR:
      return Fail(ErrorCode::kInvalidInput, "this is no folder, or a part of the path is none");
    default:
      return Fail(ErrorCode::kInternal, std::generic_category().message(number));
  }
}

Result<void> WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

bool IsManifestName(const std::filesystem::path& path) {
  const auto extension = path.extension();
  return !path.filename().native().starts_with('.') && (extension == ".yaml" || extension == ".yml" || extension == ".json");
}

// The new text in a file of its own beside the target, safely on the disk.
Result<void> WriteTemporary(Descriptor file, const std::string& path, std::string_view text) {
  struct stat old{};
  // mkstemp makes files for the owner alone; others must be able to read what they could read before.
  const mode_t mode = stat(path.c_str(), &old) == 0 ? old.st_mode & 0777 : 0644;
  if (fchmod(file.number(), mode) != 0) return SystemError(errno);
  if (auto written = WriteAll(file.number(), text); !written) return written;
  if (fsync(file.number()) != 0) return SystemError(errno);
  if (!file.Close()) return SystemError(errno);
  return {};
}

}  // namespace

Result<std::string> ReadDescriptor(int descriptor, std::size_t max_bytes) {
  std::string text;
  char buffer[65536];
  while (true) {
    const ssize_t count = read(descriptor, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(errno);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > max_bytes) {
      return Fail(ErrorCode::kTooLarge, fmt::format("more than {} bytes: split it", max_bytes));
    }
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  struct stat status{};
  // A pipe is read when a shell made it for us, "<(command)"; one that lies in a folder would keep us waiting for its writer.
  const bool made_by_a_shell = path.starts_with("/dev/fd/") || path.starts_with("/proc/");
  if (stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode) && !made_by_a_shell) {
    return Fail(ErrorCode::kInvalidInput, "this is a pipe: read it through standard input, with - as the file");
  }
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return SystemError(errno);
  if (fstat(file.number(), &status) != 0) return SystemError(errno);
  if (S_ISDIR(status.st_mode)) return SystemError(EISDIR);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    return Fail(ErrorCode::kInvalidInput, "this is no regular file");
  }
  return ReadDescriptor(file.number(), max_bytes);
}

bool IsFolder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

Result<std::vector<std::string>> ListManifestFiles(const std::string& folder, std::size_t max_files) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entries(folder, error);
  if (error) return SystemError(error.value());
  for (; entries != std::filesystem::end(entries); entries.increment(error)) {
    const auto& path = entries->path();
    std::error_code ignored;
    if (entries->is_directory(ignored)) {
      if (path.filename().native().starts_with('.')) entries.disable_recursion_pending();
      continue;
    }
    if (!IsManifestName(path)) continue;
    if (files.size() == max_files) {
      return Fail(ErrorCode::kTooLarge, fmt::format("more than {} manifests: name its folders one by one", max_files));
    }
    files.push_back(path.string());
  }
  if (error) return SystemError(error.value());
  std::ranges::sort(files);
  return files;
}

Result<void> WriteFileAtomically(const std::string& path, std::string_view text) {
  const auto folder = std::filesystem::path(path).parent_path();
  // The leading dot keeps whoever watches the folder from reading it.
  std::string temporary = (folder / ("." + std::filesystem::path(path).filename().string() + ".XXXXXX")).string();
  Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return SystemError(errno);
  auto written = WriteTemporary(std::move(file), path, text);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) written = SystemError(errno);
  if (!written) {
    unlink(temporary.c_str());
    return written;
  }
  // The new name itself is in the folder's own blocks.
  const Descriptor directory(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() < 0 || fsync(directory.number()) != 0) return SystemError(errno);
  return {};
}

Result<FolderLock> FolderLock::Take(const std::string& folder, std::chrono::milliseconds patience) {
  Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() < 0) return SystemError(errno);
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (flock(directory.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) return SystemError(errno);
    if (std::chrono::steady_clock::now() >= give_up)
      return Fail(ErrorCode::kUnavailable,
                  "somebody else keeps this folder locked (another hullctl?): try again, or find out who with fuser");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return FolderLock(directory.Release());
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace hullwright::cli
