// Conditions of a status: a list with one entry for each type (metav1.Condition; apimachinery: api/meta, SetStatusCondition).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "api/common.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace hullwright::kube {

// Puts the condition into the list: lastTransitionTime is now when the status is another one than before (or the type is new), else what it
// was. True when anything but that time has changed, so that there is something to write. The message is cut to what Kubernetes takes
// (32,768 bytes); type, status and reason are our own words and taken as they are.
bool SetCondition(std::vector<api::Condition>& conditions, api::Condition wanted, Time now);

const api::Condition* FindCondition(const std::vector<api::Condition>& conditions, std::string_view type);

// status.conditions of an object; empty when it has none. kInvalidInput: something else stands there; it is ours to write anew.
Result<std::vector<api::Condition>> ReadConditions(JsonElement object);
nlohmann::json WriteConditions(const std::vector<api::Condition>& conditions);

}  // namespace hullwright::kube
