// One typed scanner report, whatever scanner wrote it. What a format cannot say stays unknown, never a default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/image_scan.h"
#include "base/error.h"
#include "base/image_reference.h"
#include "base/json.h"

namespace hullwright::scan {

struct Report {
  std::string scanner;  // "trivy", "grype": also the name of the ScanResult; of the scanner that looked, whatever wrote the document
  std::string scanner_version;
  std::string format;  // of the document, in words: "Trivy's JSON"
  std::optional<Time> scanned_at;
  std::optional<Time> database_updated_at;  // Grype and in-toto's predicate say it, others do not
  std::string artifact_name;                // as the scanner was asked for it
  bool from_image = false;  // the scanner read the image itself; false for an SBOM or a folder: then nothing proves a digest
  std::vector<ImageReference> repo_digests;  // what the report itself says it looked at, each with a digest; often the index's
  std::vector<Digest> digests;               // the same where it names no repository beside them (Harbor, Clair, a statement's subject)
  std::optional<Digest> manifest_digest;     // of the platform manifest; Grype says it, Trivy does not
  std::optional<api::Platform> platform;
  std::optional<api::OperatingSystem> os;
  std::optional<api::ImageFacts> image;
  api::ScanOutcome outcome = api::ScanOutcome::kFailed;
  std::string outcome_reason;  // why not Complete
  std::optional<std::int64_t> package_count, secrets;
  std::vector<api::LicenseUse> licenses;  // one for each license, NOASSERTION for packages without one; empty: the report tells none
  std::int64_t truncated_licenses = 0;    // of which there is no room here
  std::vector<api::Finding> findings;     // one per (id, package, version), most severe first
};

struct ReportLimits {
  std::size_t max_bytes = 64u << 20;  // of the report; and of the text of its findings, which a report may say once and mean often
  std::size_t max_findings = 200'000;
  std::size_t max_packages = 1'000'000;  // where the packages are listed apart and must be kept while the report is read
};

// Recognises the format by its own marks (Trivy: SchemaVersion; Grype: descriptor.name; docs/reference/scan-reports.md has them all), never
// by file name. kUnsupported names the formats that are known; kInvalidInput says where the report is broken.
Result<Report> DecodeReport(JsonText json, const ReportLimits& limits = {});

}  // namespace hullwright::scan
