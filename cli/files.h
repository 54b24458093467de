// Reading and writing of files, bounded. Errors say what is wrong and what to do; which file it was the caller adds (Error::Within).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace hullwright::cli {

// The whole file. kNotFound, kDenied, kTooLarge, kInvalidInput or kInternal. A folder, socket or device is refused; a pipe
// (process substitution) is read.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

// Reads a descriptor to its end.
Result<std::string> ReadDescriptor(int descriptor, std::size_t max_bytes);

// Every *.yaml, *.yml and *.json below a folder, sorted; names that begin with a dot are left out. kTooLarge beyond max_files.
Result<std::vector<std::string>> ListManifestFiles(const std::string& folder, std::size_t max_files);

bool IsFolder(const std::string& path);

// Replaces a file so that a reader, or a crash, sees the old text or the new, never half of one: written beside it, synced, renamed. On an
// error the old file is as it was and nothing new is left behind.
Result<void> WriteFileAtomically(const std::string& path, std::string_view text);

// Held until destroyed: nobody else who asks writes into this folder meanwhile (flock on the folder itself, so no lock file stays behind).
// Waits for whoever has it, then kUnavailable.
class FolderLock {
 public:
  static Result<FolderLock> Take(const std::string& folder, std::chrono::milliseconds patience = std::chrono::seconds(10));
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace hullwright::cli
