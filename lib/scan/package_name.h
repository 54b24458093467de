// The names of packages as findings have them: package URLs, or bare names where the report had no more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hullwright::scan {

// Stands for the package where a format does not name it: a finding has one. No package URL is the same, so that no exception for a package
// covers such a finding.
inline constexpr std::string_view kUnnamedPackage = "(not named)";

bool IsPackageUrl(std::string_view package);

// A package whatever its version and qualifiers: scanners write the same package URL with other ones ("arch", "distro", "upstream").
std::string_view WithoutQualifiers(std::string_view package);

// The bare names under which scanners speak of the package, in lower case: "pkg:npm/%40babel/core@7" is core and @babel/core, a Maven URL
// also group:artifact. A bare name is its own; what is not named has none.
std::vector<std::string> BareNames(std::string_view package);

// The installed version that a package URL ends with, decoded; "" when it says none.
std::string VersionOfPackageUrl(std::string_view url);

}  // namespace hullwright::scan
