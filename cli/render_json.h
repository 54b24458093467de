// A review as a JSON document, before it is spelled as JSON or YAML.
#pragma once

#include <nlohmann/json.hpp>

#include "cli/review.h"

namespace hullwright::cli {

nlohmann::ordered_json ToJson(const Place& place);
nlohmann::ordered_json ToJson(const Review& review);
// Indented, with a newline at the end; bytes that are no UTF-8 are replaced.
std::string JsonText(const nlohmann::ordered_json& value);

}  // namespace hullwright::cli
