// A file of bytes and answers that outlives the process: manifests, image configurations, signature material, metadata of TUF
// repositories, listings of referrers, and for a short time "there is none". Never a verdict (docs/decisions/0013-verified.md): who reads
// checks digests and signatures again.
//
// It is a cache and nothing else. It may be deleted at any time, also while it is open; a damaged file is renamed to FILE.damaged and
// built anew; on a full disk nothing more is kept. None of that is ever fatal or delays a request: it is logged and counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::store {

enum class EntryKind {
  kManifest = 1,   // reference: digest; bytes: the manifest or index
  kBlob = 2,       // reference: digest
  kReferrers = 3,  // reference: digest of the subject; bytes: what the registry listed, as the caller writes it
  kTag = 4,        // reference: tag; bytes: the digest it named. For outages only: a tag is never a key of a verdict
  kAbsent = 5,     // reference: tag or digest; no bytes
  // reference: the initial root's hash; bytes: what a TUF repository has shown. Kept whatever max_bytes and max_age say: where it is
  // missing, a mirror may go back to what was before.
  kTrustMetadata = 6,
};

// What was asked. scope: which credentials asked, so that nobody reads what only another may (see evidence/credentials.h).
struct EntryKey {
  EntryKind kind = EntryKind::kManifest;
  std::string scope, repository, reference;

  auto operator<=>(const EntryKey&) const = default;
};

struct Entry {
  std::string media_type, bytes;
  Time stored_at{};
  Time expires_at{};
};

struct ByteCacheOptions {
  std::string path;
  std::uint64_t max_bytes = 256u << 20;      // of the file; the oldest entries go first, but never kTrustMetadata
  std::size_t max_entry_bytes = 8u << 20;    // larger ones are not kept
  std::chrono::hours max_age{24 * 30};       // whatever expires_at says
  std::size_t max_queued_entries = 1024;     // waiting to be written; what does not fit is not kept
  std::size_t max_queued_bytes = 64u << 20;  // of them
  std::chrono::milliseconds retry{30'000};   // after a file that cannot be opened
};

// Plain numbers since start.
struct ByteCacheStatistics {
  std::uint64_t hits = 0, misses = 0, written = 0, dropped = 0, failures = 0, rebuilds = 0;
  std::uint64_t file_bytes = 0;
  bool usable = false;  // the file is open
};

// Thread-safe. Reading takes one lock and a few microseconds; writing happens on a thread of its own.
class ByteCache {
 public:
  // Errors: the path is a folder, or a database of somebody else, which we would have to destroy. The clock outlives the cache.
  static Result<std::unique_ptr<ByteCache>> Open(ByteCacheOptions options, const Clock& clock);
  virtual ~ByteCache() = default;

  // nullopt also for what has expired, was stored later than now, or cannot be read.
  virtual std::optional<Entry> Find(const EntryKey& key) = 0;
  // Soon, and perhaps never. Replaces what was there. stored_at is set here.
  virtual void Put(EntryKey key, std::string media_type, std::string bytes, std::chrono::milliseconds life) = 0;
  virtual void Forget(EntryKey key) = 0;

  // Waits until everything put so far is written or dropped. For tests and the end of a program.
  virtual void Flush() = 0;
  virtual ByteCacheStatistics Statistics() const = 0;
};

}  // namespace hullwright::store
