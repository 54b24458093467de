// rules.publishers: how many distinct trusted publishers must vouch for the image.
#pragma once

#include "policy/rule.h"

namespace hullwright::policy {

// "publishers". A NameOnly publisher vouches for every image under its repositories. A publisher that does not exist, is broken or wants a
// signature (which this version cannot verify) might vouch: where those could make up the number, the answer is PublisherUnknown.
void JudgePublishers(const RuleInput& input, RuleReport& report);

}  // namespace hullwright::policy
