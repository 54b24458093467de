#include "evidence/folder_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "base/yaml.h"

namespace hullwright::evidence {
namespace {

namespace fs = std::filesystem;

bool HoldsObjects(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.empty() || name.front() == '.') return false;
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

std::int64_t Nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// Follows symlinks; nullopt for what is not there and for directories. Anything else (a device, a pipe) is a file that will not be
// readable.
std::optional<Fingerprint> FingerprintOf(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    // A dangling symlink or a forbidden one is a file that cannot be read, not an absent one.
    if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return std::nullopt;
  }
  if (S_ISDIR(status.st_mode)) return std::nullopt;
  return Fingerprint{status.st_dev, status.st_ino, status.st_size, Nanoseconds(status.st_mtim), Nanoseconds(status.st_ctim)};
}

Error FolderError(const std::string& path, const std::error_code& code) {
  return {ErrorCode::kUnavailable,
          fmt::format("cannot read the folder {}: {}; it must exist and be readable and searchable by this process", path, code.message())};
}

bool IsOneOf(const fs::path& path, std::span<const Folder> folders) {
  std::error_code ignored;
  return std::ranges::any_of(folders, [&](const Folder& folder) { return fs::equivalent(path, folder.path, ignored); });
}

class Lister {
 public:
  Lister(const Folder& folder, std::span<const Folder> other_folders, const FolderOptions& options)
      : folder_(folder), other_folders_(other_folders), options_(options) {}

  Result<FolderListing> List() {
    if (auto listed = ListDirectory(folder_.path, true); !listed) return std::unexpected(listed.error());
    std::ranges::sort(listing_.files, {}, &FoundFile::path);
    return std::move(listing_);
  }

 private:
  Result<void> ListDirectory(const std::string& directory, bool with_sub_folders) {
    std::error_code code;
    fs::directory_iterator entry(directory, code);
    if (code) return std::unexpected(FolderError(directory, code));
    listing_.directories.push_back(directory);
    for (; entry != fs::directory_iterator(); entry.increment(code)) {
      if (auto taken = Take(*entry, with_sub_folders); !taken) return taken;
      if (code) return std::unexpected(FolderError(directory, code));
    }
    return {};
  }

  Result<void> Take(const fs::directory_entry& entry, bool with_sub_folders) {
    const std::string path = entry.path().string();
    if (entry.path().filename().string().starts_with('.')) return {};
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      return with_sub_folders && !IsOneOf(entry.path(), other_folders_) ? ListDirectory(path, false) : Result<void>{};
    }
    if (!HoldsObjects(entry.path())) return {};
    if (listing_.files.size() >= options_.max_files) {
      return Fail(ErrorCode::kTooLarge, fmt::format("the folder {} holds more than {} files", folder_.path, options_.max_files));
    }
    if (const auto fingerprint = FingerprintOf(path)) listing_.files.push_back({path, folder_.may_hold_policies, *fingerprint});
    return {};
  }

  const Folder& folder_;
  std::span<const Folder> other_folders_;
  const FolderOptions& options_;
  FolderListing listing_;
};

// Whether an object whose key cannot be read may be meant as a policy: unless it says that it is something else.
bool MayBePolicy(JsonElement object) {
  const std::string_view kind = TextMember(object, "kind");
  if (kind.empty() || api::IsPolicyKind(kind)) return true;
  const bool known = kind == "Namespace" || std::ranges::any_of(api::Kinds(), [&](const api::KindInfo& info) { return info.kind == kind; });
  if (known) return false;
  const std::string_view group = TextMember(object, "apiVersion");
  return group.empty() || group.starts_with(api::kGroup);
}

Result<ReadObject> DecodeCompact(JsonElement root) {
  auto object = api::DecodeObject(root);
  if (!object) return std::unexpected(std::move(object.error()));
  if (const auto* scan = std::get_if<api::ImageScan>(&*object)) return std::make_shared<const policy::ScanRecord>(*scan);
  return std::move(*object);
}

// One file after another; one per thread.
class FileReader {
 public:
  explicit FileReader(const FolderOptions& options) : options_(options) {}

  FileContent Read(const FoundFile& file) {
    const auto text = ReadRegularFile(file.path, options_.max_file_bytes);
    if (!text) return std::unexpected(text.error());
    return file.path.ends_with(".json") ? ReadJsonFile(file, *text) : ReadYamlFile(file, *text);
  }

 private:
  FileContent ReadJsonFile(const FoundFile& file, const std::string& text) {
    const auto root = json_.Read(text, {options_.max_file_bytes, JsonLimits().max_depth});
    if (!root) return std::unexpected(root.error());
    std::vector<ReadDocument> documents;
    documents.push_back(Decode(*root, file, file.path));
    return documents;
  }

  FileContent ReadYamlFile(const FoundFile& file, const std::string& text) {
    YamlLimits limits;
    limits.max_bytes = options_.max_file_bytes;
    const auto parts = ReadYaml(text, limits);
    if (!parts) return std::unexpected(parts.error());
    std::vector<ReadDocument> documents;
    for (const YamlDocument& part : *parts) {
      const std::string origin =
          parts->size() == 1 ? file.path : fmt::format("{} (document {}, line {})", file.path, documents.size() + 1, part.line);
      const auto root = json_.Read(part.json, {4 * options_.max_file_bytes, limits.max_depth});
      if (!root) return std::unexpected(root.error().Within(fmt::format("the document at line {}", part.line)));
      documents.push_back(Decode(*root, file, origin));
    }
    return documents;
  }

  static ReadDocument Decode(JsonElement root, const FoundFile& file, std::string origin) {
    ReadDocument document{std::move(origin), api::ReadKey(root), Fail(ErrorCode::kInternal, "not decoded"), std::nullopt, true};
    if (!document.key) {
      document.may_be_policy = MayBePolicy(root);
      return document;
    }
    if (!file.may_hold_policies && document.key->kind != "ImageScan") {
      document.key = Fail(ErrorCode::kInvalidInput,
                          fmt::format("{} is not read from a folder of scans: move it to a folder of policies", document.key->ToString()));
      return document;
    }
    document.object = DecodeCompact(root);
    if (!document.object && api::IsPolicyKind(document.key->kind)) {
      if (auto match = api::DecodePolicyMatch(root)) document.match = std::move(*match);
    }
    return document;
  }

  const FolderOptions& options_;
  JsonReader json_;
};

}  // namespace

Result<FolderListing> ListFolder(const Folder& folder, std::span<const Folder> other_folders, const FolderOptions& options) {
  return Lister(folder, other_folders, options).List();
}

std::optional<FoundFile> FindFile(const std::string& path, bool may_hold_policies) {
  if (!HoldsObjects(path)) return std::nullopt;
  const auto fingerprint = FingerprintOf(path);
  if (!fingerprint) return std::nullopt;
  return FoundFile{path, may_hold_policies, *fingerprint};
}

std::vector<FileContent> ReadFiles(std::span<const FoundFile> files, const FolderOptions& options) {
  std::vector<FileContent> contents(files.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    FileReader reader(options);
    for (std::size_t i = next++; i < files.size(); i = next++) contents[i] = reader.Read(files[i]);
  };
  // A few files are not worth a thread.
  constexpr std::size_t kFilesPerThread = 16;
  const auto wanted = std::min<std::size_t>(std::clamp(std::thread::hardware_concurrency(), 1u, 4u), files.size() / kFilesPerThread + 1);
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(work);
  work();
  others.clear();
  return contents;
}

}  // namespace hullwright::evidence
