// The kernel's notifications about folders (inotify(7)). Private to lib/evidence.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "base/error.h"

namespace hullwright::evidence {

struct FolderChanges {
  bool everything = false;      // something that is not told file by file: read all again
  std::set<std::string> paths;  // "policies/production.yaml"

  bool empty() const { return !everything && paths.empty(); }
};

// Wait is called by one thread; Interrupt may be called by any.
class FolderWatch {
 public:
  static Result<FolderWatch> Open();
  FolderWatch(FolderWatch&& other) noexcept;
  FolderWatch& operator=(FolderWatch&&) = delete;
  ~FolderWatch();

  // Watches exactly these directories. One that cannot be watched is left to polling.
  void Follow(const std::set<std::string>& directories);
  // What changed, after at most timeout; empty when nothing did.
  FolderChanges Wait(std::chrono::milliseconds timeout);
  // Ends a Wait, now or the next.
  void Interrupt();

 private:
  FolderWatch(int events, int interrupt) : events_(events), interrupt_(interrupt) {}
  void Read(FolderChanges& changes);

  int events_ = -1, interrupt_ = -1;
  std::map<int, std::string> directories_;  // by watch descriptor
};

}  // namespace hullwright::evidence
