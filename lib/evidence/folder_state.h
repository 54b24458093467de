// What the folders held when they were last read, and bringing a catalogue up to date with what they hold now. Private to lib/evidence.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "evidence/catalogue.h"
#include "evidence/folder_reader.h"

namespace hullwright::evidence {

// Not thread-safe.
class FolderState {
 public:
  FolderState(std::vector<Folder> folders, Catalogue& catalogue, FolderOptions options);

  // Reads whatever is new or changed, judged by its fingerprint, and publishes. The error of the first folder that cannot be read; the
  // others are read all the same, and what was known of it stays.
  Result<void> RefreshAll();
  // Reads these files whatever their fingerprints say, and publishes.
  void Refresh(const std::set<std::string>& paths);

  // The folders and sub-folders found by the last RefreshAll.
  const std::set<std::string>& directories() const { return directories_; }

 private:
  struct KnownFile {
    Fingerprint fingerprint;
    std::vector<const api::ObjectKey*> keys;  // of owners_
    std::set<std::string> faults;             // origins reported to the catalogue as unreadable
    bool may_hold_policies = true;
    bool displaced = false;  // holds an object that another file has too: to be read again when that may have changed
  };
  using Files = std::map<std::string, KnownFile>;
  struct Owner {
    const std::string* path = nullptr;  // a key of files_; nullptr only while its file is being taken again
    bool good = false;                  // it decoded once, so that there is a last good version
    std::uint64_t since = 0;            // the refresh in which it came into force
    bool contested = false;             // came from two places at once: neither counts
  };

  Result<void> ListAgain(const Folder& folder, std::vector<FoundFile>& changed);
  void ForgetVanished(const Folder& folder, const std::vector<FoundFile>& found);
  const Folder* FolderOf(const std::string& path) const;

  void ReadAndTake(std::vector<FoundFile> changed);
  void ReadDisplaced();
  void Finish();

  void Take(const FoundFile& found, FileContent content);
  void TakeUnreadable(Files::value_type& file, const Error& error);
  void TakeDocuments(Files::value_type& file, std::vector<ReadDocument>& documents);
  bool TakeDocument(Files::value_type& file, ReadDocument& document);
  void TakeSecond(Files::value_type& file, const ReadDocument& document);
  bool MayPutScan(Files::value_type& file, const api::ObjectKey& scan);
  Owner* Own(Files::value_type& file, const api::ObjectKey& key);
  bool HasGood(const KnownFile& file) const;
  void Disown(const api::ObjectKey* key);
  void Forget(Files::iterator file);
  void SetFaults(KnownFile& file, std::set<std::string> faults);

  const std::vector<Folder> folders_;
  Catalogue& catalogue_;
  const FolderOptions options_;
  Files files_;
  std::map<api::ObjectKey, Owner> owners_;  // the file each object was read from
  std::set<std::string> directories_;
  std::uint64_t refresh_ = 0;
  bool displaced_changed_ = false;     // in this refresh: what another file displaced, or contested, may count now
  std::set<api::ObjectKey> disowned_;  // in this refresh; removed at its end unless another file has them by then
};

}  // namespace hullwright::evidence
