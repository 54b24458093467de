// Revocation of Notary Project certificates, asked where the certificates say: OCSP first, then lists (research section 3.6). Called while
// facts of a cold image are gathered, on a thread that waits; never for a warm one (docs/decisions/0021-revocation-is-asked-once.md).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "evidence/trust_fetcher.h"
#include "verify/revocation_query.h"

namespace hullwright::evidence {

struct RevocationFetcherOptions {
  std::chrono::milliseconds ocsp_time{2'000}, list_time{5'000};  // of one request
  // How long an answer is used without asking again, whatever it says of itself; and how long who failed to answer, or answered nothing
  // (bytes that tell neither good nor revoked, which anybody on the way can put there), is not asked again.
  std::chrono::minutes answer_life{60}, failure_life{1};
  std::size_t max_list_bytes = 32u << 20;  // as notation-core-go
  std::size_t max_bytes = 64u << 20;       // of all that is remembered
  std::size_t max_entries = 1024;
};

// Plain numbers since start.
struct RevocationStatistics {
  std::uint64_t answered = 0, failed = 0;  // requests
};

// Thread-safe. The collaborators outlive it.
class RevocationFetcher {
 public:
  RevocationFetcher(TrustFetcher& fetcher, const Clock& clock, RevocationFetcherOptions options = {});

  // Adds to the material what responders and lists say. What they do not say stays unknown: for CheckRevocation to tell, which verifies
  // every byte of it.
  void Answer(std::span<const verify::RevocationQuery> queries, verify::RevocationMaterial& material, Deadline deadline);

  RevocationStatistics Statistics() const { return {answered_, failed_}; }

 private:
  struct Remembered {
    std::optional<std::string> bytes;  // nullopt: it failed
    Time at{};
    bool useless = false;  // the bytes answered nothing
  };

  void AskResponders(const verify::RevocationQuery& query, verify::RevocationMaterial& material, Deadline deadline);
  void AskLists(const verify::RevocationQuery& query, verify::RevocationMaterial& material, Deadline deadline);
  // From memory or by asking; key: what was asked. deadline: the caller's.
  std::optional<std::string> Get(const std::string& key, const FetchRequest& request, Deadline deadline);
  void Remember(const std::string& key, Remembered answer);
  void NoteUseless(const std::string& key);
  std::chrono::minutes LifeOf(const Remembered& answer) const;

  TrustFetcher& fetcher_;
  const Clock& clock_;
  const RevocationFetcherOptions options_;
  Guarded<std::map<std::string, Remembered>> remembered_;
  std::atomic<std::uint64_t> answered_ = 0, failed_ = 0;
};

}  // namespace hullwright::evidence
