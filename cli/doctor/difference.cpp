#include "cli/doctor/difference.h"

#include <fmt/format.h>

namespace hullwright::cli {

std::string FirstMissing(const nlohmann::json& wanted, const nlohmann::json& given, const std::string& path) {
  if (wanted.is_object() && given.is_object()) {
    for (const auto& [key, value] : wanted.items()) {
      const std::string below = path.empty() ? key : path + "." + key;
      const auto found = given.find(key);
      if (found == given.end()) return below;
      if (auto where = FirstMissing(value, *found, below); !where.empty()) return where;
    }
    return "";
  }
  if (wanted.is_array() && given.is_array() && wanted.size() == given.size()) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (auto where = FirstMissing(wanted[i], given[i], fmt::format("{}[{}]", path, i)); !where.empty()) return where;
    }
    return "";
  }
  return wanted == given ? "" : path;
}

std::string FirstDifference(const nlohmann::json& wanted, const nlohmann::json& given, const std::string& path) {
  std::string where = FirstMissing(wanted, given, path);
  return where.empty() ? FirstMissing(given, wanted, path) : where;
}

}  // namespace hullwright::cli
