// Objects from folders of YAML and JSON files, watched: the embedded default that needs no cluster.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "evidence/catalogue.h"

namespace hullwright::evidence {

struct Folder {
  std::string path;
  bool may_hold_policies = true;  // false for --scans: an unreadable file there denies only what it would have proved
};

struct FolderOptions {
  std::size_t max_file_bytes = 16u << 20;
  std::size_t max_files = 200'000;
  std::chrono::milliseconds settle{50};    // a burst of changes is read once
  std::chrono::milliseconds poll{10'000};  // in case the kernel's notification is missed (network file systems)
};

// Reads *.yaml, *.yml and *.json below the folders (one level of sub-folders deep, dot files and dot folders skipped, the "..data" symlink
// of a mounted ConfigMap followed). A file may hold several objects; an object in two files is an error of the later. Objects that are not
// of our group and no Namespace are refused with their place: a policy folder holds nothing else.
//
// Once: reads and returns; errors of single files are problems of the catalogue, only a folder that cannot be read is an Error.
Result<void> LoadFolders(const std::vector<Folder>& folders, Catalogue& catalogue, const FolderOptions& options = {});

// Reads, then watches (inotify) on its own thread until destroyed. A file that vanishes takes its objects with it; a file or folder that
// cannot be read leaves the last good version in force and says so.
class FolderSource {
 public:
  static Result<std::unique_ptr<FolderSource>> Start(std::vector<Folder> folders, Catalogue& catalogue, FolderOptions options = {});
  virtual ~FolderSource() = default;
};

}  // namespace hullwright::evidence
