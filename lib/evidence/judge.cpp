#include "evidence/judge.h"

#include <algorithm>
#include <utility>

namespace hullwright::evidence {
namespace {

std::optional<std::map<std::string, std::string>> LabelsOf(const Catalogue& catalogue, const std::string& namespace_) {
  const auto namespaces = catalogue.Namespaces();
  const auto found = namespaces->find(namespace_);
  if (found == namespaces->end()) return std::nullopt;
  return found->second;
}

// Of an object that the engine refuses for its size alone, nothing is looked up.
policy::ImageFacts UnreadFacts(const api::ImageUse& use) {
  return {use, Fail(ErrorCode::kTooLarge, "not read: the object names too many images"), {}, {}, {}};
}

// One question on its way to a decision: references, then what registries say, then what depends on the digest.
class Inquiry {
 public:
  Inquiry(const Sources& sources, const Question& question, const policy::EngineOptions& options)
      : sources_(sources), question_(question), options_(options), policies_(sources.catalogue.Policies()) {
    subject_.kind = question.kind;
    subject_.description = question.description;
    subject_.namespace_ = question.namespace_;
    subject_.namespace_labels = LabelsOf(sources.catalogue, question.namespace_);
    subject_.tags_are_pinned = question.tags_are_pinned;
    subject_.node_platforms = sources.node_platforms;
    const bool too_many = question.images.size() > options.max_images;
    facts_.reserve(question.images.size());
    for (const api::ImageUse& use : question.images)
      facts_.push_back(too_many ? UnreadFacts(use) : policy::ImageFacts{use, ImageReference::Parse(use.reference), {}, {}, {}});
    if (sources.gatherer != nullptr && !too_many) FindNeeds();
  }

  const std::vector<ImageQuery>& queries() const { return queries_; }

  // False when something has to be waited for.
  bool Recall() {
    if (queries_.empty()) return true;
    auto origins = sources_.gatherer->RecallAll(queries_);
    if (origins) Take(std::move(*origins));
    return origins.has_value();
  }

  void Gather(Deadline deadline) {
    if (!queries_.empty()) Take(sources_.gatherer->Gather(queries_, deadline));
  }

  // All to decide by; ends the inquiry.
  Basis Finish(Time now) && {
    AddWhatIsKnown();
    return {policies_, std::move(subject_), std::move(facts_), now, options_};
  }

 private:
  void FindNeeds() {
    const bool asks_origin = sources_.catalogue.Trust()->asks_origin;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      const auto& reference = facts_[i].reference;
      if (!reference || (reference->digest && !asks_origin)) continue;
      policy::EvidenceNeeds needs = policy::NeedsOf(*policies_, subject_, facts_[i]);
      if (!needs.any()) continue;
      queries_.push_back({*reference, std::move(needs), question_.pull});
      asked_for_.push_back(i);
    }
  }

  void Take(std::vector<Origin> origins) {
    for (std::size_t i = 0; i < origins.size(); ++i) {
      policy::ImageFacts& facts = facts_[asked_for_[i]];
      facts.resolution = std::move(origins[i].resolution);
      facts.trust = std::move(origins[i].trust);
    }
  }

  void AddWhatIsKnown() {
    const auto exploitation = sources_.catalogue.Exploitation();
    for (policy::ImageFacts& facts : facts_) {
      AddWhatIsKnownOfDigest(facts);
      facts.exploitation = exploitation;
    }
  }

  void AddWhatIsKnownOfDigest(policy::ImageFacts& facts) const {
    if (!facts.reference) return;
    const Digest* digest = policy::DigestOf(facts);
    if (digest == nullptr) return;
    auto [records, broken] = sources_.catalogue.Scans().Find(*digest);
    facts.scans = std::move(records);
    facts.broken_scans = std::move(broken);
    // What already ran is known by the digest that was written, and stays so: a tag may name another image today.
    if (facts.reference->digest) facts.admitted_since = sources_.admitted.Find(question_.namespace_, *facts.reference);
  }

  const Sources& sources_;
  const Question& question_;
  const policy::EngineOptions& options_;
  const std::shared_ptr<const policy::PolicySet> policies_;
  policy::Subject subject_;
  std::vector<policy::ImageFacts> facts_;
  std::vector<ImageQuery> queries_;
  std::vector<std::size_t> asked_for_;  // the facts of each query
};

policy::Decision DecideBy(Basis basis, Basis* kept) {
  auto decision = policy::Decide(*basis.policies, basis.subject, basis.images, basis.now, basis.options);
  if (kept != nullptr) *kept = std::move(basis);
  return decision;
}

}  // namespace

std::optional<policy::Decision> JudgeFromMemory(const Sources& sources, const Question& question, Time now,
                                                const policy::EngineOptions& options, Basis* basis) {
  Inquiry inquiry(sources, question, options);
  if (!inquiry.Recall()) return std::nullopt;
  return DecideBy(std::move(inquiry).Finish(now), basis);
}

policy::Decision Judge(const Sources& sources, const Question& question, Time now, const policy::EngineOptions& options, Deadline deadline,
                       Basis* basis) {
  Inquiry inquiry(sources, question, options);
  inquiry.Gather(deadline);
  return DecideBy(std::move(inquiry).Finish(now), basis);
}

Basis BasisFor(const Sources& sources, const Question& question, Time now, Deadline deadline) {
  const policy::EngineOptions options;
  Inquiry inquiry(sources, question, options);
  inquiry.Gather(deadline);
  return std::move(inquiry).Finish(now);
}

void WarmUp(const Sources& sources, const Question& question, const policy::EngineOptions& options) {
  if (sources.gatherer != nullptr) sources.gatherer->WarmUp(Inquiry(sources, question, options).queries());
}

}  // namespace hullwright::evidence
