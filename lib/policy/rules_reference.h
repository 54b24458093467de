// rules.reference: how an image must be named. An absent block means `digest: Pinned` and no forbidden tags.
#pragma once

#include "policy/rule.h"

namespace hullwright::policy {

// "reference.digest". Without a digest: DigestRequired where the author must write it; nothing where it is not required (a rule that needs
// the digest then says so itself). With Pinned the digest must be there when a Pod is judged: DigestNotPinned when the tag was resolved and
// the Pod still names it alone, DigestUnresolved when it could not be, or what the registry said for sure (ImageAbsent …). A template
// passes with a tag that was resolved: its Pods are pinned.
void JudgeDigest(const RuleInput& input, RuleReport& report);

// "reference.forbiddenTags". Looked at only when there is no digest: beside a digest a tag is decoration and decides nothing. A reference
// without tag and digest means "latest", as the runtime reads it.
void JudgeTag(const RuleInput& input, RuleReport& report);

}  // namespace hullwright::policy
