#include "evidence/folder_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

namespace hullwright::evidence {
namespace {

// Files are decoded in batches, so that the wide structs of ten thousand scans never exist at once.
constexpr std::size_t kBatchFiles = 256;

// An unreadable file may still say by its name which scan it is.
std::optional<api::ObjectKey> ScanOfName(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem().string();
  constexpr std::string_view kPrefix = "sha256-";
  if (!stem.starts_with(kPrefix) || !Digest::Parse("sha256:" + stem.substr(kPrefix.size()))) return std::nullopt;
  return api::ObjectKey{"ImageScan", "", stem};
}

bool IsBelow(const std::string& path, const std::string& folder) {
  return path.starts_with(folder) && path.size() > folder.size() && (folder.ends_with('/') || path[folder.size()] == '/');
}

void PutInto(Catalogue& catalogue, ReadDocument& document) {
  if (!document.object)
    return catalogue.Put(*document.key, document.origin, std::unexpected(document.object.error()), std::move(document.match));
  if (auto* scan = std::get_if<std::shared_ptr<const policy::ScanRecord>>(&*document.object))
    return catalogue.PutScan(*document.key, std::move(*scan));
  catalogue.Put(*document.key, document.origin, std::get<api::Object>(std::move(*document.object)));
}

std::vector<Folder> Normalised(std::vector<Folder> folders) {
  for (Folder& folder : folders) {
    while (folder.path.size() > 1 && folder.path.ends_with('/')) folder.path.pop_back();
  }
  return folders;
}

}  // namespace

FolderState::FolderState(std::vector<Folder> folders, Catalogue& catalogue, FolderOptions options)
    : folders_(Normalised(std::move(folders))), catalogue_(catalogue), options_(options) {}

Result<void> FolderState::RefreshAll() {
  ++refresh_;
  Result<void> result;
  std::vector<FoundFile> changed;
  directories_.clear();
  for (const Folder& folder : folders_) {
    auto listed = ListAgain(folder, changed);
    if (!listed && result) result = listed;
  }
  ReadAndTake(std::move(changed));
  Finish();
  return result;
}

void FolderState::Refresh(const std::set<std::string>& paths) {
  ++refresh_;
  std::vector<FoundFile> changed;
  for (const std::string& path : paths) {
    const Folder* folder = FolderOf(path);
    if (folder == nullptr) continue;
    if (auto found = FindFile(path, folder->may_hold_policies)) {
      changed.push_back(std::move(*found));
    } else if (const auto known = files_.find(path); known != files_.end()) {
      Forget(known);
    }
  }
  ReadAndTake(std::move(changed));
  Finish();
}

Result<void> FolderState::ListAgain(const Folder& folder, std::vector<FoundFile>& changed) {
  directories_.insert(folder.path);
  auto listing = ListFolder(folder, folders_, options_);
  if (!listing) {
    catalogue_.PutUnreadable(folder.path, listing.error(), folder.may_hold_policies, true);
    return std::unexpected(listing.error());
  }
  catalogue_.ClearUnreadable(folder.path);
  directories_.insert(listing->directories.begin(), listing->directories.end());
  ForgetVanished(folder, listing->files);
  for (FoundFile& found : listing->files) {
    const auto known = files_.find(found.path);
    if (known == files_.end() || known->second.fingerprint != found.fingerprint) changed.push_back(std::move(found));
  }
  return {};
}

void FolderState::ForgetVanished(const Folder& folder, const std::vector<FoundFile>& found) {
  for (auto file = files_.begin(); file != files_.end();) {
    const auto current = file++;
    if (FolderOf(current->first) != &folder) continue;
    if (!std::ranges::binary_search(found, current->first, {}, &FoundFile::path)) Forget(current);
  }
}

// The innermost folder, since one may lie inside another.
const Folder* FolderState::FolderOf(const std::string& path) const {
  const Folder* innermost = nullptr;
  for (const Folder& folder : folders_) {
    if (IsBelow(path, folder.path) && (innermost == nullptr || folder.path.size() > innermost->path.size())) innermost = &folder;
  }
  return innermost;
}

void FolderState::ReadAndTake(std::vector<FoundFile> changed) {
  for (std::size_t begin = 0; begin < changed.size(); begin += kBatchFiles) {
    const auto batch = std::span(changed).subspan(begin, std::min(kBatchFiles, changed.size() - begin));
    std::vector<FileContent> contents = ReadFiles(batch, options_);
    for (std::size_t i = 0; i < batch.size(); ++i) Take(batch[i], std::move(contents[i]));
  }
}

// An object has left its file: another file that has it too may now be its place.
void FolderState::ReadDisplaced() {
  std::vector<FoundFile> again;
  for (const auto& [path, file] : files_) {
    if (!file.displaced) continue;
    if (auto found = FindFile(path, file.may_hold_policies)) again.push_back(std::move(*found));
  }
  ReadAndTake(std::move(again));
}

void FolderState::Finish() {
  if (std::exchange(displaced_changed_, false) || !disowned_.empty()) ReadDisplaced();
  for (const api::ObjectKey& key : std::exchange(disowned_, {})) catalogue_.Remove(key);
  catalogue_.Publish();
}

void FolderState::Take(const FoundFile& found, FileContent content) {
  Files::value_type& file = *files_.try_emplace(found.path).first;
  file.second.fingerprint = found.fingerprint;
  file.second.may_hold_policies = found.may_hold_policies;
  displaced_changed_ = std::exchange(file.second.displaced, false) || displaced_changed_;
  if (content) {
    TakeDocuments(file, *content);
  } else {
    TakeUnreadable(file, content.error());
  }
}

// All that is known of the file stays in force.
void FolderState::TakeUnreadable(Files::value_type& file, const Error& error) {
  KnownFile& known = file.second;
  if (const auto scan = ScanOfName(file.first); scan && MayPutScan(file, *scan)) {
    catalogue_.Put(*scan, file.first, std::unexpected(error));
    if (!known.may_hold_policies && known.keys.size() == 1) return SetFaults(known, {});  // all that the file may be is said
  }
  SetFaults(known, {file.first});
  catalogue_.PutUnreadable(file.first, error, known.may_hold_policies, HasGood(known));
}

// Whether the scan is this file's, or can be made so.
bool FolderState::MayPutScan(Files::value_type& file, const api::ObjectKey& scan) {
  return Own(file, scan) != nullptr || owners_.at(scan).path == &file.first;
}

void FolderState::TakeDocuments(Files::value_type& file, std::vector<ReadDocument>& documents) {
  KnownFile& known = file.second;
  const auto before = std::exchange(known.keys, {});
  for (const api::ObjectKey* key : before) owners_[*key].path = nullptr;
  std::set<std::string> faults;
  std::vector<const ReadDocument*> nameless;
  for (ReadDocument& document : documents) {
    if (!document.key) nameless.push_back(&document);
    if (!document.key || !TakeDocument(file, document)) faults.insert(document.origin);
  }
  bool last_good = false;
  for (const api::ObjectKey* key : before) {
    Owner& owner = owners_[*key];
    if (owner.path != nullptr) continue;
    if (nameless.empty()) {
      Disown(key);
      continue;
    }
    // A nameless document may be this object, its name misspelt: until that is known, its last good version stays.
    owner.path = &file.first;
    known.keys.push_back(key);
    last_good = last_good || owner.good;
  }
  for (const ReadDocument* document : nameless) {
    catalogue_.PutUnreadable(document->origin, document->key.error(), known.may_hold_policies && document->may_be_policy, last_good);
  }
  SetFaults(known, std::move(faults));
}

// False when the object is already elsewhere.
bool FolderState::TakeDocument(Files::value_type& file, ReadDocument& document) {
  Owner* owner = Own(file, *document.key);
  if (owner == nullptr) {
    TakeSecond(file, document);
    return false;
  }
  owner->good = owner->good || document.object.has_value();
  PutInto(catalogue_, document);
  return true;
}

// What was in force before stays in force. Of two that came together nobody knows which one is meant, and a name of a file must not decide
// whether a gate is open: neither counts, as if the object did not decode.
void FolderState::TakeSecond(Files::value_type& file, const ReadDocument& document) {
  Owner& owner = owners_.at(*document.key);
  const Error error{ErrorCode::kConflict,
                    fmt::format("{} is already defined in {}: delete one of the two", document.key->ToString(), *owner.path)};
  file.second.displaced = true;
  if (!owner.contested && owner.since != refresh_ && owner.path != &file.first)
    return catalogue_.PutUnreadable(document.origin, error, false, true);
  owner.contested = true;
  owner.good = false;
  files_.at(*owner.path).displaced = true;
  catalogue_.Remove(*document.key);
  catalogue_.Put(*document.key, document.origin, std::unexpected(error));
}

// Makes the object this file's; nullptr when another file, or this one a few lines above, has it already.
FolderState::Owner* FolderState::Own(Files::value_type& file, const api::ObjectKey& key) {
  const auto [found, is_new] = owners_.try_emplace(key);
  if (found->second.path != nullptr) return nullptr;
  if (is_new || std::exchange(found->second.contested, false)) found->second.since = refresh_;
  found->second.path = &file.first;
  file.second.keys.push_back(&found->first);
  disowned_.erase(key);
  return &found->second;
}

bool FolderState::HasGood(const KnownFile& file) const {
  return std::ranges::any_of(file.keys, [&](const api::ObjectKey* key) { return owners_.at(*key).good; });
}

void FolderState::Disown(const api::ObjectKey* key) {
  disowned_.insert(*key);
  owners_.erase(owners_.find(*key));
}

void FolderState::Forget(Files::iterator file) {
  for (const api::ObjectKey* key : file->second.keys) Disown(key);
  displaced_changed_ = displaced_changed_ || file->second.displaced;
  SetFaults(file->second, {});
  files_.erase(file);
}

void FolderState::SetFaults(KnownFile& file, std::set<std::string> faults) {
  for (const std::string& origin : file.faults) {
    if (!faults.contains(origin)) catalogue_.ClearUnreadable(origin);
  }
  file.faults = std::move(faults);
}

}  // namespace hullwright::evidence
