// Whether two JSON values say the same to Kubernetes: the order of members does not count, and null is absent.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"

namespace hullwright::webhook {

bool JsonEqual(JsonElement a, JsonElement b);

// Of two objects, without looking at the members of these names.
bool JsonEqualExcept(JsonObject a, JsonObject b, std::span<const std::string_view> ignored);

}  // namespace hullwright::webhook
