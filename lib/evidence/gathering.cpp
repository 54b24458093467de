#include "evidence/gathering.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "evidence/claims.h"
#include "evidence/discovery.h"
#include "evidence/image_content.h"
#include "evidence/together.h"
#include "evidence/words.h"
#include "policy/platform.h"

namespace hullwright::evidence {
namespace {

using policy::Claim;
using policy::Doubt;
using policy::ReasonWord;
using registry::RepositoryName;

constexpr std::size_t kMaxSubjects = 16;  // manifests of one index whose own signatures are looked for

class Gathering {
 public:
  Gathering(registry::Registry& registry, const GatherTask& task, const registry::Call& call, WorkPool& pool, Time now)
      : registry_(registry), task_(task), call_(call), pool_(pool), now_(now), document_(task.document) {
    facts_.digest = task.digest;
    facts_.gathered_at = now;
  }

  Gathered Run() {
    FindPublishers();
    if (NeedsDocument()) ReadDocument();
    // Of an image that is not there, or of a registry that does not answer, nothing more is asked.
    if (facts_.manifest_doubt)
      FailAll(*facts_.manifest_doubt);
    else
      SearchAll();
    const Yield yield = YieldOf();
    return {std::move(facts_), yield};
  }

 private:
  void FindPublishers() {
    std::set<std::string> names = task_.needs.publishers;
    names.insert(task_.needs.attesters.begin(), task_.needs.attesters.end());
    names.insert(task_.needs.vex_publishers.begin(), task_.needs.vex_publishers.end());
    for (const std::string& name : names) {
      if (const PublisherTrust* publisher = task_.trust->Find(name)) {
        publishers_.push_back(publisher);
        continue;
      }
      unreachable_ = true;
      facts_.failures.push_back(
          {name,
           Claim::kAny,
           std::nullopt,
           "",
           {ReasonWord::kTrustMaterialInvalid, fmt::format("the keys of TrustedPublisher {} have not been read yet", name)}});
    }
  }

  // A signature over a digest says nothing of a document that is not there, or that one reader takes for an image and another for an index;
  // and a Notary Project signature names its size and type as well.
  bool NeedsDocument() const { return task_.needs.manifests || task_.needs.every_platform || !publishers_.empty(); }

  RepositoryName Repository() const { return {task_.reference.host, task_.reference.repository}; }

  void ReadDocument() {
    if (!document_) {
      auto answer = registry_.Manifest(Repository(), task_.digest, call_);
      if (!answer) {
        unreachable_ = unreachable_ || answer.error().outcome() == registry::Outcome::kUnreachable;
        facts_.manifest_doubt = DoubtOf(answer.error(), Sought::kImage);
        return;
      }
      document_ = std::move(*answer);
    }
    const ContentWanted wanted{task_.needs.configurations, task_.needs.base_images};
    if (ReadContent(registry_, Repository(), *document_, wanted, call_, pool_, facts_)) unreachable_ = true;
  }

  void FailAll(const Doubt& doubt) {
    if (!publishers_.empty()) facts_.failures.push_back({"", Claim::kAny, std::nullopt, "", doubt});
  }

  std::vector<ClaimSubject> Subjects() {
    std::vector<ClaimSubject> subjects{{task_.digest, task_.reference, std::nullopt, std::nullopt}};
    if (document_) {
      subjects[0].media_type = document_->media_type;
      subjects[0].size = document_->bytes->size();
    }
    if (!task_.needs.every_platform || !facts_.is_index) return subjects;
    for (const registry::Descriptor& child : document_->index()->manifests) {
      if (child.platform && !policy::RunsSomewhere(child.platform->ToString())) continue;
      if (subjects.size() > kMaxSubjects) {
        facts_.failures.push_back(
            {"",
             Claim::kAny,
             child.digest,
             "",
             {ReasonWord::kTooManySignatures,
              fmt::format("the index lists more than {} manifests: signatures of those beyond were not looked for", kMaxSubjects)}});
        continue;
      }
      subjects.push_back({child.digest, task_.reference, child.media_type, child.size});
    }
    return subjects;
  }

  // Where signatures about one subject are looked for, and whose.
  struct Place {
    RepositoryName repository;
    std::vector<const PublisherTrust*> signers;
  };
  struct Search {
    const Place* place;
    const ClaimSubject* subject;
    Discovery found = {};
  };

  std::vector<Place> Places() const {
    std::map<std::string, Place> places;
    for (const PublisherTrust* publisher : publishers_) {
      const RepositoryName repository = publisher->signature_repository.value_or(Repository());
      Place& place = places[repository.ToString()];
      place.repository = repository;
      place.signers.push_back(publisher);
    }
    std::vector<Place> all;
    all.reserve(places.size());
    for (auto& [name, place] : places) all.push_back(std::move(place));
    return all;
  }

