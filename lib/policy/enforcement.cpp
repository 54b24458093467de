#include "policy/enforcement.h"

#include <algorithm>

namespace hullwright::policy {
namespace {

using api::Enforcement;

bool IsAdmitted(const Policy& policy, const ImageFacts& image, Time now) {
  // What ran is a digest; a tag that nobody resolved may name another image today.
  if (DigestOf(image) == nullptr) return false;
  const auto since = image.admitted_since.find(policy.id);
  if (since == image.admitted_since.end() || since->second > now) return false;
  constexpr std::int64_t kThousandYears = 1000LL * 366 * 24;
  const std::chrono::hours allowed(std::clamp<std::int64_t>(policy.object.spec.enforcement.admitted_hours, 0, kThousandYears));
  return now - since->second <= allowed;
}

// Findings, ages and ends of life change while an image runs; trust, and what the image is, do not.
bool IsSoftenedByAdmission(RuleFamily family) {
  return family == RuleFamily::kVulnerabilities || family == RuleFamily::kFreshness;
}

}  // namespace

Enforcement EnforcementOf(ReasonWord word, const Policy& policy, const Subject& subject, const ImageFacts& image, Time now) {
  const api::PolicyEnforcement& wanted = policy.object.spec.enforcement;
  Enforcement enforcement = wanted.new_images;
  if (subject.kind == SubjectKind::kTemplate)
    enforcement = std::min(enforcement, wanted.templates);
  else if (IsSoftenedByAdmission(FamilyOf(word)) && IsAdmitted(policy, image, now))
    enforcement = std::min(enforcement, wanted.admitted_images);
  if (word == ReasonWord::kBaseImageUnannotated) enforcement = std::min(enforcement, Enforcement::kWarn);  // a hint never denies
  if (OutcomeOf(word) == Outcome::kCouldNotTell) enforcement = std::min(enforcement, wanted.no_data);
  return enforcement;
}

std::optional<Enforcement> EnforcementOfUnmatched(Unmatched unmatched, SubjectKind subject) {
  switch (unmatched) {
    case Unmatched::kAllow:
      return std::nullopt;
    case Unmatched::kWarn:
      return Enforcement::kWarn;
    case Unmatched::kDeny:
      break;
  }
  return subject == SubjectKind::kTemplate ? Enforcement::kWarn : Enforcement::kDeny;
}

Enforcement EnforcementOfBroken(SubjectKind subject) {
  return subject == SubjectKind::kTemplate ? Enforcement::kWarn : Enforcement::kDeny;
}

}  // namespace hullwright::policy
