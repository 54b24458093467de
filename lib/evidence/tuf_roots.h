// trusted_root.json of every TrustRoot of type TUF, kept up to date from its mirror, away from the request path
// (docs/decisions/0020-fetched-in-the-background.md). What was fetched last stays in force while all its metadata is
// fresh, whatever the mirror does; then there is none.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/guarded.h"
#include "evidence/catalogue.h"
#include "evidence/trust_fetcher.h"
#include "evidence/tuf_repository.h"
#include "store/byte_cache.h"

namespace hullwright::evidence {

struct TufSource {
  std::string mirror;        // URL
  std::string initial_root;  // root.json
  std::chrono::hours refresh{24};

  bool operator==(const TufSource&) const = default;
};

struct TufRootsOptions {
  std::chrono::milliseconds file_time{10'000};  // of one request
  std::chrono::milliseconds time{60'000};       // of one refresh
  // After a failure, doubled with each further one.
  std::chrono::minutes first_retry{1}, last_retry{60};
};

// Thread-safe. The collaborators outlive it.
class TufRoots {
 public:
  // cache: null for none; with it what was fetched and shown survives a restart, so that a mirror cannot go back over one.
  TufRoots(TrustFetcher& fetcher, store::ByteCache* cache, const Clock& clock, TufRootsOptions options = {});

  // The document as it is in force; from now on it is kept up to date. Fetches nothing. Errors say why there is none: nothing was fetched
  // yet, or what was fetched has ended.
  Result<std::string> TrustedRoot(const std::string& name, const TufSource& source);
  // TrustRoots of other names are forgotten.
  void KeepOnly(const std::set<std::string>& names);

  // Fetches what is due; for one thread that may wait. stop ends it after the request that is being made.
  void RefreshDue(const std::stop_token& stop = {});
  // Grows whenever TrustedRoot may answer otherwise than before.
  std::uint64_t changes() const { return changes_; }

  // TrustRoots whose last refresh failed.
  std::vector<Problem> Problems() const;

 private:
  struct Entry {
    TufSource source;
    Result<TufRepository> repository;
    Time refresh_at{};  // at once, after a start too
    int failures = 0;
    std::string error = {};  // of the last refresh
  };

  Entry Begin(const TufSource& source) const;
  Result<std::string> Answer(const Entry& entry) const;
  std::optional<std::pair<std::string, Entry>> NextDue() const;
  void Refresh(const std::string& name, Entry entry, const std::stop_token& stop);
  void KeepEntry(const Entry& entry);
  std::chrono::milliseconds RetryAfter(int failures) const;

  TrustFetcher& fetcher_;
  store::ByteCache* const cache_;
  const Clock& clock_;
  const TufRootsOptions options_;
  Guarded<std::map<std::string, Entry>> entries_;
  std::atomic<std::uint64_t> changes_ = 0;
};

}  // namespace hullwright::evidence