  // One search for each place and subject, however many publishers sign there.
  void SearchAll() {
    const std::vector<Place> places = Places();
    if (places.empty()) return;
    const std::vector<ClaimSubject> subjects = Subjects();
    std::vector<Search> searches;
    for (const Place& place : places)
      for (const ClaimSubject& subject : subjects) searches.push_back({&place, &subject});
    ForEachTogether(pool_, UrgencyOf(call_), searches.size(), [&](std::size_t i) {
      Search& search = searches[i];
      search.found = Discover(registry_, search.place->repository, search.subject->digest, FormatsOf(*search.place), call_, pool_);
    });
    for (const Search& search : searches) Judge(search);
  }

  Formats FormatsOf(const Place& place) const {
    Formats formats;
    for (const PublisherTrust* signer : place.signers) {
      formats.cosign = formats.cosign || !signer->authorities.empty();
      formats.notation = formats.notation || !signer->notation.empty();
    }
    formats.attestations = !task_.needs.attesters.empty() || !task_.needs.vex_publishers.empty();
    return formats;
  }

  void Judge(const Search& search) {
    const auto& [place, subject, found] = search;
    unreachable_ = unreachable_ || found.unreachable;
    Tell(place->repository, place->signers, subject->digest, found);
    for (const PublisherTrust* signer : place->signers) {
      JudgeClaims(found.claims, *signer, WantedOf(*signer), *subject, now_, facts_, {task_.observer, task_.revocation, call_.deadline});
      for (const Doubt& doubt : found.doubts) facts_.failures.push_back({signer->name, Claim::kAny, subject->digest, "", doubt});
    }
  }

  void Tell(const RepositoryName& repository, const std::vector<const PublisherTrust*>& signers, const Digest& subject,
            const Discovery& found) const {
    if (task_.observer == nullptr) return;
    for (const PublisherTrust* signer : signers) task_.observer->Seeks(repository, subject, *signer);
    for (const FoundClaim& claim : found.claims) task_.observer->Finds(subject, claim);
  }

  Wanted WantedOf(const PublisherTrust& publisher) const {
    Wanted wanted;
    wanted.signatures = task_.needs.publishers.contains(publisher.name);
    if (task_.needs.attesters.contains(publisher.name))
      wanted.predicate_types.assign(task_.needs.predicate_types.begin(), task_.needs.predicate_types.end());
    if (task_.needs.vex_publishers.contains(publisher.name))
      wanted.predicate_types.insert(wanted.predicate_types.end(), policy::kVexPredicateTypes.begin(), policy::kVexPredicateTypes.end());
    return wanted;
  }

  bool HasSignatureOf(const std::string& publisher) const {
    return std::ranges::any_of(facts_.signatures, [&](const auto& signature) { return signature->publisher == publisher; });
  }
  bool HasAttestationOf(const std::string& publisher) const {
    return std::ranges::any_of(facts_.attestations, [&](const auto& attestation) {
      return attestation->publisher == publisher && task_.needs.predicate_types.contains(attestation->predicate_type);
    });
  }
  bool HasVexOf(const std::string& publisher) const {
    return std::ranges::any_of(facts_.attestations,
                               [&](const auto& attestation) { return attestation->vex != nullptr && attestation->publisher == publisher; });
  }
  bool IsContentComplete() const {
    const auto is_read = [](const policy::PlatformManifest& platform) {
      return !platform.configuration || platform.configuration->has_value();
    };
    return !facts_.manifest_doubt && !facts_.base_doubt && std::ranges::all_of(facts_.platforms, is_read);
  }

  Yield YieldOf() const {
    if (unreachable_) return Yield::kUnreachable;
    const auto signed_by = std::ranges::count_if(task_.needs.publishers, [&](const auto& name) { return HasSignatureOf(name); });
    const auto attested_by = std::ranges::count_if(task_.needs.attesters, [&](const auto& name) { return HasAttestationOf(name); });
    const std::size_t wanted = task_.needs.publishers.size() + task_.needs.attesters.size();
    const auto there = static_cast<std::size_t>(signed_by + attested_by);
    if (!IsContentComplete() || (wanted > 0 && there == 0)) return Yield::kNothing;
    // Most images have no VEX documents: none is not nothing, and looked for again like what else may still come.
    const bool all_vex = std::ranges::all_of(task_.needs.vex_publishers, [&](const auto& name) { return HasVexOf(name); });
    return there == wanted && all_vex ? Yield::kAll : Yield::kSome;
  }

  registry::Registry& registry_;
  const GatherTask& task_;
  const registry::Call& call_;
  WorkPool& pool_;
  const Time now_;
  std::shared_ptr<const registry::Document> document_;
  std::vector<const PublisherTrust*> publishers_;
  policy::TrustFacts facts_;
  bool unreachable_ = false;
};

}  // namespace

Gathered GatherFacts(registry::Registry& registry, const GatherTask& task, const registry::Call& call, WorkPool& pool, Time now) {
  return Gathering(registry, task, call, pool, now).Run();
}

}  // namespace hullwright::evidence
