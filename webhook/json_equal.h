// Whether two JSON values say the same to Kubernetes: the order of members does not count, and null is absent.
#pragma once

#include <string_view>

#include "base/json.h"

namespace hullwright::webhook {

bool JsonEqual(JsonElement a, JsonElement b);

// Of two objects, without looking at one of their members.
bool JsonEqualExcept(JsonObject a, JsonObject b, std::string_view ignored_key);

}  // namespace hullwright::webhook
