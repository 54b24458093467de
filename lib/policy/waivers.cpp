#include "policy/waivers.h"

#include <fmt/core.h>

#include <algorithm>
#include <variant>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/package_url.h"

namespace hullwright::policy {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::int64_t kMaxBreakGlassSeconds = 86'400;
constexpr std::int64_t kMaxDays = 366'000;  // keeps the arithmetic of time inside 64 bits

const std::vector<api::PolicyRef>& PolicyRefsOf(const Waiver& waiver) {
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&waiver.object)) return exception->spec.policy_refs;
  return std::get<api::BreakGlass>(waiver.object).spec.policy_refs;
}

const api::ObjectMeta& MetadataOf(const Waiver& waiver) {
  return std::visit([](const auto& object) -> const api::ObjectMeta& { return object.metadata; }, waiver.object);
}

bool NamesPolicy(const Waiver& waiver, const api::ImageAdmissionPolicy& policy) {
  const auto names_it = [&](const api::PolicyRef& ref) {
    if (ref.name != policy.metadata.name) return false;
    if (ref.kind == api::PolicyKind::kClusterImageAdmissionPolicy) return policy.IsCluster();
    // A cluster-wide waiver has no namespace in which it could name one.
    return !policy.IsCluster() && policy.metadata.namespace_ == MetadataOf(waiver).namespace_;
  };
  return std::ranges::any_of(PolicyRefsOf(waiver), names_it);
}

const api::WaiverConsent* ConsentOf(const RuleInput& input) {
  const auto& rules = input.rules().vulnerabilities;
  return rules && rules->waivers ? &*rules->waivers : nullptr;
}

bool ConsentsToNamespace(const api::WaiverConsent& consent, const Subject& subject) {
  const api::LabelSelector& selector = consent.namespace_selector;
  if (selector.match_labels.empty() && selector.match_expressions.empty()) return true;
  return subject.namespace_labels && selector.Matches(*subject.namespace_labels);
}

Obstacle ObstacleOfConsent(const Waiver& waiver, const RuleInput& input) {
  const api::WaiverConsent* consent = ConsentOf(input);
  if (!NamesPolicy(waiver, input.policy.object)) return Obstacle::kOtherPolicy;
  if (consent == nullptr || std::ranges::find(consent->kinds, waiver.kind) == consent->kinds.end()) return Obstacle::kKindNotAccepted;
  if (!ConsentsToNamespace(*consent, input.subject)) return Obstacle::kNamespaceNotAccepted;
  return Obstacle::kNone;
}

// ---- Exceptions

bool IncludesImage(const api::VulnerabilityException& exception, const ImageReference& image) {
  return std::ranges::any_of(exception.spec.images, [&](const ImagePattern& pattern) { return pattern.Matches(image); });
}

// From creation; a creation that is unknown, or dated in the future, cannot make a life shorter than what is left of it.
bool LivesTooLong(const api::VulnerabilityException& exception, const std::optional<std::int64_t>& max_days, Time now) {
  if (!max_days) return false;
  const Time start = std::min(exception.metadata.creation_timestamp.value_or(now), now);
  return exception.spec.expires_at - start > days(std::clamp<std::int64_t>(*max_days, 0, kMaxDays));
}

Obstacle ObstacleOfException(const Waiver& waiver, const api::VulnerabilityException& exception, const RuleInput& input) {
  if (!IncludesImage(exception, input.reference)) return Obstacle::kOtherImage;
  if (const Obstacle obstacle = ObstacleOfConsent(waiver, input); obstacle != Obstacle::kNone) return obstacle;
  if (input.now >= exception.spec.expires_at) return Obstacle::kExpired;
  if (LivesTooLong(exception, ConsentOf(input)->max_days, input.now)) return Obstacle::kTooLong;
  return Obstacle::kNone;
}

bool IncludesPackage(const api::ExceptedVulnerability& vulnerability, const FindingView& finding) {
  return vulnerability.packages.empty() ||
         std::ranges::any_of(vulnerability.packages, [&](const std::string& package) { return IsSamePackage(package, finding.package); });
}

Obstacle ObstacleOfFix(const api::VulnerabilityException& exception, const FindingView& finding) {
  if (!exception.spec.ends_on_fix || finding.fix == api::FixState::kNone || finding.fix == api::FixState::kWillNotFix)
    return Obstacle::kNone;
  return finding.fix == api::FixState::kAvailable ? Obstacle::kFixAvailable : Obstacle::kFixUnknown;
}

// ---- Break-glass

bool NamesDigest(const api::BreakGlass& pass, const ImageReference& image) {
  return image.digest && std::ranges::any_of(pass.spec.images, [&](const ImageReference& named) { return named.digest == image.digest; });
}

