// The licenses that a policy forbids, asked of what scanners tell of a package's license.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/forbid.h"

namespace hullwright::policy {

class ForbiddenLicenses {
 public:
  // SPDX ids, "*" for any characters (api::LicenseRule::forbidden).
  explicit ForbiddenLicenses(const std::vector<std::string>& patterns);

  // Whether a package with this license has a forbidden one. Of an SPDX license expression (SPDX specification 2.3, annex D), without
  // regard to case:
  //   A         yes when a pattern names it. A name is taken at its word, whether SPDX lists it or not; but what NOASSERTION, NONE,
  //             LicenseRef-… and DocumentRef-… stand for is unknown.
  //   A+        as A, and by its name with the plus.
  //   A WITH x  as A: no exception makes another license of it.
  //   A AND B   yes when one of them is, no when both are not.
  //   A OR B    what both are; where they differ, unknown: nobody has told which one was chosen.
  // Of any other text: yes when a pattern names one of its words, otherwise unknown.
  Truth Meets(std::string_view license) const;

 private:
  friend class LicenseReader;

  bool Name(std::string_view id) const;
  Truth OfId(std::string_view id) const;

  std::vector<std::string> patterns_;  // lower case
};

}  // namespace hullwright::policy
