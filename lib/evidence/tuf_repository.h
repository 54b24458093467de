// One TUF repository as its client knows it: what it was shown before, so that nothing goes back, and the last complete material. Source:
// theupdateframework specification 1.0, section 5 ("detailed client workflow"); the rules of each step are verify/tuf_client.h.
//
// A value, not thread-safe: who refreshes works on a copy. Nothing of it is believed because it was kept: all of it is verified again from
// the initial root.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "verify/tuf_client.h"

namespace hullwright::evidence {

class TufRepository {
 public:
  // Of the file at this path below the mirror ("16.root.json", "targets/…"), at most so many bytes. kNotFound: there is none.
  using Fetch = std::function<Result<std::string>(const std::string& path, std::size_t max_bytes)>;

  // kept: what Keep() gave, "" for nothing; what of it does not verify is dropped. Errors: the initial root is none.
  static Result<TufRepository> Open(std::string_view initial_root, std::string_view kept, Time now);

  // The whole workflow: roots one after the other, timestamp, snapshot, targets, trusted_root.json. On an error the material of before
  // stays, and what verified on the way is remembered.
  Result<void> Refresh(const Fetch& fetch, Time now);

  // The document trusted_root.json, while every metadata file that says so is fresh; nullptr: none.
  const std::string* TrustedRoot(Time now) const { return complete_ && now < complete_->expires ? &complete_->target : nullptr; }
  // When it ends or ended; nullopt: there was never one.
  std::optional<Time> Expires() const { return complete_ ? std::optional(complete_->expires) : std::nullopt; }

  // Bytes for Open, now or in another process.
  std::string Keep() const;

  std::int64_t root_version() const { return root_.metadata.version; }

 private:
  struct Complete {
    std::string timestamp, snapshot, targets, target;
    Time expires{};
  };

  explicit TufRepository(verify::TufRoot root) : root_(std::move(root)) {}

  void Restore(std::string_view kept, Time now);
  Result<void> UpdateRoots(const Fetch& fetch);
  verify::TufClient Client() const;  // that remembers what was shown before
  // From the timestamp on.
  Result<Complete> Follow(verify::TufClient client, const Fetch& fetch, Time now);

  verify::TufRoot root_;              // the newest
  std::vector<std::string> roots_;    // behind the initial one, in order
  std::string timestamp_, snapshot_;  // the newest that were shown
  std::optional<Complete> complete_;
};

}  // namespace hullwright::evidence
