// From a report to an ImageScan: the digest it speaks of, and what of it is kept.
#pragma once

#include <optional>
#include <string>

#include "api/image_scan.h"
#include "base/error.h"
#include "base/image_reference.h"
#include "scan/report.h"

namespace hullwright::scan {

struct ImportOptions {
  // --image REPO@DIGEST: the submitter answers for the digest. Refused when the report proves another one, for whichever repository, or
  // names others alone for that repository.
  std::optional<ImageReference> image;
  // For a report that does not say how old the scanner's database was (Trivy's). Refused when the report says otherwise, or when it lies
  // after the scan.
  std::optional<Time> database_updated_at;
  std::string imported_by;  // user name, for ScanResult::imported_by
  // firstSeen of the findings, and fixFirstSeen of those with a fix, as far as no other scan knows an earlier one (clocks.h). Absent: left
  // out, for a scan of which nobody knows what was there before.
  std::optional<Time> first_seen;
  Time now{};                          // scannedAt may not lie after it by more than five minutes
  std::size_t max_bytes = 256u << 10;  // of the encoded object; findings are cut from the least severe end and counted
};

// A report is bound to a digest only if it proves it (it names exactly one) or the submitter names it; otherwise kInvalidInput says how to
// name it.
Result<api::ImageScan> ToImageScan(const Report& report, const ImportOptions& options);

// What the report names in place of the image, where that proves nothing against it (an SBOM, several digests): worth a warning. "" when it
// names the image's digest, or none.
std::string NamedInstead(const Report& report, const ImageReference& image);

// The scan with one scanner's result replaced or added: results stand side by side, findings of several scanners with the same
// (id or alias, package, version) are one with several witnesses, the stricter severity kept.
//
// kConflict when the two are not of the same digest, or of two platforms: one scan cannot speak for both platforms of an index.
// Where two scanners list different layers of the image, the layers of findings are not known any more.
// Counts are exact while nothing was cut; when something was, they count what two scanners both report twice, never too little.
Result<api::ImageScan> Merge(const api::ImageScan& existing, const api::ImageScan& imported, std::size_t max_bytes);

}  // namespace hullwright::scan
