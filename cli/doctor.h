// hullctl doctor: is an installation in a cluster sound, and if not, what to do.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/doctor/checks.h"

namespace hullwright::cli {

struct DoctorOptions {
  ClusterOptions cluster;
  InstallationNames names;
  std::string output = "table";  // table, json
  AdmissionTrial trial;          // namespace_ "": nothing is tried
};

// Changes nothing in the cluster. kViolation: a problem was found; kCouldNotTell: none was, but not all could be looked at.
CommandOutput Doctor(const DoctorOptions& options, const Environment& environment);

// All checks. Without an answer of the API server to the first, the others could not tell.
Examination Examine(Installation& installation, const AdmissionTrial& trial);

// kInvalidInput: a name that Kubernetes would not take, and that would have to be escaped in every path.
Result<void> CheckNames(const InstallationNames& names);

}  // namespace hullwright::cli
