// The parts of an ImageScan's status that follow from its findings and results.
#pragma once

#include <cstddef>
#include <vector>

#include "api/image_scan.h"
#include "base/error.h"

namespace hullwright::scan {

// Findings that are not known one by one any more, because they were cut earlier.
struct CutFindings {
  std::vector<api::FindingCount> counts;
  std::int64_t total = 0;
};

// Puts as many findings (sorted, most severe first) into the scan as fit into max_bytes of its encoded form and counts the rest as
// truncated; licenses of results give way first, as far as they take too much of the room. The counts of the scan are those of all findings
// and of those cut before; where anything is cut, each result says how many it has.
void PutFindings(api::ImageScan& scan, const std::vector<api::Finding>& findings, const CutFindings& cut_before, std::size_t max_bytes);

// kTooLarge when the scan has more repositories, indexes or results than an ImageScan may.
Result<void> CheckBounds(const api::ImageScanStatus& status);

// Scanned and Complete, as the results have them. A condition that was there before with the same status keeps its time.
void SetConditions(api::ImageScanStatus& status, Time now);

std::int64_t Total(const std::vector<api::FindingCount>& counts);
void AddCounts(std::vector<api::FindingCount>& counts, const std::vector<api::FindingCount>& more);

}  // namespace hullwright::scan
