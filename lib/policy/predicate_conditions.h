// What a predicate says, against what a policy wants it to say.
#pragma once

#include <string>
#include <string_view>

#include "api/trust_rules.h"
#include "base/error.h"
#include "base/json.h"

namespace hullwright::policy {

// What is wrong with the predicate under these conditions, "" when all of them are met: "/runDetails/builder/id is "x", which is not one of
// …". A value that is absent, or no text, number or truth value, meets only what asks for exactly that.
std::string MistakeInPredicate(const std::vector<api::PredicateCondition>& conditions, JsonElement predicate);

}  // namespace hullwright::policy
