// rules.publishers: how many distinct trusted publishers must vouch for the image.
#pragma once

#include "policy/rule.h"

namespace hullwright::policy {

// "publishers". A NameOnly publisher vouches for every image under its repositories, one with signatures for each digest that one of its
// authorities signed (docs/decisions/0014). Each publisher needs a signer of its own. Where publishers that could not be asked could make
// up the number, the answer is could-not-tell with the words that say why; otherwise what stands against each of those that publish under
// this name, and PublisherUntrusted where too few do. Where only signatures that hold in part make up the number, a notice
// SignatureTolerated.
void JudgePublishers(const RuleInput& input, RuleReport& report);

}  // namespace hullwright::policy
