// The rules of a TUF client, without the client: bytes and the time in, trusted metadata out. Whoever fetches follows the order root,
// timestamp, snapshot, targets, target; each step refuses to be taken before the one it rests on. Source: theupdateframework
// specification 1.0, sections 5.3 to 5.7. No delegations: a target is looked up in the top-level targets alone (CVE-2024-47534).
//
// Not thread-safe; a value that one refresh owns. A step that fails leaves what is trusted as it was.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "verify/failure.h"
#include "verify/tuf_root.h"

namespace hullwright::verify {

// What one metadata file says of another file.
struct TufFile {
  std::int64_t version = 0;                                // of metadata; 0 for targets
  std::optional<std::int64_t> length;                      // bytes
  std::map<std::string, std::string, std::less<>> hashes;  // "sha256" → lower-case hex; those of unknown algorithms left out
};

class TufClient {
 public:
  explicit TufClient(TufRoot trusted) : root_(std::move(trusted)) {}

  // The next root; to be repeated until there is none. kTrustRoot when it does not follow.
  Checked<void> UpdateRoot(std::string_view json);

  // What was trusted before, so that nothing older is accepted (roll-back); signed by the present root, expired or not. Metadata that no
  // longer verifies (its keys were replaced) is a failure and is not remembered.
  Checked<void> RememberTimestamp(std::string_view json);
  Checked<void> RememberSnapshot(std::string_view json);

  // Not older than what is remembered, of the length, hashes and version that the file above says, signed and fresh. The root must be fresh
  // from here on (freeze).
  Checked<void> UpdateTimestamp(std::string_view json, Time now);
  Checked<void> UpdateSnapshot(std::string_view json, Time now);
  Checked<void> UpdateTargets(std::string_view json, Time now);

  // Of the last UpdateTargets; kTrustRoot when it lists no such target.
  Checked<TufFile> FindTarget(std::string_view name) const;

  // Names to fetch: "16.root.json", "snapshot.json" or with consistent snapshots "7.snapshot.json".
  std::string NextRootName() const;
  Checked<std::string> SnapshotName() const;
  Checked<std::string> TargetsName() const;

  const TufRoot& root() const { return root_; }
  // After UpdateTargets: until when all of it is fresh. Before: the beginning of time.
  Time Expires() const;

 private:
  struct Listing {  // a timestamp, snapshot or targets file
    TufMetadata metadata;
    std::map<std::string, TufFile, std::less<>> files;
  };
  Checked<Listing> ReadListing(std::string_view json, std::string_view type, const TufRole& role) const;
  Checked<void> RequireSnapshotNotOlder(const Listing& snapshot) const;

  TufRoot root_;
  std::optional<Listing> timestamp_, snapshot_, targets_;
  bool timestamp_fresh_ = false;
  bool snapshot_fresh_ = false;
};

// The content of a file that trusted metadata describes: its length, and at least one hash, all that are given.
Checked<void> RequireContent(std::string_view content, const TufFile& file, std::string_view name);

}  // namespace hullwright::verify
