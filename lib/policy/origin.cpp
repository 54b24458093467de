#include "policy/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/rfc3339.h"
#include "base/text.h"
#include "policy/platform.h"

namespace hullwright::policy {
namespace {

// 2020-01-01T00:00:00Z. A clock before that was never set: certificates, logs and ages all mean nothing by it.
constexpr Time kPlausible{std::chrono::sys_days(std::chrono::year{2020} / 1 / 1)};

std::unexpected<Doubt> Doubtful(ReasonWord word, std::string message) {
  return std::unexpected(Doubt{word, std::move(message)});
}

// Whether facts of that time still count although the registry cannot be asked.
bool IsWithinOutage(const RuleInput& input, Time then) {
  const std::chrono::hours allowed(std::clamp<std::int64_t>(input.policy.object.spec.enforcement.registry_outage_hours, 0, 8760));
  return allowed.count() > 0 && then <= input.now && input.now - then <= allowed;
}

std::unexpected<Doubt> TooOldInOutage(const RuleInput& input, Time then) {
  return Doubtful(ReasonWord::kRegistryUnreachable,
                  fmt::format("the registry cannot be asked, and what is known is of {}; the policy's registryOutageHours is {}",
                              FormatRfc3339(then), input.policy.object.spec.enforcement.registry_outage_hours));
}

// What this node could run of it, in the runtime's order of preference: its own platform before what it runs for want of that.
void AddRunBy(const std::string& node, const std::vector<PlatformManifest>& listed, std::set<const PlatformManifest*>& run) {
  const auto fit = [&](const PlatformManifest& manifest) { return FitOf(manifest.platform, node); };
  const bool has_own = std::ranges::find(listed, Fit::kOwn, fit) != listed.end();
  for (const PlatformManifest& manifest : listed)
    if (fit(manifest) >= (has_own ? Fit::kPossible : Fit::kFallback)) run.insert(&manifest);
}

api::PlatformRule PlatformRuleOf(const RuleInput& input) {
  return input.rules().image.value_or(api::ImageRules{}).platforms;
}

std::expected<std::vector<const PlatformManifest*>, Doubt> Schedulable(const RuleInput& input, const TrustFacts& facts) {
  if (!input.subject.node_platforms || input.subject.node_platforms->empty())
    return Doubtful(ReasonWord::kPlatformsUnknown, "the policy judges what the nodes could run, and their platforms are not known");
  std::set<const PlatformManifest*> run;  // of one vector, so in its order
  for (const std::string& node : *input.subject.node_platforms) AddRunBy(node, facts.platforms, run);
  if (!run.empty()) return std::vector(run.begin(), run.end());
  return Doubtful(ReasonWord::kPlatformMissing, fmt::format("{} holds nothing for the nodes, which are {}", facts.digest.text(),
                                                            fmt::join(*input.subject.node_platforms, ", ")));
}

void NoticeOutage(Time then, RuleReport& report) {
  if (std::ranges::any_of(report.notices, [](const Notice& notice) { return notice.word == kRegistryOutage; })) return;
  report.notices.push_back(
      {.word = kRegistryOutage,
       .policy = {},
       .message =
           fmt::format("the registry cannot be asked; what was verified at {} counts, within registryOutageHours", FormatRfc3339(then))});
}

}  // namespace

std::expected<const Digest*, Doubt> DigestFor(const RuleInput& input) {
  if (input.reference.digest) return &*input.reference.digest;
  const auto& resolution = input.image.resolution;
  if (!resolution)
    return Doubtful(ReasonWord::kDigestUnresolved, "the reference has no digest, and no registry was asked which one its tag names");
  if (!*resolution) return std::unexpected(resolution->error());
  if ((*resolution)->from_outage && !IsWithinOutage(input, (*resolution)->resolved_at))
    return TooOldInOutage(input, (*resolution)->resolved_at);
  return &(*resolution)->digest;
}

std::expected<const TrustFacts*, Doubt> OriginFor(const RuleInput& input, RuleReport& report) {
  if (input.now < kPlausible)
    return Doubtful(ReasonWord::kClockImplausible, fmt::format("the clock says {}, which cannot be", FormatRfc3339(input.now)));
  const auto digest = DigestFor(input);
  if (!digest) return std::unexpected(digest.error());
  const TrustFacts* facts = input.image.trust.get();
  if (facts == nullptr || facts->digest != **digest)
    return Doubtful(ReasonWord::kOriginUnchecked, fmt::format("no registry was asked about {}", (*digest)->text()));
  if (facts->manifest_doubt) return std::unexpected(*facts->manifest_doubt);
  const bool old_tag = !input.reference.digest && (*input.image.resolution)->from_outage;
  if (facts->from_outage && !IsWithinOutage(input, facts->gathered_at)) return TooOldInOutage(input, facts->gathered_at);
  if (facts->from_outage || old_tag) NoticeOutage(facts->from_outage ? facts->gathered_at : (*input.image.resolution)->resolved_at, report);
  return facts;
}

std::expected<std::vector<const PlatformManifest*>, Doubt> ManifestsOf(const RuleInput& input, const TrustFacts& facts) {
  if (facts.platforms.empty()) {
    return Doubtful(facts.is_index ? ReasonWord::kPlatformMissing : ReasonWord::kOriginUnchecked,
                    facts.is_index ? fmt::format("the index {} lists no image", facts.digest.text())
                                   : fmt::format("the manifest of {} was not looked at", facts.digest.text()));
  }
  if (PlatformRuleOf(input) == api::PlatformRule::kSchedulable) return Schedulable(input, facts);
  std::vector<const PlatformManifest*> manifests;
  for (const PlatformManifest& manifest : facts.platforms)
    if (RunsSomewhere(manifest.platform)) manifests.push_back(&manifest);
  if (!manifests.empty()) return manifests;
  return Doubtful(ReasonWord::kPlatformMissing, fmt::format("the index {} lists no image that could run anywhere", facts.digest.text()));
}

std::expected<std::vector<Target>, Doubt> TargetsOf(const RuleInput& input, const TrustFacts& facts) {
  if (PlatformRuleOf(input) == api::PlatformRule::kIndex) return std::vector<Target>{{&facts.digest, ""}};
  auto manifests = ManifestsOf(input, facts);
  if (!manifests) return std::unexpected(std::move(manifests.error()));
  if (!facts.is_index) return std::vector<Target>{{&facts.digest, ""}};
  std::vector<Target> targets;
  targets.reserve(manifests->size());
  for (const PlatformManifest* manifest : *manifests) targets.push_back({&manifest->digest, manifest->platform});
  return targets;
}

void ReportDoubt(const Doubt& doubt, std::string_view rule, RuleReport& report) {
  const bool told = report.Has(doubt.word) || (doubt.word == ReasonWord::kDigestUnresolved && report.Has(ReasonWord::kDigestRequired));
  if (!told) report.Add(doubt.word, rule, doubt.message);
}

void ReasonsByWord::Add(ReasonWord word, const std::string& message) {
  constexpr std::size_t kMostBytes = 1024;
  const auto known = std::ranges::find(reasons_, word, &Doubt::word);
  if (known == reasons_.end()) {
    reasons_.push_back({word, message});
  } else if (known->message.find(message) == std::string::npos && known->message.size() < kMostBytes) {
    known->message += "; " + message;
  }
}

void ReasonsByWord::Absorb(const ReasonsByWord& other, std::string_view platform) {
  if (other.outcome() < outcome()) return;
  if (other.outcome() > outcome()) reasons_.clear();
  for (const Doubt& reason : other.reasons_)
    Add(reason.word, platform.empty() ? reason.message : fmt::format("{}: {}", Printable(platform, 64), reason.message));
}

void ReasonsByWord::MoveTo(RuleReport& report, std::string_view rule) {
  for (Doubt& reason : reasons_) report.Add(reason.word, rule, std::move(reason.message));
  reasons_.clear();
}

Outcome ReasonsByWord::outcome() const {
  Outcome outcome = Outcome::kPass;
  for (const Doubt& reason : reasons_) outcome = std::max(outcome, OutcomeOf(reason.word));
  return outcome;
}

}  // namespace hullwright::policy
