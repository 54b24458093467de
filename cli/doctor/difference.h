// Where an object of a cluster is not as wanted.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hullwright::cli {

// The path, below `path`, of the first value of wanted that is absent or another one in given; "" when all are there. Members of given that
// wanted does not name are not looked at; lists must be the same, element by element.
std::string FirstMissing(const nlohmann::json& wanted, const nlohmann::json& given, const std::string& path);

// The same both ways: "" only when the two are equal.
std::string FirstDifference(const nlohmann::json& wanted, const nlohmann::json& given, const std::string& path);

}  // namespace hullwright::cli
