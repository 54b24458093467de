// Where in a manifest an image reference stands: for annotations in code review.
#pragma once

#include <vector>

#include "api/image_use.h"
#include "cli/manifests.h"

namespace hullwright::cli {

// For each use the 1-based line of its reference in the file of the object, 0 where it is not found (an anchor, an escape). The n-th use of
// one reference is taken to be the n-th line of the object that holds it.
std::vector<int> LinesOf(const std::vector<api::ImageUse>& uses, const ManifestObject& object);

}  // namespace hullwright::cli
