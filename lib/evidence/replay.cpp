#include "evidence/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <variant>

#include "policy/enforcement.h"
#include "policy/finding_tally.h"

namespace hullwright::evidence {
namespace {

using policy::ReasonWord;

constexpr std::chrono::seconds kGatherPatience{60};

// The families of rules that rest on what was signed.
enum class Signed { kProofs, kVulnerabilities };

bool IsOf(Signed family, std::string_view rule) {
  if (family == Signed::kVulnerabilities) return rule.starts_with("vulnerabilities");
  return rule == "publishers" || rule.starts_with("attestations[");
}

bool IsOf(Signed family, const policy::Notice& notice) {
  return (notice.word == policy::kWithinGrace) == (family == Signed::kVulnerabilities);
}

bool AsksForProofs(const policy::Policy& policy) {
  return policy.object.spec.rules.publishers || !policy.object.spec.rules.attestations.empty();
}

bool AsksForVex(const policy::Policy& policy) {
  return policy.object.spec.rules.vulnerabilities && policy.object.spec.rules.vulnerabilities->vex;
}

template <class Kind>
std::string LineOf(const Kind& object) {
  return api::EncodeLine(api::Object(object));
}

// What of the policy decides about proofs, as text to compare.
std::string ProofText(const policy::Policy& policy) {
  const api::ImageAdmissionPolicySpec& spec = policy.object.spec;
  api::ImageAdmissionPolicy asks;
  asks.metadata.name = "x";
  asks.spec.enforcement.registry_outage_hours = spec.enforcement.registry_outage_hours;
  asks.spec.rules.publishers = spec.rules.publishers;
  asks.spec.rules.attestations = spec.rules.attestations;
  asks.spec.rules.image.emplace().platforms = spec.rules.image.value_or(api::ImageRules{}).platforms;
  return LineOf(asks);
}

std::string VulnerabilityText(const policy::Policy& policy) {
  api::ImageAdmissionPolicy asks;
  asks.metadata.name = "x";
  asks.spec.enforcement.registry_outage_hours = policy.object.spec.enforcement.registry_outage_hours;
  asks.spec.rules.vulnerabilities = policy.object.spec.rules.vulnerabilities;
  // Whose layers a finding came with.
  asks.spec.rules.image.emplace().base_images = policy.object.spec.rules.image.value_or(api::ImageRules{}).base_images;
  return LineOf(asks);
}

std::vector<std::string> PublishersOf(const policy::Policy& policy, Signed family) {
  const api::PolicyRules& rules = policy.object.spec.rules;
  std::vector<std::string> names;
  const auto add = [&names](const std::vector<api::NameRef>& refs) {
    for (const api::NameRef& ref : refs) names.push_back(ref.name);
  };
  if (family == Signed::kVulnerabilities) {
    if (AsksForVex(policy)) add(rules.vulnerabilities->vex->publisher_refs);
    return names;
  }
  if (rules.publishers) add(rules.publishers->refs);
  for (const api::AttestationRule& rule : rules.attestations) add(rule.publisher_refs);
  return names;
}

bool HaveSamePublisher(const policy::PolicySet& one, const policy::PolicySet& other, const std::string& name) {
  if (one.IsBrokenPublisher(name) || other.IsBrokenPublisher(name)) return false;
  const api::TrustedPublisher *first = one.FindPublisher(name), *second = other.FindPublisher(name);
  if (first == nullptr || second == nullptr) return first == second;  // there was none and is none: nothing was believed of it
  return LineOf(*first) == LineOf(*second);
}

std::string WaiverText(const policy::PolicySet& set) {
  std::string text;
  for (const policy::Waiver& waiver : set.waivers()) text += std::visit([](const auto& object) { return LineOf(object); }, waiver.object);
  return text;
}

// Puts objects in place of those of their name.
class Replacing {
 public:
  explicit Replacing(policy::PolicySetParts& parts) : parts_(parts) {}

  void operator()(const api::ImageAdmissionPolicy& policy) {
    std::erase_if(parts_.broken_policies, [id = policy::PolicyId(policy)](const policy::BrokenPolicy& broken) { return broken.id == id; });
    Replace(policy, parts_.policies);
  }
  void operator()(const api::TrustedPublisher& publisher) {
    std::erase(parts_.broken_publishers, publisher.metadata.name);
    Replace(publisher, parts_.publishers);
  }
  void operator()(const api::VulnerabilityException& exception) { Replace(exception, parts_.exceptions); }
  void operator()(const api::BreakGlass& pass) { Replace(pass, parts_.break_glasses); }
  // Neither is judged by.
  void operator()(const api::TrustRoot&) {}
  void operator()(const api::Registry&) {}
  void operator()(const api::ImageScan&) {}
  void operator()(const api::Namespace&) {}

