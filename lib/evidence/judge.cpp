#include "evidence/judge.h"

namespace hullwright::evidence {
namespace {

std::optional<std::map<std::string, std::string>> LabelsOf(const Catalogue& catalogue, const std::string& namespace_) {
  const auto namespaces = catalogue.Namespaces();
  const auto found = namespaces->find(namespace_);
  if (found == namespaces->end()) return std::nullopt;
  return found->second;
}

policy::ImageFacts FactsOf(const Catalogue& catalogue, const AdmittedImages& admitted, const std::string& namespace_,
                           const api::ImageUse& use) {
  policy::ImageFacts facts{use, ImageReference::Parse(use.reference), {}, {}, {}};
  if (!facts.reference || !facts.reference->digest) return facts;
  auto [records, broken] = catalogue.Scans().Find(*facts.reference->digest);
  facts.scans = std::move(records);
  facts.broken_scans = std::move(broken);
  facts.admitted_since = admitted.Find(namespace_, *facts.reference);
  return facts;
}

// Of an object that the engine refuses for its size alone, nothing is looked up.
policy::ImageFacts UnreadFacts(const api::ImageUse& use) {
  return {use, Fail(ErrorCode::kTooLarge, "not read: the object names too many images"), {}, {}, {}};
}

}  // namespace

policy::Decision Judge(const Catalogue& catalogue, const AdmittedImages& admitted, const Question& question, Time now,
                       const policy::EngineOptions& options) {
  const policy::Subject subject{question.kind, question.description, question.namespace_, LabelsOf(catalogue, question.namespace_)};
  const bool too_many = question.images.size() > options.max_images;
  std::vector<policy::ImageFacts> facts;
  facts.reserve(question.images.size());
  for (const api::ImageUse& use : question.images) {
    facts.push_back(too_many ? UnreadFacts(use) : FactsOf(catalogue, admitted, question.namespace_, use));
  }
  return policy::Decide(*catalogue.Policies(), subject, facts, now, options);
}

}  // namespace hullwright::evidence
