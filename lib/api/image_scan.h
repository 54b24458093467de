// ImageScan: what is known about one platform manifest, by digest. Verdict inputs only; full reports live elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/common.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/digest.h"

namespace hullwright::api {

struct Platform {
  std::string os, architecture, variant;

  std::string ToString() const;  // "linux/arm64/v8"
  // What follows the second slash is the variant. nullopt: the operating system or the architecture is missing.
  static std::optional<Platform> Parse(std::string_view text);
};

struct ImageScanSpec {
  Digest digest;  // of the platform manifest (or of the index, where the scanner names only that)
  std::optional<Platform> platform;
};

enum class ScanSource { kPull, kSBOM, kAttestation, kImport };
enum class ScanOutcome { kComplete, kPartial, kUnscannable, kFailed };
std::string_view ToString(ScanOutcome value);

struct FindingCount {
  Severity severity = Severity::kUnknown;
  FixState fix = FixState::kUnknown;
  Layer layer = Layer::kUnknown;
  std::int64_t count = 0;
};

// A license as a scanner tells it, and packages that have it.
struct LicenseUse {
  std::string license;                // SPDX expression or id, or the scanner's own words; kNoAssertion where it tells none
  std::int64_t count = 0;             // of the packages
  std::vector<std::string> packages;  // names of the first few
};
// SPDX specification 2.3, 7.13: the license is not known.
inline constexpr std::string_view kNoAssertion = "NOASSERTION";

struct ScanResult {
  NameRef scanner_ref;  // "trivy", "grype"
  std::string version;
  std::optional<Time> database_updated_at;  // absent: the report does not say
  std::optional<Time> scanned_at;
  ScanSource source = ScanSource::kImport;
  ScanOutcome outcome = ScanOutcome::kFailed;
  std::string reason;  // why not Complete
  std::string imported_by;
  std::vector<FindingCount> counts;  // of all findings of this scanner; only where findings were cut, so that a merge can count honestly
  std::vector<LicenseUse> licenses;  // one for each license; empty: this scanner tells none
  std::int64_t truncated_licenses = 0;
};

struct OperatingSystem {
  std::string family, name;
  std::optional<bool> end_of_life;
};

struct ImageFacts {
  std::optional<Time> created;
  std::string user;
  std::optional<std::int64_t> size_bytes;
  std::optional<std::int64_t> layers;
  std::vector<Digest> diff_ids;  // of the layers, lowest first, as the scanner listed them (OCI image specification, config.md: rootfs)
};

// Layers of ImageFacts::diff_ids by their positions, both included.
struct LayerRange {
  std::int64_t first = 0, last = 0;

  friend bool operator==(const LayerRange&, const LayerRange&) = default;
};

struct Finding {
  std::string id;  // "CVE-2024-1234", "GHSA-…", distribution ids
  std::vector<std::string> aliases;
  std::string package;  // package URL, or the bare name when the report has no purl
  std::string version;  // installed
  Severity severity = Severity::kUnknown;
  std::optional<Decimal> cvss;
  FixState fix = FixState::kUnknown;
  std::string fixed_in;
  Layer layer = Layer::kUnknown;
  std::optional<LayerRange> layer_range;  // the package came with these layers, or with some of them
  std::optional<Time> published, first_seen, fix_first_seen;
  std::vector<std::string> scanners;  // names of the results that witness it
};

struct ImageScanStatus {
  std::vector<std::string> repositories;  // "registry.example/shop/api"
  std::vector<Digest> index_digests;      // indexes that list this manifest
  std::vector<ScanResult> results;        // one per scanner
  std::optional<OperatingSystem> os;
  std::optional<ImageFacts> image;
  std::vector<FindingCount> counts;  // of all findings, the cut ones included
  std::optional<std::int64_t> package_count, secrets;
  std::vector<Finding> findings;        // most severe first, byte-capped
  std::int64_t truncated_findings = 0;  // how many were cut
  std::string report_ref;
  std::vector<Condition> conditions;  // Scanned, Complete
};

struct ImageScan {
  ObjectMeta metadata;  // name: sha256-<64 hex> of spec.digest
  ImageScanSpec spec;
  ImageScanStatus status;
};

}  // namespace hullwright::api
