// Package URLs as findings and exceptions write them (package-url specification, "pkg:type/namespace/name@version?qualifiers#subpath").
#pragma once

#include <string_view>

namespace hullwright::policy {

// The URL up to the version: "pkg:deb/debian/openssl". A bare name is returned as it is.
std::string_view WithoutVersion(std::string_view package);

// Whether both are package URLs of the same type, namespace and name; versions, qualifiers and subpaths are left aside. Percent-encoding is
// undone, the type compared without case. A bare name is never the same as anything: its ecosystem is not known.
bool IsSamePackage(std::string_view a, std::string_view b);

}  // namespace hullwright::policy
