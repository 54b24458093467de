#include "policy/rules_reference.h"

#include <fmt/core.h>

#include "base/text.h"
#include "policy/origin.h"

namespace hullwright::policy {
namespace {

constexpr std::string_view kDigestRule = "reference.digest";
constexpr std::string_view kTagRule = "reference.forbiddenTags";

std::string TagText(const ImageReference& reference) {
  const std::string tag = Printable(reference.tag.value_or("latest"));
  return reference.tag_defaulted ? fmt::format("no tag, which means {}", tag) : fmt::format("tag {}", tag);
}

// Whether the node will be told the digest, although the author did not write it.
bool WillBePinned(const Subject& subject) {
  return subject.kind == SubjectKind::kTemplate || subject.tags_are_pinned;
}

void JudgePinned(const RuleInput& input, RuleReport& report) {
  const auto digest = DigestFor(input);
  if (digest && WillBePinned(input.subject)) return;
  const std::string tag = TagText(input.reference);
  if (digest) {
    report.Add(ReasonWord::kDigestNotPinned, kDigestRule,
               fmt::format("the reference has {} and no digest; it names {} now, and may name another image when the node pulls it", tag,
                           (*digest)->text()));
  } else if (OutcomeOf(digest.error().word) == Outcome::kViolation) {
    report.Add(digest.error().word, kDigestRule, Printable(digest.error().message, 512));
  } else {
    report.Add(ReasonWord::kDigestUnresolved, kDigestRule,
               fmt::format("the reference has {} and no digest, so nobody can tell which image would run: {}", tag,
                           Printable(digest.error().message, 512)));
  }
}

}  // namespace

void JudgeDigest(const RuleInput& input, RuleReport& report) {
  const api::DigestRule rule = input.rules().reference.value_or(api::ReferenceRules{}).digest;
  if (input.reference.digest || rule == api::DigestRule::kNotRequired) {
    report.Trace(kDigestRule, Outcome::kPass, [&] { return input.reference.digest ? input.reference.digest->text() : "not required"; });
    return;
  }
  if (rule == api::DigestRule::kFromAuthor) {
    report.Add(
        ReasonWord::kDigestRequired, kDigestRule,
        fmt::format("the reference has {} and no digest; the policy wants the author to write the digest", TagText(input.reference)));
  } else {
    JudgePinned(input, report);
  }
  report.Trace(kDigestRule, report.reasons.empty() ? Outcome::kPass : OutcomeOf(report.reasons.back().word),
               [&] { return TagText(input.reference) + ", no digest"; });
}

void JudgeTag(const RuleInput& input, RuleReport& report) {
  if (!input.rules().reference || input.rules().reference->forbidden_tags.empty()) return;
  if (input.reference.digest) {
    report.Trace(kTagRule, Outcome::kPass, [] { return std::string("the digest decides, the tag is decoration"); });
    return;
  }
  const std::string_view tag = input.reference.tag ? std::string_view(*input.reference.tag) : "latest";
  for (const std::string& pattern : input.rules().reference->forbidden_tags) {
    if (!WildcardMatches(pattern, tag)) continue;
    report.Add(ReasonWord::kTagForbidden, kTagRule,
               fmt::format("the reference has {}, which forbiddenTags entry {} forbids", TagText(input.reference), Printable(pattern)));
    report.Trace(kTagRule, Outcome::kViolation, [&] { return TagText(input.reference); });
    return;
  }
  report.Trace(kTagRule, Outcome::kPass, [&] { return TagText(input.reference); });
}

}  // namespace hullwright::policy
