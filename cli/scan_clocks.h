// What the scans of a folder or cluster know of when vulnerabilities were first seen (scan/clocks.h), for a scan that is about to be stored
// there. They are all read only when the scan has findings that its own digest's scan does not know: that of a re-scan mostly has none.
#pragma once

#include <string>

#include "api/image_scan.h"
#include "base/error.h"
#include "scan/clocks.h"

namespace hullwright::kube {
class KubeClient;
}

namespace hullwright::cli {

// Answer what could not be read, and what follows from that, in a sentence; "" when everything was.
Result<std::string> LearnFromFolder(const std::string& folder, const std::string& own_file, const api::ImageScan& scan,
                                    scan::Clocks& clocks);
Result<std::string> LearnFromCluster(kube::KubeClient& client, const api::ImageScan& scan, scan::Clocks& clocks);

}  // namespace hullwright::cli
