#include "scan/finding_names.h"

#include <algorithm>

#include "base/text.h"
#include "scan/package_name.h"

namespace hullwright::scan {

FindingNames NamesOf(std::string_view id, const std::vector<std::string_view>& aliases, std::string_view package) {
  FindingNames names;
  names.vulnerabilities.reserve(1 + aliases.size());
  names.vulnerabilities.push_back(LowerCase(id));
  for (const std::string_view alias : aliases) names.vulnerabilities.push_back(LowerCase(alias));
  names.packages = BareNames(package);
  names.packages.emplace_back(WithoutQualifiers(package));
  return names;
}

void FindingNameSet::Add(const FindingNames& names) {
  for (const std::string& package : names.packages)
    vulnerabilities_[package].insert(names.vulnerabilities.begin(), names.vulnerabilities.end());
}

bool FindingNameSet::Contains(const FindingNames& names) const {
  return std::ranges::any_of(names.packages, [&](const std::string& package) {
    const auto known = vulnerabilities_.find(package);
    return known != vulnerabilities_.end() &&
           std::ranges::any_of(names.vulnerabilities, [&](const std::string& name) { return known->second.contains(name); });
  });
}

}  // namespace hullwright::scan