 private:
  template <class Kind>
  static void Replace(const Kind& object, std::vector<Kind>& all) {
    std::erase_if(all, [&](const Kind& each) {
      return each.metadata.name == object.metadata.name && each.metadata.namespace_ == object.metadata.namespace_;
    });
    all.push_back(object);
  }

  policy::PolicySetParts& parts_;
};

// Whether the reason is there only because what it asks for is not known any more.
bool IsForWantOfFacts(const policy::Reason& reason, const policy::ImageFacts& image, bool asks_registries) {
  if (reason.word == ReasonWord::kDigestUnresolved) return !image.resolution;
  if (reason.word == ReasonWord::kOriginUnchecked) return true;
  // Of today, which says nothing of then.
  return asks_registries && (reason.word == ReasonWord::kRegistryUnreachable || reason.word == ReasonWord::kRegistryRefused);
}

// Whether the reason may be there only because base images that the policy names were not looked at then: also whose layer a finding came
// with rests on them.
bool IsForWantOfBases(const policy::Reason& reason, const policy::Policy& policy) {
  const api::PolicyRules& rules = policy.object.spec.rules;
  const bool by_layers = rules.image && rules.image->base_images && rules.image->base_images->proof == api::BaseImageProof::kLayers;
  if (!by_layers) return false;
  if (reason.word == ReasonWord::kBaseImageUnknown) return true;
  return reason.word == ReasonWord::kFindingIncomplete && rules.vulnerabilities && policy::AsksLayers(*rules.vulnerabilities);
}

template <class Holds>
bool AnyReason(const policy::Decision& decision, const Holds& holds) {
  for (std::size_t i = 0; i < decision.images.size(); ++i)
    for (const policy::Reason& reason : decision.images[i].reasons)
      if (holds(i, reason)) return true;
  return false;
}

}  // namespace

std::string_view ToString(Change change) {
  switch (change) {
    case Change::kDenied:
      return "denied";
    case Change::kUnsure:
      return "could-not-tell";
    case Change::kAdmitted:
      return "admitted";
    case Change::kWarned:
      return "warned";
    case Change::kSame:
      break;
  }
  return "same";
}

Change ChangeBetween(bool was_allowed, const policy::Decision& now, const ReasonDoubts& doubts,
                     const std::vector<std::string>& changed_policies) {
  const bool surely_denied = AnyReason(now, [&](std::size_t i, const policy::Reason& reason) {
    return reason.enforcement == api::Enforcement::kDeny && !doubts.is_unsure(i, reason);
  });
  if (surely_denied) return was_allowed ? Change::kDenied : Change::kSame;
  if (!now.allowed() || AnyReason(now, doubts.might_deny)) return Change::kUnsure;
  if (!was_allowed) return Change::kAdmitted;
  const bool is_warned = AnyReason(now, [&](std::size_t, const policy::Reason& reason) {
    return reason.enforcement == api::Enforcement::kWarn && std::ranges::find(changed_policies, reason.policy) != changed_policies.end();
  });
  return is_warned ? Change::kWarned : Change::kSame;
}

bool ViolationDenies(const policy::Reason& reason, const policy::PolicySet& policies, const policy::Subject& subject,
                     const policy::ImageFacts& image, Time now) {
  const policy::Policy* policy = policies.FindPolicy(reason.policy);
  if (policy == nullptr) return false;
  return policy::EnforcementOf(ReasonWord::kPublisherUntrusted, *policy, subject, image, now) == api::Enforcement::kDeny;
}

// One record on its way through a replay.
class Replayer::Judgement {
 public:
  Judgement(Replayer& replayer, const Record& record, Sets& sets)
      : replayer_(replayer), record_(record), sets_(sets), images_(record.images), now_(replayer.plan_.now.value_or(record.at())) {}

  Replayed Judge() {
    const ReplayPlan& plan = replayer_.plan_;
    if (plan.gatherer != nullptr) replayer_.Gather(*sets_.now, record_.subject, images_);
    policy::EngineOptions options = record_.options;
    options.trace = plan.trace;
    replayed_.decision = policy::Decide(*sets_.now, record_.subject, images_, now_, options);
    if (replayed_.decision.images.size() == images_.size()) {
      if (plan.gatherer == nullptr) SettleSigned();
      for (std::size_t i = 0; i < images_.size(); ++i) NoteWants(i);
    }
    replayed_.change = ChangeOf();
    return std::move(replayed_);
  }

 private:
  // Rules about what was signed: what was recorded stands where the rule is the same, otherwise nobody can tell.
  void SettleSigned() {
    for (std::size_t i = 0; i < images_.size(); ++i) {
      const std::vector<std::string> ids = replayed_.decision.images[i].policies;
      for (const std::string& id : ids) {
        const policy::Policy* policy = sets_.now->FindPolicy(id);
        if (policy == nullptr) continue;
        if (AsksForProofs(*policy)) Settle(i, *policy, Signed::kProofs);
        if (AsksForVex(*policy)) Settle(i, *policy, Signed::kVulnerabilities);
      }
    }
    replayed_.decision = policy::Concluded(std::move(replayed_.decision));
  }

