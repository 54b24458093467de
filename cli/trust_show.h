// hullctl trust show: the trust report (trust_report.h), written out.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/trust_report.h"

namespace hullwright::cli {

struct TrustShowOptions {
  TrustFolders folders;
  std::string output = "table";
};

CommandOutput TrustShow(const TrustShowOptions& options, const Environment& environment);

}  // namespace hullwright::cli
