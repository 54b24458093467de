// Request and images as the engine was given them, as a document of the decision history. What changes from one Pod of a Deployment to the
// next (its name, the time) is not part of it, so that they share one.
//
// Of the object under review nothing is kept but where it names images, and the users they run as: no environment, arguments, annotations
// or secrets. References that do not parse are cut, and of more images than are judged only the number is kept: whoever may create Pods
// may write what they like there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/judge.h"
#include "policy/engine.h"

namespace hullwright::evidence {

// scans: the digests of the documents of each image's scans (recorded_objects.h), in the order of the images and of their scans.
std::string EncodeFacts(const Basis& basis, const std::vector<std::vector<std::string>>& scans);

struct RecordedImage {
  policy::ImageFacts facts;        // without scans; of its origin what recorded_origin.h gives back
  std::vector<std::string> scans;  // digests of their documents
  bool had_vex = false;            // a signed VEX document was there, which the facts do not hold
};

struct RecordedFacts {
  policy::Subject subject;  // without description
  std::vector<RecordedImage> images;
  policy::Unmatched unmatched = policy::Unmatched::kDeny;
};

Result<RecordedFacts> DecodeFacts(std::string_view document);

}  // namespace hullwright::evidence