  void Settle(std::size_t i, const policy::Policy& policy, Signed family) {
    const Sameness same = SamenessOf(sets_, policy);
    const bool is_same = family == Signed::kProofs ? same.proofs : same.vulnerabilities;
    // At another time scans and statements may be too old, and waivers and grace periods may have ended: what was found then says nothing.
    if (is_same && now_ == record_.at() && TakeRecorded(i, policy, family)) return;
    const auto is_of_it = [&](const policy::Reason& reason) { return reason.policy == policy.id && IsOf(family, reason.rule); };
    if (family == Signed::kVulnerabilities && std::ranges::any_of(replayed_.decision.images[i].reasons, is_of_it)) {
      unsure_vex_.emplace_back(i, policy.id);
      NoteUnsure(fmt::format("{}: nobody can tell which findings signed VEX statements would take away", policy.id));
    }
  }

  // What was decided of the image then; nullptr when the history does not say it whole.
  const policy::ImageDecision* RecordedImage(std::size_t i) const {
    if (!recorded_) recorded_ = replayer_.reader_.ReadDecision(record_.stored).value_or(nullptr);
    const std::shared_ptr<const RecordedDecision>& recorded = *recorded_;
    if (!recorded || recorded->is_cut || recorded->decision.images.size() != images_.size()) return nullptr;
    return &recorded->decision.images[i];
  }

  // False when the record does not say what this policy found of the image.
  bool TakeRecorded(std::size_t i, const policy::Policy& policy, Signed family) {
    const policy::ImageDecision* recorded = RecordedImage(i);
    if (recorded == nullptr || std::ranges::find(recorded->policies, policy.id) == recorded->policies.end()) return false;
    const policy::ImageDecision& then = *recorded;
    policy::ImageDecision& now = replayed_.decision.images[i];
    const auto take = [&](const auto& from, auto& to, const auto& is_of_it) {
      std::erase_if(to, is_of_it);
      std::ranges::copy_if(from, std::back_inserter(to), is_of_it);
    };
    const auto by_rule = [&](const auto& part) { return part.policy == policy.id && IsOf(family, part.rule); };
    take(then.reasons, now.reasons, by_rule);
    take(then.waived, now.waived, by_rule);
    take(then.notices, now.notices, [&](const policy::Notice& part) { return part.policy == policy.id && IsOf(family, part); });
    if (replayer_.plan_.trace) take(then.trace, now.trace, by_rule);
    for (policy::Reason& reason : now.reasons)
      if (by_rule(reason)) reason.enforcement = policy::EnforcementOf(reason.word, policy, record_.subject, images_[i], now_);
    return true;
  }

  // What was not known then either is as it was, whatever could be found out today.
  bool IsWant(std::size_t i, const policy::Reason& reason) const {
    const bool asks_registries = replayer_.plan_.gatherer != nullptr;
    const policy::Policy* policy = sets_.now->FindPolicy(reason.policy);
    const bool for_want_of_bases = !asks_registries && policy != nullptr && IsForWantOfBases(reason, *policy);
    if (!for_want_of_bases && !IsForWantOfFacts(reason, images_[i], asks_registries)) return false;
    const policy::ImageDecision* then = RecordedImage(i);
    return then == nullptr || std::ranges::none_of(then->reasons, [&](const policy::Reason& each) {
             return each.policy == reason.policy && each.rule == reason.rule && each.word == reason.word;
           });
  }

  bool IsUnsure(std::size_t i, const policy::Reason& reason) const {
    if (IsWant(i, reason)) return true;
    const auto is_vex = [&](const auto& unsure) { return unsure.first == i && unsure.second == reason.policy; };
    return IsOf(Signed::kVulnerabilities, reason.rule) && std::ranges::any_of(unsure_vex_, is_vex);
  }

  void NoteWants(std::size_t i) {
    for (const policy::Reason& reason : replayed_.decision.images[i].reasons) {
      if (!IsWant(i, reason)) continue;
      NoteUnsure(fmt::format("{}: {} was not recorded, or is not what was asked for then: {}", reason.policy, reason.rule, reason.message));
    }
  }

  void NoteUnsure(std::string sentence) {
    constexpr std::size_t kMost = 20;
    auto& all = replayed_.unsure;
    if (all.size() < kMost && std::ranges::find(all, sentence) == all.end()) all.push_back(std::move(sentence));
  }

