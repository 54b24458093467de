#include "evidence/gatherer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "evidence/discovery.h"
#include "evidence/facts_size.h"
#include "evidence/remembering_registry.h"
#include "evidence/together.h"
#include "evidence/words.h"

namespace hullwright::evidence {
namespace {

using policy::Doubt;
using policy::ReasonWord;

std::string ScopeOf(const registry::Keyring& keyring, const ImageReference& reference) {
  return keyring.Id(reference.host, reference.repository);
}

// No name, tag, digest or credential id holds a line break.
std::string ResolutionKey(const ImageReference& reference, const std::string& scope) {
  return fmt::format("{}:{}\n{}", reference.Name(), reference.tag.value_or("latest"), scope);
}

void AppendPublishers(char mark, const std::set<std::string>& names, const TrustMaterial& trust, std::string& key) {
  for (const std::string& name : names) {
    const PublisherTrust* publisher = trust.Find(name);
    key += fmt::format("\n{}{}={}", mark, name, publisher != nullptr ? publisher->fingerprint : "?");
  }
}

// What is asked, and the trust it is judged by.
std::string FactsKey(const ImageReference& reference, const Digest& digest, const policy::EvidenceNeeds& needs, const std::string& scope,
                     const TrustMaterial& trust) {
  std::string key = fmt::format("{}@{}\n{}\n{}{}{}{}", reference.Name(), digest.text(), scope, needs.manifests ? 'm' : '-',
                                needs.configurations ? 'c' : '-', needs.base_images ? 'b' : '-', needs.every_platform ? 'p' : '-');
  AppendPublishers('s', needs.publishers, trust, key);
  AppendPublishers('a', needs.attesters, trust, key);
  AppendPublishers('v', needs.vex_publishers, trust, key);
  for (const std::string& type : needs.predicate_types) key += "\nt" + type;
  return key;
}

bool NeedsFacts(const policy::EvidenceNeeds& needs) {
  return needs.manifests || !needs.publishers.empty() || !needs.attesters.empty() || !needs.vex_publishers.empty();
}

// Facts that say of everything that it could not be found out.
std::shared_ptr<const policy::TrustFacts> Unknown(const Digest& digest, const Doubt& doubt, Time now) {
  auto facts = std::make_shared<policy::TrustFacts>();
  facts->digest = digest;
  facts->manifest_doubt = doubt;
  facts->failures.push_back({"", policy::Claim::kAny, std::nullopt, "", doubt});
  facts->gathered_at = now;
  return facts;
}

// The answer to a query of which nothing could be found out.
Origin Undecided(const ImageQuery& query, const Doubt& doubt, Time now) {
  Origin origin;
  if (query.reference.digest) {
    origin.trust = Unknown(*query.reference.digest, doubt, now);
  } else if (query.needs.resolution) {
    origin.resolution = std::unexpected(doubt);
  }
  return origin;
}

Doubt NotInTime() {
  return {ReasonWord::kRegistryUnreachable, "the registry did not answer in the time of this request; gathering goes on, so try again"};
}

Doubt TooMuchForOne(std::size_t max_bytes) {
  return {ReasonWord::kTooManyImages,
          fmt::format("what registries hold of the images of this object takes more than {} bytes, the most of one request", max_bytes)};
}

Doubt TooMuchForAll() {
  return {ReasonWord::kRegistryUnreachable, "what is being gathered of images takes all the memory that it may; try again"};
}

}  // namespace

Gatherer::Gatherer(GathererSources sources, GathererOptions options)
    : sources_(std::move(sources)),
      options_(options),
      resolutions_({options.max_resolutions, options.max_resolution_bytes}),
      facts_({options.max_facts, options.max_facts_bytes}),
      owned_(std::make_shared<http::BodyBudget>(options.max_facts_bytes + options.max_bytes_under_way)),
      fetched_(std::make_shared<http::BodyBudget>(options.max_fetched_bytes)),
      fetched_behind_(std::make_shared<http::BodyBudget>(options.max_fetched_bytes / 2, fetched_)),
      pool_(options.pool) {}

std::optional<Gatherer::KnownResolution> Gatherer::RecallResolution(const std::string& key) const {
  auto known = resolutions_.Find(key);
  const Time now = sources_.clock.Now();
  if (known && (known->known_at > now || known->known_at + options_.resolution_life <= now)) known.reset();
  return known;
}

Gatherer::SizedFacts Gatherer::RecallFacts(const std::string& key, bool& refresh_due) const {
  auto known = facts_.Find(key);
  const Time now = sources_.clock.Now();
  if (!known || known->known_at > now || known->good_until <= now) return {};
  refresh_due = refresh_due || known->refresh_at <= now;
  return std::move(known->sized);
}

std::optional<Origin> Gatherer::RecallWith(const ImageQuery& query, const Keyrings::Keyring& keyring, const TrustMaterial& trust,
                                           bool& refresh_due) {
  Origin origin;
  const std::string scope = ScopeOf(*keyring, query.reference);
  std::optional<Digest> digest = query.reference.digest;
  if (!digest && query.needs.resolution) {
    auto known = RecallResolution(ResolutionKey(query.reference, scope));
    if (!known) return std::nullopt;
    origin.resolution = std::move(known->resolution);
    if (!*origin.resolution) return origin;
    digest = (*origin.resolution)->digest;
  }
  if (!digest || !NeedsFacts(query.needs)) return origin;
  auto [facts, bytes] = RecallFacts(FactsKey(query.reference, *digest, query.needs, scope, trust), refresh_due);
  if (facts == nullptr) return std::nullopt;
  origin.trust = std::move(facts);
  origin.trust_bytes = bytes;
  return origin;
}

std::optional<Origin> Gatherer::Recall(const ImageQuery& query) {
  if (!query.needs.any()) return Origin{};
  const auto keyring = sources_.keyrings.Recall(query.pull);
  if (!keyring) return std::nullopt;
  bool refresh_due = keyring->refresh_due;
  auto origin = RecallWith(query, keyring->keyring, *sources_.trust(), refresh_due);
  if (!origin) return std::nullopt;
  ++memory_hits_;
  if (refresh_due) (void)Start(query, Urgency::kBackground, Freshly::kYes);
  return origin;
}

Origin Gatherer::Within(FactsShare& share, Origin origin) const {
  if (origin.trust == nullptr || share.Take(origin.trust, origin.trust_bytes)) return origin;
  origin.trust = Unknown(origin.trust->digest, TooMuchForOne(options_.max_request_bytes), sources_.clock.Now());
  origin.trust_bytes = 0;
  return origin;
}

std::optional<std::vector<Origin>> Gatherer::RecallAll(std::span<const ImageQuery> queries) {
  FactsShare share(options_.max_request_bytes);
  std::vector<Origin> origins;
  origins.reserve(queries.size());
  for (const ImageQuery& query : queries) {
    auto origin = Recall(query);
    if (!origin) return std::nullopt;
    origins.push_back(Within(share, std::move(*origin)));
  }
  return origins;
}

std::vector<Origin> Gatherer::Gather(std::span<const ImageQuery> queries, Deadline deadline) {
  const auto share = std::make_shared<FactsShare>(options_.max_request_bytes);
  std::vector<std::optional<Origin>> found;
  std::vector<std::optional<Flight>> flights(queries.size());
  found.reserve(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    found.push_back(Recall(queries[i]));
    if (found[i])
      found[i] = Within(*share, std::move(*found[i]));
    else
      flights[i] = Start(queries[i], Urgency::kAdmission, Freshly::kNo, share);
  }
  const Doubt refused{ReasonWord::kRegistryUnreachable, "too many images are waiting for their registries; try again"};
  std::vector<Origin> origins;
  origins.reserve(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (flights[i]) found[i] = Await(queries[i], *flights[i], *share, deadline);
    flights[i].reset();  // it holds what it brought
    origins.push_back(found[i] ? std::move(*found[i]) : Undecided(queries[i], refused, sources_.clock.Now()));
  }
  return origins;
}

Origin Gatherer::Await(const ImageQuery& query, const Flight& flight, FactsShare& share, Deadline deadline) {
  auto landed = Flights<Landing>::Await(flight, deadline);
  if (!landed) return Undecided(query, NotInTime(), sources_.clock.Now());
  std::optional<Origin> origin = landed->origin ? std::move(landed->origin) : Recall(query);
  if (origin) return Within(share, std::move(*origin));
  return Undecided(query, share.refused() ? TooMuchForOne(options_.max_request_bytes) : TooMuchForAll(), sources_.clock.Now());
}

void Gatherer::WarmUp(const std::vector<ImageQuery>& queries) {
  for (const ImageQuery& query : queries) {
    if (!Recall(query)) (void)Start(query, Urgency::kBackground, Freshly::kNo);
  }
}

std::optional<Gatherer::Flight> Gatherer::Start(const ImageQuery& query, Urgency urgency, Freshly freshly,
                                                std::shared_ptr<FactsShare> share) {
  std::string key = FactsKey(query.reference, query.reference.digest.value_or(Digest()), query.needs, "", *sources_.trust());
  key += fmt::format("\n:{}\n{}/{}\n{}{}", query.reference.tag.value_or(""), query.pull.namespace_, query.pull.service_account,
                     fmt::join(query.pull.pull_secrets, ","), freshly == Freshly::kYes ? "\nfresh" : "");
  auto flight = flights_.Join(key, urgency, pool_, [this, query, urgency, freshly, share = std::move(share)]() -> Landing {
    Origin origin = Find(query, urgency, freshly);
    if (share != nullptr && origin.trust != nullptr && !share->Take(origin.trust, origin.trust_bytes)) return {};
    return {std::move(origin)};
  });
  if (!flight) ++refused_by_load_;
  return flight;
}

Origin Gatherer::Find(const ImageQuery& query, Urgency urgency, Freshly freshly) {
  const Deadline deadline = std::chrono::steady_clock::now() + options_.flight_time;
  const auto recalled = sources_.keyrings.Recall(query.pull);
  const auto keyring =
      recalled && !recalled->refresh_due ? Result<Keyrings::Keyring>(recalled->keyring) : sources_.keyrings.Read(query.pull, deadline);
  if (!keyring) {
    if (!recalled)
      return Undecided(query, {ReasonWord::kRegistryUnreachable, "pull secrets could not be read: " + keyring.error().message},
                       sources_.clock.Now());
    log::Warn("pull secrets could not be read again", {{"namespace", query.pull.namespace_}, {"error", keyring.error().message}});
  }
  const registry::Call call{deadline, std::make_shared<http::BodyBudget>(kMaxAdmissionBytes),
                            urgency == Urgency::kAdmission ? registry::Priority::kAdmission : registry::Priority::kBackground,
                            keyring ? *keyring : recalled->keyring};
  const std::string scope = ScopeOf(*call.keyring, query.reference);
  GatherTask task{query.reference,    query.reference.digest.value_or(Digest()), nullptr, query.needs, sources_.trust(), sources_.observer,
                  sources_.revocation};
  Origin origin;
  if (!query.reference.digest && query.needs.resolution) {
    KnownResolution known = Resolve(query, call);
    origin.resolution = std::move(known.resolution);
    if (!*origin.resolution) return origin;
    task.digest = (*origin.resolution)->digest;
    task.document = std::move(known.document);
  }
  if (task.digest == Digest() || !NeedsFacts(query.needs)) return origin;
  auto [facts, bytes] = FactsOf(task, FactsKey(query.reference, task.digest, query.needs, scope, *task.trust), call, freshly);
  origin.trust = std::move(facts);
  origin.trust_bytes = bytes;
  return origin;
}

Gatherer::KnownResolution Gatherer::Resolve(const ImageQuery& query, const registry::Call& call) {
  const std::string key = ResolutionKey(query.reference, ScopeOf(*call.keyring, query.reference));
  const auto turn = turns_.Take(key);
  if (auto known = RecallResolution(key)) return *known;
  KnownResolution known = AskForTag(query, call);
  if (!known.resolution && known.resolution.error().word == ReasonWord::kRegistryUnreachable) {
    if (auto before = ResolutionOfBefore(key)) return *before;
  }
  const bool may_keep =
      known.resolution ? !known.resolution->from_outage : known.resolution.error().word != ReasonWord::kRegistryUnreachable;
  if (may_keep) resolutions_.Put(key, {known.resolution, nullptr, known.known_at}, SizeOutside(known.resolution));
  return known;
}

Gatherer::KnownResolution Gatherer::AskForTag(const ImageQuery& query, const registry::Call& call) {
  RememberingRegistry registry(sources_.registry, sources_.cache, sources_.clock, {{}, options_.outage_memory});
  const Time now = sources_.clock.Now();
  auto answer = registry.Resolve({query.reference.host, query.reference.repository}, query.reference.tag.value_or("latest"), call);
  ++resolved_;
  if (!answer) return {std::unexpected(DoubtOf(answer.error(), Sought::kImage)), nullptr, now};
  return {policy::Resolution{(*answer)->digest, registry.oldest().value_or(now), registry.in_outage()}, *answer, now};
}

// When nobody can be asked, and no store has it: what the tag named when it was last asked for.
std::optional<Gatherer::KnownResolution> Gatherer::ResolutionOfBefore(const std::string& key) const {
  auto known = resolutions_.Find(key);
  if (!known || !known->resolution || known->known_at > sources_.clock.Now()) return std::nullopt;
  known->resolution->from_outage = true;
  return known;
}

Gatherer::SizedFacts Gatherer::FactsOf(const GatherTask& task, const std::string& key, const registry::Call& call, Freshly freshly) {
  const auto turn = turns_.Take(key);
  bool refresh_due = false;
  SizedFacts known = RecallFacts(key, refresh_due);
  if (known.facts != nullptr && (freshly == Freshly::kNo || !refresh_due)) return known;
  Gathered gathered = AskForFacts(task, call, freshly);
  if (gathered.yield == Yield::kUnreachable) {
    ++unreachable_;
    if (SizedFacts before = OfBefore(key, UrgencyOf(call)); before.facts != nullptr) {
      ++outages_;
      return before;
    }
  }
  return Remember(key, std::move(gathered), UrgencyOf(call));
}

Gathered Gatherer::AskForFacts(const GatherTask& task, const registry::Call& call, Freshly freshly) {
  ++gathered_;
  const Time now = sources_.clock.Now();
  const auto ask = [&](std::chrono::milliseconds may_be_stored_for) {
    registry::Call asking = call;
    asking.budget =
        std::make_shared<http::BodyBudget>(kMaxAdmissionBytes, UrgencyOf(call) == Urgency::kAdmission ? fetched_ : fetched_behind_);
    RememberingRegistry registry(sources_.registry, sources_.cache, sources_.clock, {may_be_stored_for, options_.outage_memory});
    Gathered gathered = GatherFacts(registry, task, asking, pool_, now);
    gathered.facts.from_outage = registry.in_outage();
    if (registry.oldest()) gathered.facts.gathered_at = *registry.oldest();
    // What was not read for want of room says nothing of the image.
    if (asking.budget->common_was_full()) gathered = {*Unknown(task.digest, TooMuchForAll(), now), Yield::kUnreachable};
    return std::pair(std::move(gathered), registry.oldest().has_value());
  };
  auto [gathered, from_store] = ask(freshly == Freshly::kYes ? std::chrono::milliseconds(0) : options_.positive_life);
  // After a restart the store's listings do, unless something is missing from them that may have come since.
  if (from_store && !gathered.facts.from_outage && gathered.yield != Yield::kAll) gathered = ask(std::chrono::milliseconds(0)).first;
  return std::move(gathered);
}

Gatherer::SizedFacts Gatherer::Own(policy::TrustFacts facts, Urgency urgency) const {
  const std::size_t bytes = SizeInMemory(facts);
  const std::size_t left_to_admission = urgency == Urgency::kBackground ? options_.max_bytes_under_way / 2 : 0;
  auto owned = std::make_unique<const policy::TrustFacts>(std::move(facts));
  if (!owned_->HasRoomFor(bytes + left_to_admission) || !owned_->TryTake(bytes)) return {};
  const auto give_back = [counted = owned_, bytes](const policy::TrustFacts* gone) {
    std::default_delete<const policy::TrustFacts>()(gone);
    counted->GiveBack(bytes);
  };
  return {std::shared_ptr<const policy::TrustFacts>(owned.release(), give_back), bytes};
}

Gatherer::SizedFacts Gatherer::Remember(const std::string& key, Gathered gathered, Urgency urgency) {
  const Time now = sources_.clock.Now();
  const Digest digest = gathered.facts.digest;
  const bool is_of_before = gathered.facts.from_outage;
  if (is_of_before) ++outages_;
  if (gathered.yield == Yield::kNothing) ++negative_;
  SizedFacts sized = Own(std::move(gathered.facts), urgency);
  if (sized.facts == nullptr) {
    ++refused_by_load_;
    return {Unknown(digest, TooMuchForAll(), now), 0};
  }
  // Neither what could not be asked nor what is of before: the next request asks again.
  if (gathered.yield == Yield::kUnreachable || is_of_before) return sized;
  const bool nothing = gathered.yield == Yield::kNothing;
  const auto refresh = gathered.yield == Yield::kAll ? options_.refresh_all : options_.refresh_some;
  Keep(key, {sized, now, now + (nothing ? options_.negative_life : options_.positive_life), now + refresh, !nothing});
  return sized;
}

void Gatherer::Keep(const std::string& key, const KnownFacts& known) {
  facts_.Put(key, known, known.sized.bytes);
}

// When nobody can be asked: facts that still count, or older ones, of which their policy says how old they may be.
Gatherer::SizedFacts Gatherer::OfBefore(const std::string& key, Urgency urgency) {
  const Time now = sources_.clock.Now();
  auto known = facts_.Find(key);
  if (!known || known->known_at > now || !known->vouches) return {};
  if (known->good_until > now) {
    known->refresh_at = now + options_.refresh_some;
    Keep(key, *known);
    return known->sized;
  }
  policy::TrustFacts facts = *known->sized.facts;
  facts.from_outage = true;
  return Own(std::move(facts), urgency);
}

GathererStatistics Gatherer::Statistics() const {
  return {memory_hits_, gathered_, resolved_, negative_, unreachable_, outages_, refused_by_load_, facts_.size(), facts_.bytes()};
}

}  // namespace hullwright::evidence
