// Facts about images for requests: from memory, else from the store, else from the registry; each thing once, however many ask at the same
// time (docs/decisions/0015-facts-not-verdicts.md).
//
//   resolution  which digest a tag names. Asked anew after kResolutionLife: a tag is never a key of anything that was proved.
//   facts       of (repository, digest, what is asked and the trust it is judged by, credentials). Immutable. Changed policies or keys ask
//               for other facts, so that what was remembered for the old ones is never met again.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/pull_context.h"
#include "base/clock.h"
#include "evidence/facts_share.h"
#include "evidence/flights.h"
#include "evidence/gathering.h"
#include "evidence/keyrings.h"
#include "evidence/recent_map.h"
#include "evidence/trust_material.h"
#include "evidence/turns.h"
#include "http/body_budget.h"
#include "policy/evidence_needs.h"
#include "policy/trust_facts.h"
#include "registry/registry.h"
#include "store/byte_cache.h"

namespace hullwright::evidence {

struct ImageQuery {
  ImageReference reference;
  policy::EvidenceNeeds needs;
  api::PullContext pull;
};

// What of policy::ImageFacts comes from registries.
struct Origin {
  std::optional<std::expected<policy::Resolution, policy::Doubt>> resolution;
  std::shared_ptr<const policy::TrustFacts> trust;
  std::size_t trust_bytes = 0;  // what it takes, about; 0: it only says why nothing is known
};

struct GathererOptions {
  std::chrono::milliseconds resolution_life{10'000};
  std::chrono::milliseconds negative_life{30'000};     // of facts of which nothing vouches
  std::chrono::milliseconds positive_life{3'600'000};  // of all others
  // After so long, facts that still count are gathered again in the background, when somebody asks for them.
  std::chrono::milliseconds refresh_some{60'000}, refresh_all{1'800'000};
  std::chrono::milliseconds flight_time{20'000};  // what one gathering may take, whoever waits for it
  std::chrono::hours outage_memory{24 * 30};      // how old the store's answers may be when a registry is out; policies allow less
  // In memory.
  std::size_t max_facts = 20'000, max_facts_bytes = 256u << 20;
  std::size_t max_resolutions = 20'000, max_resolution_bytes = 32u << 20;
  // Facts that one request holds, in memory or not (what others gather for it as well counts once it takes it); and those that all
  // requests hold which are not in memory any more, or never were.
  std::size_t max_request_bytes = 64u << 20, max_bytes_under_way = 256u << 20;
  std::size_t max_fetched_bytes = 256u << 20;  // of all that is being gathered; each alone has kMaxAdmissionBytes
  WorkPool::Options pool = {};
};

// Plain numbers since start.
struct GathererStatistics {
  std::uint64_t memory_hits = 0, gathered = 0, resolved = 0, negative = 0, unreachable = 0, outages = 0, refused_by_load = 0;
  std::size_t facts = 0, facts_bytes = 0;
};

struct GathererSources {
  registry::Registry& registry;
  store::ByteCache* cache = nullptr;  // null: nothing survives a restart
  Keyrings& keyrings;
  std::function<std::shared_ptr<const TrustMaterial>()> trust;
  const Clock& clock;
  Observer* observer = nullptr;             // null, or told of every claim
  RevocationFetcher* revocation = nullptr;  // null: of certificates only the lists of their TrustRoot are known
};

// Thread-safe. The sources outlive it.
class Gatherer {
 public:
  explicit Gatherer(GathererSources sources, GathererOptions options = {});

  // From memory alone; nullopt when something has to be waited for.
  std::optional<Origin> Recall(const ImageQuery& query);
  // The same of all images of a request, with its bound: what is beyond it is TooManyImages.
  std::optional<std::vector<Origin>> RecallAll(std::span<const ImageQuery> queries);

  // All at the same time, with that bound. What is not there by the deadline is RegistryUnreachable, and goes on in the background.
  std::vector<Origin> Gather(std::span<const ImageQuery> queries, Deadline deadline);

  // Gathers in the background, behind everything that a request waits for.
  void WarmUp(const std::vector<ImageQuery>& queries);

  GathererStatistics Statistics() const;

 private:
  struct KnownResolution {
    std::expected<policy::Resolution, policy::Doubt> resolution;
    std::shared_ptr<const registry::Document> document;  // null: only the digest is known
    Time known_at{};
  };
  struct SizedFacts {
    std::shared_ptr<const policy::TrustFacts> facts;
    std::size_t bytes = 0;  // about
  };
  struct KnownFacts {
    SizedFacts sized;
    Time known_at{}, good_until{}, refresh_at{};
    bool vouches = false;  // somebody vouches: worth something in an outage
  };
  enum class Freshly { kNo, kYes };
  // What a flight leaves for those who wait. nullopt: it was gathered and is in memory, and whoever asked first may hold no more.
  struct Landing {
    std::optional<Origin> origin;
  };
  using Flight = Flights<Landing>::Flight;

  std::optional<KnownResolution> RecallResolution(const std::string& key) const;
  // refresh_due: still good, but to be gathered again.
  SizedFacts RecallFacts(const std::string& key, bool& refresh_due) const;
  std::optional<Origin> RecallWith(const ImageQuery& query, const Keyrings::Keyring& keyring, const TrustMaterial& trust,
                                   bool& refresh_due);

  // What the request may hold of the answer.
  Origin Within(FactsShare& share, Origin origin) const;
  // share: null in the background, where nobody holds what was found.
  std::optional<Flight> Start(const ImageQuery& query, Urgency urgency, Freshly freshly, std::shared_ptr<FactsShare> share = nullptr);
  Origin Await(const ImageQuery& query, const Flight& flight, FactsShare& share, Deadline deadline);
  // The work of a flight: keyring, resolution and facts, one after the other.
  Origin Find(const ImageQuery& query, Urgency urgency, Freshly freshly);
  KnownResolution Resolve(const ImageQuery& query, const registry::Call& call);
  std::optional<KnownResolution> ResolutionOfBefore(const std::string& key) const;
  KnownResolution AskForTag(const ImageQuery& query, const registry::Call& call);
  SizedFacts FactsOf(const GatherTask& task, const std::string& key, const registry::Call& call, Freshly freshly);
  Gathered AskForFacts(const GatherTask& task, const registry::Call& call, Freshly freshly);
  // Counted until the last who holds them lets go; null when there is no room.
  SizedFacts Own(policy::TrustFacts facts, Urgency urgency) const;
  SizedFacts Remember(const std::string& key, Gathered gathered, Urgency urgency);
  void Keep(const std::string& key, const KnownFacts& known);
  SizedFacts OfBefore(const std::string& key, Urgency urgency);

  const GathererSources sources_;
  const GathererOptions options_;
  RecentMap<KnownResolution> resolutions_;
  RecentMap<KnownFacts> facts_;
  // Of all facts there are; of what is fetched for all images; of that in the background.
  const std::shared_ptr<http::BodyBudget> owned_, fetched_, fetched_behind_;
  Turns turns_;
  std::atomic<std::uint64_t> memory_hits_ = 0, gathered_ = 0, resolved_ = 0, negative_ = 0, unreachable_ = 0, outages_ = 0,
                             refused_by_load_ = 0;
  Flights<Landing> flights_;
  WorkPool pool_;  // last: its work uses the others
};

}  // namespace hullwright::evidence