  Change ChangeOf() const {
    if (!record_.stored.row.rule.empty() || images_.empty()) return Change::kSame;  // passes whatever is decided
    // A decision that refuses the object as a whole has one image, whatever it has.
    const auto in_facts = [this](std::size_t i) { return std::min(i, images_.size() - 1); };
    const ReasonDoubts doubts{.is_unsure = [&](std::size_t i, const policy::Reason& reason) { return IsUnsure(in_facts(i), reason); },
                              .might_deny =
                                  [&](std::size_t i, const policy::Reason& reason) {
                                    const std::size_t image = in_facts(i);
                                    return IsWant(image, reason) &&
                                           ViolationDenies(reason, *sets_.now, record_.subject, images_[image], now_);
                                  }};
    return ChangeBetween(record_.stored.row.allowed, replayed_.decision, doubts, replayer_.changed_ids_);
  }

  Replayer& replayer_;
  const Record& record_;
  Sets& sets_;
  std::vector<policy::ImageFacts> images_;
  const Time now_;
  Replayed replayed_;
  std::vector<std::pair<std::size_t, std::string>> unsure_vex_;              // image, policy
  mutable std::optional<std::shared_ptr<const RecordedDecision>> recorded_;  // once it was asked for; null: cannot be read
};

Replayer::Replayer(RecordReader& reader, ReplayPlan plan) : reader_(reader), plan_(std::move(plan)) {
  for (const api::Object& object : plan_.changed)
    if (const auto* policy = std::get_if<api::ImageAdmissionPolicy>(&object)) changed_ids_.push_back(policy::PolicyId(*policy));
}

Result<Replayed> Replayer::Replay(const Record& record) {
  const auto sets = SetsOf(record);
  if (!sets) return std::unexpected(sets.error());
  return Judgement(*this, record, **sets).Judge();
}

Result<std::shared_ptr<Replayer::Sets>> Replayer::SetsOf(const Record& record) {
  const auto [of_cluster, of_namespace] = RecordReader::KeyOf(record);
  const std::string key = fmt::format("{} {}", of_cluster, of_namespace);
  if (auto known = sets_.Find(key)) return std::move(*known);
  auto objects = reader_.ReadObjects(record);
  if (!objects) return std::unexpected(objects.error());
  auto sets = std::make_shared<Sets>();
  sets->then = std::make_shared<const policy::PolicySet>(objects->parts);
  if (plan_.instead) {
    sets->now = plan_.instead;
  } else if (plan_.changed.empty()) {
    sets->now = sets->then;
  } else {
    for (const api::Object& object : plan_.changed) std::visit(Replacing(objects->parts), object);
    sets->now = std::make_shared<const policy::PolicySet>(std::move(objects->parts));
  }
  sets_.Put(key, sets, objects->bytes);
  return sets;
}

Replayer::Sameness Replayer::SamenessOf(Sets& sets, const policy::Policy& policy) {
  const auto known = sets.sameness.With([&](const auto& all) {
    const auto found = all.find(policy.id);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  });
  if (known) return *known;
  Sameness same;
  if (const policy::Policy* then = sets.then->FindPolicy(policy.id)) {
    const auto have_same_publishers = [&](Signed family) {
      return std::ranges::all_of(PublishersOf(policy, family),
                                 [&](const std::string& name) { return HaveSamePublisher(*sets.then, *sets.now, name); });
    };
    same.proofs = ProofText(policy) == ProofText(*then) && have_same_publishers(Signed::kProofs);
    // All waivers are put into words: only where somebody will ask.
    same.vulnerabilities = AsksForVex(policy) && VulnerabilityText(policy) == VulnerabilityText(*then) &&
                           have_same_publishers(Signed::kVulnerabilities) && WaiverText(*sets.then) == WaiverText(*sets.now);
  }
  sets.sameness.With([&](auto& all) { all.emplace(policy.id, same); });
  return same;
}

// By the digest that was recorded: what a tag names today is another question.
void Replayer::Gather(const policy::PolicySet& policies, const policy::Subject& subject, std::vector<policy::ImageFacts>& images) const {
  std::vector<ImageQuery> queries;
  std::vector<std::size_t> asked_for;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const Digest* digest = images[i].reference ? policy::DigestOf(images[i]) : nullptr;
    if (digest == nullptr) continue;
    ImageReference reference = *images[i].reference;
    reference.digest = *digest;
    policy::EvidenceNeeds needs = policy::NeedsOf(policies, subject, images[i]);
    needs.resolution = false;
    if (!needs.any()) continue;
    queries.push_back({std::move(reference), std::move(needs), plan_.pull});
    asked_for.push_back(i);
  }
  if (queries.empty()) return;
  std::vector<Origin> origins = plan_.gatherer->Gather(queries, std::chrono::steady_clock::now() + kGatherPatience);
  for (std::size_t i = 0; i < origins.size(); ++i) images[asked_for[i]].trust = std::move(origins[i].trust);
}

}  // namespace hullwright::evidence
