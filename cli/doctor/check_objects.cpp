// Objects of our kinds: whether they decode, as `hullctl validate` judges it, and which waivers end soon.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <type_traits>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/doctor/checks.h"
#include "evidence/trust_check.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxBrokenTold = 20;
constexpr std::size_t kMaxWaiversTold = 20;
constexpr std::chrono::hours kEndsSoon{7 * 24};
constexpr std::string_view kSeeValidate = "correct it: kubectl get {} {}{} -o yaml | hullctl validate - tells every mistake with its line";

std::string PluralOf(std::string_view kind) {
  const auto& kinds = api::Kinds();
  const auto found = std::ranges::find(kinds, kind, &api::KindInfo::kind);
  return found == kinds.end() ? std::string(kind) : found->plural + "." + std::string(api::kGroup);
}

std::string MistakeIn(const OwnObject& object) {
  if (!object.object) return object.object.error().message;
  const auto mistakes = evidence::MistakesInTrustMaterial(*object.object);
  return mistakes.empty() ? "" : mistakes.front();
}

void TellBroken(const OwnObject& object, const std::string& mistake, CheckReport& report) {
  const std::string effect =
      api::IsPolicyKind(object.key.kind) ? "what it covers is denied, or judged by its last good version" : "it does not count";
  report.Problem(
      fmt::format("{} cannot be used, so that {}: {}", Printable(object.key.ToString()), effect, WithoutControls(mistake.substr(0, 1024))),
      fmt::format(fmt::runtime(kSeeValidate), PluralOf(object.key.kind), Printable(object.key.name),
                  object.key.namespace_.empty() ? "" : " -n " + Printable(object.key.namespace_)));
}

// False: not all kinds could be read.
bool TellUnread(const OwnObjects& objects, CheckReport& report) {
  for (const auto& [plural, error] : objects.unread) {
    if (error.code == ErrorCode::kNotFound) {
      report.Problem(fmt::format("{} are not served, so that there can be none", plural), "install the kinds: the check `kinds` says how");
    } else {
      report.Unread(plural, error);
    }
  }
  if (objects.cut)
    report.CouldNotTell(fmt::format("there are more objects than are looked at ({} of a kind)", kMaxListedObjects),
                        "the webhook reads all of them: /readyz?verbose and hullwright_problems tell of those that cannot be used");
  return objects.unread.empty() && !objects.cut;
}

void TellSoftPolicies(const OwnObjects& objects, CheckReport& report) {
  std::vector<std::string> audit, warn;
  std::size_t policies = 0;
  for (const OwnObject& object : objects.objects) {
    const auto* policy = object.object ? std::get_if<api::ImageAdmissionPolicy>(&*object.object) : nullptr;
    policies += api::IsPolicyKind(object.key.kind) ? 1 : 0;
    if (policy == nullptr) continue;
    if (policy->spec.enforcement.new_images == api::Enforcement::kAudit) audit.push_back(Printable(object.key.ToString()));
    if (policy->spec.enforcement.new_images == api::Enforcement::kWarn) warn.push_back(Printable(object.key.ToString()));
  }
  if (policies == 0)
    report.Note("there is no policy: --unmatched of the webhook decides over every image (Deny, unless it says otherwise)");
  if (!audit.empty())
    report.Note(fmt::format("these policies only record what they would refuse (newImages: Audit): {}", fmt::join(audit, ", ")));
  if (!warn.empty()) report.Note(fmt::format("these policies only warn (newImages: Warn): {}", fmt::join(warn, ", ")));
}

struct WaiverEnd {
  Time end;
  std::string name, remedy;
};

std::optional<WaiverEnd> EndOf(const OwnObject& object) {
  if (!object.object) return std::nullopt;
  const std::string name = Printable(object.key.ToString());
  if (const auto* exception = std::get_if<api::VulnerabilityException>(&*object.object))
    return WaiverEnd{exception->spec.expires_at, name, "renew it (spec.expiresAt) where the risk is still accepted, else delete it"};
  const auto* pass = std::get_if<api::BreakGlass>(&*object.object);
  if (pass == nullptr || !pass->metadata.creation_timestamp) return std::nullopt;
  return WaiverEnd{*pass->metadata.creation_timestamp + std::chrono::seconds(pass->spec.duration_seconds), name,
                   "have its images comply with the policies by then; it cannot be prolonged"};
}

}  // namespace

void CheckObjects(Installation& installation, CheckReport& report) {
  const OwnObjects& objects = installation.Objects();
  const bool all_read = TellUnread(objects, report);
  std::size_t broken = 0;
  for (const OwnObject& object : objects.objects) {
    const std::string mistake = MistakeIn(object);
    if (mistake.empty()) continue;
    if (++broken <= kMaxBrokenTold) TellBroken(object, mistake, report);
  }
  if (broken > kMaxBrokenTold) report.Note(fmt::format("{} more objects cannot be used", broken - kMaxBrokenTold));
  TellSoftPolicies(objects, report);
  if (all_read && broken == 0) report.Ok(fmt::format("all {} objects of hullwright.dev can be used", objects.objects.size()));
}

void CheckWaivers(Installation& installation, CheckReport& report) {
  const OwnObjects& objects = installation.Objects();
  for (const auto& [plural, error] : objects.unread) {
    if (plural == "vulnerabilityexceptions" || plural == "clustervulnerabilityexceptions" || plural == "breakglasses")
      report.Unread(plural, error);
  }
  std::vector<WaiverEnd> ends;
  for (const OwnObject& object : objects.objects) {
    auto end = EndOf(object);
    if (end && end->end - installation.now() < kEndsSoon) ends.push_back(std::move(*end));
  }
  std::ranges::sort(ends, {}, &WaiverEnd::end);
  for (std::size_t i = 0; i < std::min(ends.size(), kMaxWaiversTold); ++i) {
    const bool is_over = ends[i].end <= installation.now();
    report.Note(fmt::format("{} {} {}: {}", ends[i].name, is_over ? "has ended, at" : "ends within a week, at", FormatRfc3339(ends[i].end),
                            ends[i].remedy));
  }
  if (ends.size() > kMaxWaiversTold) report.Note(fmt::format("{} more have ended, or end within a week", ends.size() - kMaxWaiversTold));
  if (report.findings().empty() && !objects.cut)
    report.Ok(fmt::format("{} exceptions and emergency passes have ended or end within a week", ends.size()));
}

}  // namespace hullwright::cli