bool NamesImage(const api::BreakGlass& pass, const ImageReference& image) {
  return std::ranges::any_of(pass.spec.images, [&](const ImageReference& named) {
    return named.digest == image.digest && named.host == image.host && named.repository == image.repository;
  });
}

seconds DurationOf(const api::BreakGlass& pass) {
  return seconds(std::clamp<std::int64_t>(pass.spec.duration_seconds, 0, kMaxBreakGlassSeconds));
}

Obstacle ObstacleOfBreakGlass(const Waiver& waiver, const api::BreakGlass& pass, const RuleInput& input) {
  if (!NamesDigest(pass, input.reference)) return Obstacle::kOtherVulnerability;  // not about this image at all
  if (!NamesImage(pass, input.reference)) return Obstacle::kOtherImage;
  if (const Obstacle obstacle = ObstacleOfConsent(waiver, input); obstacle != Obstacle::kNone) return obstacle;
  if (!pass.metadata.creation_timestamp) return Obstacle::kStartUnknown;
  if (input.now < *pass.metadata.creation_timestamp) return Obstacle::kNotStarted;
  if (input.now >= *pass.metadata.creation_timestamp + DurationOf(pass)) return Obstacle::kExpired;
  return Obstacle::kNone;
}

// ---- Both

// Unknown may be the worst there is, so only a policy that lets everything be waived lets it.
bool IsWithin(api::Severity severity, api::Severity most) {
  return most == api::Severity::kCritical || (severity != api::Severity::kUnknown && severity <= most);
}

Time EndOf(const Waiver& waiver) {
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&waiver.object)) return exception->spec.expires_at;
  const auto& pass = std::get<api::BreakGlass>(waiver.object);
  return pass.metadata.creation_timestamp.value_or(Time{}) + DurationOf(pass);
}

std::string WhyOf(const Waiver& waiver) {
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&waiver.object))
    return fmt::format("{} ({})", Printable(exception->spec.reason), Printable(exception->spec.owner));
  const auto& spec = std::get<api::BreakGlass>(waiver.object).spec;
  return spec.ticket.empty() ? Printable(spec.reason) : fmt::format("{} ({})", Printable(spec.reason), Printable(spec.ticket));
}

}  // namespace

void WaiverLookup::Prepare() {
  if (!scopes_.empty()) return;
  constexpr std::size_t kClearedByAComparison = 10;  // places of obstacles
  for (const WaiverIndex* waivers : input_.policies.WaiversFor(input_.subject.namespace_)) {
    const std::size_t exceptions = waivers->exceptions().size();
    scopes_.push_back({waivers, std::vector<std::optional<Obstacle>>(exceptions)});
    if (!report_.budget.Spend(exceptions / kClearedByAComparison)) return;
    for (const Waiver* pass : waivers->break_glasses()) {
      const auto& break_glass = std::get<api::BreakGlass>(pass->object);
      if (!report_.budget.Spend(break_glass.spec.images.size())) return;
      const Obstacle obstacle = ObstacleOfBreakGlass(*pass, break_glass, input_);
      if (obstacle != Obstacle::kOtherVulnerability) passes_.push_back({pass, obstacle});
    }
  }
}

Obstacle WaiverLookup::ObstacleOf(Scope& scope, std::uint32_t exception) const {
  std::optional<Obstacle>& known = scope.obstacles[exception];
  if (known) return *known;
  const Waiver& waiver = *scope.waivers->exceptions()[exception];
  const auto& object = std::get<api::VulnerabilityException>(waiver.object);
  known = report_.budget.Spend(object.spec.images.size()) ? ObstacleOfException(waiver, object, input_) : Obstacle::kOtherImage;
  return *known;
}

const std::vector<WaiverLookup::Standing>& WaiverLookup::ExceptionsNaming(const FindingView& finding) {
  Prepare();
  exceptions_.clear();
  if (!report_.budget.Spend(passes_.size())) {  // each is asked after the exceptions
    passes_.clear();
    return exceptions_;
  }
  for (Scope& scope : scopes_) AddNaming(scope, finding);
  return exceptions_;
}

// An exception may name the finding more than once; for its package once is enough.
void WaiverLookup::AddNaming(Scope& scope, const FindingView& finding) {
  scope.waivers->FindNaming(finding, report_.budget, acceptances_);
  for (const Acceptance* acceptance : acceptances_) {
    const Waiver* waiver = scope.waivers->exceptions()[acceptance->exception];
    if (exceptions_.empty() || exceptions_.back().waiver != waiver) {
      const Obstacle of_exception = ObstacleOf(scope, acceptance->exception);
      exceptions_.push_back({waiver, of_exception == Obstacle::kNone ? Obstacle::kOtherPackage : of_exception});
    }
    Obstacle& obstacle = exceptions_.back().obstacle;
    if (obstacle == Obstacle::kOtherPackage && IncludesPackage(*acceptance->vulnerability, finding)) obstacle = Obstacle::kNone;
  }
}

