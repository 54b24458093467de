// One request: every image against every policy that covers it. The order of the functions is the order of the work; rules are listed once,
// in JudgeRules.
#include "policy/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "policy/cost.h"
#include "policy/enforcement.h"
#include "policy/matching.h"
#include "policy/rule.h"
#include "policy/rules_attestations.h"
#include "policy/rules_image.h"
#include "policy/rules_publishers.h"
#include "policy/rules_reference.h"
#include "policy/rules_vulnerabilities.h"

namespace hullwright::policy {
namespace {

struct Request {
  const PolicySet& policies;
  const Subject& subject;
  Time now;
  const EngineOptions& options;
};

// A reason is text, so that a bound on the cost bounds the memory of the answer too.
constexpr std::uint64_t kCostOfAReason = 500;

// Every rule there is. A new one gets its line here.
void JudgeRules(const RuleInput& input, RuleReport& report) {
  JudgeDigest(input, report);
  JudgeTag(input, report);
  JudgePublishers(input, report);
  JudgeAttestations(input, report);
  JudgeImage(input, report);
  JudgeVulnerabilities(input, report);
}

void Complete(Reason& reason, const std::string& policy, api::Enforcement enforcement) {
  reason.policy = policy;
  reason.outcome = OutcomeOf(reason.word);
  reason.enforcement = enforcement;
  reason.remedy = RemedyFor(reason.word);
}

Reason MakeReason(ReasonWord word, const std::string& policy, std::string_view rule, api::Enforcement enforcement, std::string message) {
  Reason reason;
  reason.word = word;
  reason.rule = rule;
  reason.message = std::move(message);
  Complete(reason, policy, enforcement);
  return reason;
}

void TakeReport(RuleReport report, const Policy& policy, const Request& request, const ImageFacts& image, ImageDecision& decision) {
  for (Reason& reason : report.reasons) {
    Complete(reason, policy.id, EnforcementOf(reason.word, policy, request.subject, image, request.now));
    decision.reasons.push_back(std::move(reason));
  }
  for (Waived& waived : report.waived) {
    waived.policy = policy.id;
    decision.waived.push_back(std::move(waived));
  }
  for (Notice& notice : report.notices) {
    notice.policy = policy.id;
    decision.notices.push_back(std::move(notice));
  }
  for (RuleTrace& trace : report.traces) {
    trace.policy = policy.id;
    decision.trace.push_back(std::move(trace));
  }
}

// cost: of the request so far, to which is added what could not be told before.
void JudgePolicy(const Policy& policy, const Request& request, const ImageFacts& image, std::uint64_t& cost, ImageDecision& decision) {
  RuleReport report;
  report.tracing = request.options.trace;
  report.budget = Budget(request.options.max_comparisons - cost);
  if (image.reference) {
    JudgeRules({policy, request.policies, request.subject, image, *image.reference, request.now}, report);
  } else {
    report.Add(ReasonWord::kReferenceInvalid, "reference", Printable(image.reference.error().message, 512));
    report.Trace("reference", Outcome::kViolation, [] { return std::string("does not parse"); });
  }
  cost += report.budget.spent();
  TakeReport(std::move(report), policy, request, image, decision);
}

void ReportNamespaceUnknown(const Policy& policy, const Request& request, const ImageFacts& image, ImageDecision& decision) {
  RuleReport report;
  report.tracing = request.options.trace;
  report.Add(ReasonWord::kNamespaceUnknown, "match.namespaceSelector",
             fmt::format("the policy selects namespaces by label, and the labels of namespace \"{}\" are not known",
                         Printable(request.subject.namespace_, 64)));
  report.Trace("match.namespaceSelector", Outcome::kCouldNotTell, [] { return std::string("labels not known"); });
  TakeReport(std::move(report), policy, request, image, decision);
}

// Policies whose match covers the image, good and broken.
struct Covered {
  bool surely = false;   // by a cluster policy: a namespaced one can only add, so it does not lift what --unmatched says
  bool perhaps = false;  // some policy's namespace selector could not be asked
};

Covered JudgePolicies(const Request& request, const ImageFacts& image, std::uint64_t& cost, ImageDecision& decision) {
  Covered covered;
  const ImageReference* reference = image.reference ? &*image.reference : nullptr;
  for (const Policy* policy : request.policies.Candidates(request.subject, reference)) {
    const Coverage coverage = CoverageOf(policy->object, request.subject, image);
    if (coverage == Coverage::kNo) continue;
    decision.policies.push_back(policy->id);
    if (policy->object.IsCluster()) (coverage == Coverage::kYes ? covered.surely : covered.perhaps) = true;
    cost += CostOf(*policy, request.policies, request.subject, image);
    if (cost > request.options.max_comparisons) return covered;
    const std::size_t texts = decision.reasons.size() + decision.notices.size();
    if (coverage == Coverage::kYes)
      JudgePolicy(*policy, request, image, cost, decision);
    else
      ReportNamespaceUnknown(*policy, request, image, decision);
    cost += kCostOfAReason * (decision.reasons.size() + decision.notices.size() - texts);
  }
  for (const BrokenPolicy* policy : request.policies.BrokenCandidates(request.subject, reference)) {
    if (!MayCover(*policy, request.subject, image)) continue;
    cost += kCostOfAReason;
    if (cost > request.options.max_comparisons) return covered;
    decision.policies.push_back(policy->id);
    covered.surely = covered.surely || policy->namespace_.empty();
    decision.reasons.push_back(MakeReason(ReasonWord::kPolicyInvalid, policy->id, "", EnforcementOfBroken(request.subject.kind),
                                          fmt::format("{} has no good version: {}", policy->id, Printable(policy->error, 512))));
    if (request.options.trace)
      decision.trace.push_back(
          {.policy = policy->id, .rule = {}, .outcome = Outcome::kCouldNotTell, .saw = "the policy has no good version"});
  }
  return covered;
}

void ReportUnmatched(const Request& request, const ImageFacts& image, ImageDecision& decision) {
  const std::optional<api::Enforcement> enforcement = EnforcementOfUnmatched(request.options.unmatched, request.subject.kind);
  if (!image.reference) {  // no runtime can pull it; without a policy to be as hard as, it is at least said
    decision.reasons.push_back(MakeReason(ReasonWord::kReferenceInvalid, "", "reference", enforcement.value_or(api::Enforcement::kAudit),
                                          Printable(image.reference.error().message, 512)));
  } else if (enforcement) {
    decision.reasons.push_back(
        MakeReason(ReasonWord::kUnmatched, "", "", *enforcement, fmt::format("no policy covers {}", decision.image)));
  }
}

// Either one of these policies covers the image or perhaps none does: the harder of the two answers is the safe one.
void HardenUncertain(const Request& request, ImageDecision& decision) {
  const std::optional<api::Enforcement> unmatched = EnforcementOfUnmatched(request.options.unmatched, request.subject.kind);
  for (Reason& reason : decision.reasons)
    if (unmatched && reason.word == ReasonWord::kNamespaceUnknown) reason.enforcement = std::max(reason.enforcement, *unmatched);
}

ImageDecision Describe(const ImageFacts& image) {
  ImageDecision decision;
  decision.field_path = image.use.field_path;
  decision.reference = Printable(image.use.reference, 512);
  if (!image.reference) {
    decision.image = decision.reference;
  } else if (const Digest* digest = DigestOf(image)) {
    decision.digest = digest->text();
    decision.image = image.reference->Name() + "@" + decision.digest;
  } else {
    decision.image = image.reference->ToString();
  }
  return decision;
}

void Conclude(ImageDecision& decision) {
  std::stable_sort(decision.reasons.begin(), decision.reasons.end(), [](const Reason& a, const Reason& b) {
    return std::pair(a.enforcement, a.outcome) > std::pair(b.enforcement, b.outcome);
  });
  for (const Reason& reason : decision.reasons) decision.outcome = std::max(decision.outcome, reason.outcome);
}

ImageDecision DecideImage(const Request& request, const ImageFacts& image, std::uint64_t& cost, bool& unmatched) {
  ImageDecision decision = Describe(image);
  const Covered covered = JudgePolicies(request, image, cost, decision);
  if (!covered.surely && covered.perhaps) HardenUncertain(request, decision);
  if (!covered.surely && !covered.perhaps) {
    unmatched = true;
    ReportUnmatched(request, image, decision);
  }
  Conclude(decision);
  return decision;
}

void Add(Decision& decision, ImageDecision image) {
  decision.outcome = std::max(decision.outcome, image.outcome);
  for (const Reason& reason : image.reasons) decision.enforcement = std::max(decision.enforcement, std::optional(reason.enforcement));
  decision.images.push_back(std::move(image));
}

Decision RefuseWhole(std::string message) {
  ImageDecision image;
  image.field_path = "spec";
  image.outcome = Outcome::kViolation;
  image.reasons.push_back(MakeReason(ReasonWord::kTooManyImages, "", "", api::Enforcement::kDeny, std::move(message)));
  Decision decision;
  Add(decision, std::move(image));
  return decision;
}

}  // namespace

std::string_view ToString(Unmatched unmatched) {
  switch (unmatched) {
    case Unmatched::kAllow:
      return "Allow";
    case Unmatched::kWarn:
      return "Warn";
    case Unmatched::kDeny:
      break;
  }
  return "Deny";
}

std::optional<Unmatched> FindUnmatched(std::string_view word) {
  for (const Unmatched unmatched : {Unmatched::kDeny, Unmatched::kWarn, Unmatched::kAllow})
    if (ToString(unmatched) == word) return unmatched;
  return std::nullopt;
}

Decision Decide(const PolicySet& policies, const Subject& subject, std::span<const ImageFacts> images, Time now,
                const EngineOptions& options) {
  if (images.size() > options.max_images) {
    return RefuseWhole(fmt::format("{} names {} images, more than the {} that one object may", Printable(subject.description),
                                   images.size(), options.max_images));
  }
  const Request request{policies, subject, now, options};
  Decision decision;
  decision.images.reserve(images.size());
  // The same image in the same list and as the same user is judged once, however many containers run it.
  std::map<std::tuple<std::string_view, api::ContainerType, std::optional<std::int64_t>, std::optional<bool>>, std::size_t> judged;
  std::uint64_t cost = 0;
  for (const ImageFacts& image : images) {
    const auto [place, is_new] =
        judged.try_emplace({image.use.reference, image.use.type, image.use.run_as_user, image.use.run_as_non_root}, decision.images.size());
    if (is_new) {
      Add(decision, DecideImage(request, image, cost, decision.unmatched));
    } else {
      ImageDecision copy = decision.images[place->second];
      copy.field_path = image.use.field_path;
      Add(decision, std::move(copy));
    }
    if (cost > options.max_comparisons) {
      return RefuseWhole(
          fmt::format("judging {} takes more than the {} comparisons that one object may: its findings times the policies' "
                      "conditions and the namespace's exceptions",
                      Printable(subject.description), options.max_comparisons));
    }
  }
  return decision;
}

Decision Concluded(Decision decision) {
  Decision concluded;
  concluded.unmatched = decision.unmatched;
  for (ImageDecision& image : decision.images) {
    image.outcome = Outcome::kPass;
    Conclude(image);
    Add(concluded, std::move(image));
  }
  return concluded;
}

}  // namespace hullwright::policy
