// Which findings of an image somebody accepts, finding by finding: what decisions tell rule by rule and cut short, for reports.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "policy/decision.h"
#include "policy/facts.h"
#include "policy/policy_set.h"

namespace hullwright::policy {

struct AcceptedFindings {
  // Beside image.scans: what accepts the finding, by its position in the scan. Of several waivers the first that a policy counted.
  std::vector<std::map<std::uint32_t, Waived>> by_scan;
  std::vector<std::string> policies;  // ids of those that were asked
  // Policies of which nobody can say what they forbid, or whether they cover the image: they may accept more, and refuse what others
  // accept.
  std::vector<Doubt> doubts;
  std::vector<Notice> notices;
  std::vector<std::string> vex;  // "ClusterImageAdmissionPolicy/production: 2 statements of acme (OpenVEX)"
};

// A finding counts as accepted when a policy that covers the image would refuse it but for a waiver or a VEX statement, and no policy that
// covers the image refuses it all the same. What no policy forbids needs nobody to accept it. An image whose reference does not parse has
// none.
AcceptedFindings FindAccepted(const PolicySet& policies, const Subject& subject, const ImageFacts& image, Time now);

}  // namespace hullwright::policy
