// What the Ready condition of our own objects says. Pure.
//
// The judgement is that of hullctl validate and of the webhook's catalogue: an object that does not decode, or whose keys cannot be used,
// is in force nowhere, but a webhook that knows an earlier version goes on using that.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/common.h"
#include "api/object.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace hullwright::controller {

// As much of an object as its status depends on.
struct OwnObject {
  api::ObjectKey key;
  std::int64_t generation = 0;
  std::vector<api::Condition> conditions;  // as they stand there
  std::string mistakes;                    // "; " between them; "": none
  std::set<api::ObjectKey> refers_to;      // objects of ours that it needs
  std::optional<Time> ends;                // of a waiver
};

// Of any object of our group but an ImageScan. kInvalidInput: it has no usable name.
Result<OwnObject> ReadOwnObject(JsonElement object);

// exists: whether an object of ours is there. lastTransitionTime is left to kube::SetCondition.
api::Condition JudgeReady(const OwnObject& object, const std::function<bool(const api::ObjectKey&)>& exists, Time now);

}  // namespace hullwright::controller
