// Package URLs as findings and exceptions write them (package-url specification, "pkg:type/namespace/name@version?qualifiers#subpath").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hullwright::policy {

// The URL up to the version: "pkg:deb/debian/openssl". A bare name is returned as it is.
std::string_view WithoutVersion(std::string_view package);

// Whether both are package URLs of the same type, namespace and name; versions, qualifiers and subpaths are left aside. Percent-encoding is
// undone, the type compared without case. A bare name is never the same as anything: its ecosystem is not known.
bool IsSamePackage(std::string_view a, std::string_view b);

// RFC 3986: "%40" is "@". What is no escape stays as it is.
std::string PercentDecoded(std::string_view text);

// A package URL in its parts, percent-encoding undone; the subpath is left aside.
struct PackageUrl {
  std::string identity;                                         // "deb/debian/openssl": type in lower case, namespace and name
  std::string version;                                          // "": none
  std::vector<std::pair<std::string, std::string>> qualifiers;  // keys in lower case; those without a value are none

  // nullopt for what is no package URL, or has no type or name.
  static std::optional<PackageUrl> Parse(std::string_view text);

  std::string_view Type() const;
  std::string_view Name() const;                             // the last segment of the identity
  const std::string* Qualifier(std::string_view key) const;  // nullptr: none
};

}  // namespace hullwright::policy
