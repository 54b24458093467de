// A registry that remembers: what was fetched by digest is read from the store, checked again, before it is asked for; what may change (a
// tag, a listing of referrers) is taken from there only while it is young enough, or, older, when the registry cannot be asked.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "registry/registry.h"
#include "store/byte_cache.h"

namespace hullwright::evidence {

// How old an answer of the store may be.
struct Freshness {
  std::chrono::milliseconds asked{0};   // before the registry is asked
  std::chrono::milliseconds outage{0};  // when it cannot be
};

// "There is none" is kept for so long.
inline constexpr std::chrono::seconds kNegativeLife{30};

// For one gathering; thread-safe. upstream, cache and clock outlive it; cache may be null.
class RememberingRegistry final : public registry::Registry {
 public:
  using DocumentAnswer = registry::Answer<std::shared_ptr<const registry::Document>>;
  using BlobAnswer = registry::Answer<std::shared_ptr<const std::string>>;

  RememberingRegistry(registry::Registry& upstream, store::ByteCache* cache, const Clock& clock, Freshness freshness);

  DocumentAnswer Resolve(const registry::RepositoryName& repository, std::string_view tag, const registry::Call& call) override;
  DocumentAnswer Manifest(const registry::RepositoryName& repository, const Digest& digest, const registry::Call& call) override;
  BlobAnswer Blob(const registry::RepositoryName& repository, const registry::Descriptor& blob, const registry::Call& call,
                  std::size_t max_bytes) override;
  // Asks for all referrers, so that one answer serves every type.
  registry::Answer<registry::ReferrerList> Referrers(const registry::RepositoryName& repository, const Digest& subject,
                                                     std::string_view artifact_type, const registry::Call& call) override;

  // Of all answers so far that came from the store although the registry might say something else now: the time of the oldest, and whether
  // one was taken because the registry could not be asked.
  std::optional<Time> oldest() const {
    return memory_.With([](const Memory& memory) { return memory.oldest; });
  }
  bool in_outage() const {
    return memory_.With([](const Memory& memory) { return memory.in_outage; });
  }

 private:
  DocumentAnswer FetchManifest(const registry::RepositoryName& repository, const Digest& digest, const registry::Call& call);
  BlobAnswer FetchBlob(const registry::RepositoryName& repository, const registry::Descriptor& blob, const registry::Call& call,
                       std::size_t max_bytes);
  std::optional<store::Entry> Recall(const store::EntryKey& key, std::chrono::milliseconds max_age) const;
  void Keep(const store::EntryKey& key, std::string_view media_type, std::string_view bytes, std::chrono::milliseconds life);
  void Remember(const std::string& name, const std::shared_ptr<const registry::Document>& document);
  void NoteRecalled(const store::Entry& entry, bool outage);
  // The document whose digest the entry of a tag holds; absent or unreadable entries give nothing.
  std::optional<DocumentAnswer> RecallTag(const registry::RepositoryName& repository, const store::EntryKey& key,
                                          std::chrono::milliseconds max_age, bool outage, const registry::Call& call);
  std::optional<registry::ReferrerList> RecallReferrers(const store::EntryKey& key, std::chrono::milliseconds max_age, bool outage);

  registry::Registry& upstream_;
  store::ByteCache* const cache_;
  const Clock& clock_;
  const Freshness freshness_;
  // Of this gathering: several things may share one blob, and the store learns of it only a moment later.
  struct Memory {
    std::map<std::string, std::shared_ptr<const registry::Document>> documents;
    std::map<std::string, std::shared_ptr<const std::string>> blobs;
    std::optional<Time> oldest;
    bool in_outage = false;
  };
  Guarded<Memory> memory_;
};

}  // namespace hullwright::evidence
