// Finding and reading the files of a folder; knows nothing of what was there before. Private to lib/evidence.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "api/object.h"
#include "evidence/folder_source.h"
#include "policy/scan_record.h"

namespace hullwright::evidence {

// Changes whenever the content of a file may have changed.
struct Fingerprint {
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
  auto operator<=>(const Fingerprint&) const = default;
};

struct FoundFile {
  std::string path;
  bool may_hold_policies = true;
  Fingerprint fingerprint;
};

struct FolderListing {
  std::vector<std::string> directories;  // the folder and its sub-folders
  std::vector<FoundFile> files;          // in the order of their paths
};

// All files of a folder that hold objects. other_folders are listed by themselves and left out here. Errors: the folder or a sub-folder
// cannot be read, or there are more than max_files.
Result<FolderListing> ListFolder(const Folder& folder, std::span<const Folder> other_folders, const FolderOptions& options);

// One file by its path; nullopt when it is gone or is none that holds objects.
std::optional<FoundFile> FindFile(const std::string& path, bool may_hold_policies);

// An ImageScan in its compact form, which the thread that reads it makes: the wide one is several times as large and never leaves it.
using ReadObject = std::variant<api::Object, std::shared_ptr<const policy::ScanRecord>>;

// One document of a file. Of what does not tell what it is, or is not read from such a folder, key is the Error.
struct ReadDocument {
  std::string origin;  // "policies/all.yaml (document 2, line 14)"
  Result<api::ObjectKey> key;
  Result<ReadObject> object;
  std::optional<api::PolicyMatch> match;  // of a policy that does not decode
  bool may_be_policy = true;              // with an unreadable key: whether a policy may be meant
};

// An Error when the file does not parse; then nothing is known of it.
using FileContent = Result<std::vector<ReadDocument>>;

// Reads and decodes the files, in their order, on as many threads as there are processors, at most four.
std::vector<FileContent> ReadFiles(std::span<const FoundFile> files, const FolderOptions& options);

}  // namespace hullwright::evidence
