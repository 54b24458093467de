// hullctl doctor: is an installation in a cluster sound, and if not, what to do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/doctor/checks.h"

namespace hullwright::cli {

struct DoctorOptions {
  ClusterOptions cluster;
  InstallationNames names;
  std::string output = "table";     // table, json
  AdmissionTrial trial;             // namespace_ "": nothing is tried
  std::vector<std::string> checks;  // names; empty: all
};

// Changes nothing in the cluster. kViolation: a problem was found; kCouldNotTell: none was, but not all could be looked at.
CommandOutput Doctor(const DoctorOptions& options, const Environment& environment);

// The checks of these names, or all. Where the API server gives the first check no answer, the others could not tell.
Examination Examine(Installation& installation, const AdmissionTrial& trial, const std::vector<std::string>& checks = {});
inline constexpr std::string_view kAdmissionCheck = "admission";

// kInvalidInput: a name that Kubernetes would not take, and that would have to be escaped in every path.
Result<void> RequireNames(const InstallationNames& names);

}  // namespace hullwright::cli
