// JSON values spelled as YAML, for people who read it; any YAML reader gives the same values back.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hullwright::cli {

std::string ToYaml(const nlohmann::ordered_json& value);

}  // namespace hullwright::cli