Obstacle WaiverLookup::ObstacleOf(const Standing& standing, const api::ForbidEntry& entry, const FindingView& finding, Truth meets) const {
  if (standing.obstacle != Obstacle::kNone) return standing.obstacle;
  if (!entry.waivable) return Obstacle::kNotWaivable;
  const auto* exception = std::get_if<api::VulnerabilityException>(&standing.waiver->object);
  // A break-glass accepts what could not be found out, an unknown severity included.
  const bool accepts_unknown = exception == nullptr && meets == Truth::kUnknown && finding.severity == api::Severity::kUnknown;
  if (!accepts_unknown && !IsWithin(finding.severity, ConsentOf(input_)->max_severity)) return Obstacle::kTooSevere;
  return exception == nullptr ? Obstacle::kNone : ObstacleOfFix(*exception, finding);
}

// Exceptions name what they accept, so they are credited before a break-glass, which accepts everything.
const Waiver* WaiverLookup::Covering(const api::ForbidEntry& entry, const FindingView& finding, Truth meets) {
  if (ConsentOf(input_) == nullptr || !entry.waivable) return nullptr;
  const auto covers = [&](const Standing& standing) { return ObstacleOf(standing, entry, finding, meets) == Obstacle::kNone; };
  const std::vector<Standing>& exceptions = ExceptionsNaming(finding);
  if (const auto first = std::ranges::find_if(exceptions, covers); first != exceptions.end()) return first->waiver;
  const auto pass = std::ranges::find_if(passes_, covers);
  return pass == passes_.end() ? nullptr : pass->waiver;
}

const Waiver* WaiverLookup::BreakGlassInForce() {
  if (ConsentOf(input_) == nullptr) return nullptr;
  Prepare();
  const auto pass = std::ranges::find(passes_, Obstacle::kNone, &Standing::obstacle);
  return pass == passes_.end() ? nullptr : pass->waiver;
}

std::string WaiverLookup::Explain(const Waiver& waiver, Obstacle obstacle) const {
  const auto because = [&](std::string_view text) { return fmt::format("; {} does not count: {}", waiver.id, text); };
  switch (obstacle) {
    case Obstacle::kOtherVulnerability:
    case Obstacle::kNone:
      return {};
    case Obstacle::kOtherImage:
      return because("its images do not include this one");
    case Obstacle::kOtherPolicy:
      return because("it does not name this policy");
    case Obstacle::kKindNotAccepted:
      return because("the policy accepts no waivers of this kind");
    case Obstacle::kNamespaceNotAccepted:
      return because("the policy accepts no waivers in this namespace");
    case Obstacle::kOtherPackage:
      return because("it is for another package");
    case Obstacle::kNotWaivable:
      return because("this entry may not be waived");
    case Obstacle::kTooSevere:
      return because(fmt::format("the policy lets nothing above {} be waived", api::ToString(ConsentOf(input_)->max_severity)));
    case Obstacle::kTooLong:
      return because(fmt::format("it lasts longer than the {} days the policy allows", *ConsentOf(input_)->max_days));
    case Obstacle::kStartUnknown:
      return because("it has no creationTimestamp, so nobody can tell when it ends");
    case Obstacle::kNotStarted:
      return because("its creationTimestamp is later than now");
    case Obstacle::kFixUnknown:
      return because("it ends when there is a fix, and the scan does not say whether there is one");
    case Obstacle::kFixAvailable:
      return because("it ended when a fix became available");
    case Obstacle::kExpired:
      return because(fmt::format("it expired at {}", FormatRfc3339(EndOf(waiver))));
  }
  return {};
}

std::string WaiverLookup::NearMiss(const api::ForbidEntry& entry, const FindingView& finding) {
  const Waiver* nearest = nullptr;
  Obstacle obstacle = Obstacle::kOtherVulnerability;
  const auto consider = [&](const Standing& standing) {
    const Obstacle here = ObstacleOf(standing, entry, finding, Truth::kYes);
    if (here == Obstacle::kNone || here <= obstacle) return;
    nearest = standing.waiver;
    obstacle = here;
  };
  std::ranges::for_each(ExceptionsNaming(finding), consider);
  std::ranges::for_each(passes_, consider);
  return nearest == nullptr ? "" : Explain(*nearest, obstacle);
}

std::string WaiverLookup::NearMiss() {
  Prepare();
  for (const Standing& pass : passes_)
    if (pass.obstacle != Obstacle::kNone) return Explain(*pass.waiver, pass.obstacle);
  return {};
}

Waived RecordWaived(const Waiver& waiver, std::string_view rule, std::string what) {
  return {.waiver = waiver.id,
          .policy = {},
          .rule = std::string(rule),
          .what = std::move(what),
          .why = WhyOf(waiver),
          .until = FormatRfc3339(EndOf(waiver))};
}

}  // namespace hullwright::policy
