// hullctl support-bundle: what a maintainer needs to understand an installation, in one file, without secrets.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/doctor/installation.h"
#include "cli/support/bundle.h"

namespace hullwright::cli {

struct SupportBundleOptions {
  ClusterOptions cluster;
  InstallationNames names;
  std::string out;  // FILE.tar.gz; replaced when it is there
};

// kPass: everything was fetched; kCouldNotTell: something was not, which the index names, and the rest was written.
CommandOutput SupportBundle(const SupportBundleOptions& options, const Environment& environment);

// All parts of an installation, in a fixed order.
void GatherBundle(Installation& installation, Bundle& bundle);

}  // namespace hullwright::cli
