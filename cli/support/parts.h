// What goes into a support bundle; parts.cpp lists it.
#pragma once

#include <span>
#include <string_view>

#include "cli/doctor/installation.h"
#include "cli/support/bundle.h"

namespace hullwright::cli {

struct BundlePart {
  std::string_view what;
  void (*gather)(Installation& installation, Bundle& bundle);
};

// In the order of the files.
std::span<const BundlePart> BundleParts();

}  // namespace hullwright::cli
