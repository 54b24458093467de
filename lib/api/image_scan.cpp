#include "api/image_scan.h"

#include <algorithm>

#include "api/kind.h"
#include "api/shared_tables.h"

namespace hullwright::api {
namespace {

constexpr std::size_t kMaxDiffIds = 256;
constexpr std::int64_t kLastPosition = kMaxDiffIds - 1;

// The name is the digest, so that there is one ImageScan of a digest and nobody can file a scan under another one's name.
void CheckName(ImageScan& scan, const Given& given) {
  if (!given.HasGood("spec") || !given.HasGood("metadata")) return;
  std::string name = scan.spec.digest.text();
  std::ranges::replace(name, ':', '-');
  if (scan.metadata.name != name) given.Mistake("metadata.name", "must be the name of spec.digest, " + Quoted(name));
}

}  // namespace

template <>
const std::vector<EnumWord<ScanSource>>& WordsOf<ScanSource>() {
  static const std::vector<EnumWord<ScanSource>> words = {
      {ScanSource::kPull, "Pull"},
      {ScanSource::kSBOM, "SBOM"},
      {ScanSource::kAttestation, "Attestation"},
      {ScanSource::kImport, "Import"},
  };
  return words;
}

template <>
const std::vector<EnumWord<ScanOutcome>>& WordsOf<ScanOutcome>() {
  static const std::vector<EnumWord<ScanOutcome>> words = {
      {ScanOutcome::kComplete, "Complete"},
      {ScanOutcome::kPartial, "Partial"},
      {ScanOutcome::kUnscannable, "Unscannable"},
      {ScanOutcome::kFailed, "Failed"},
  };
  return words;
}

template <>
const Table& TableOf<Platform>() {
  // clang-format off
  static const auto table = StructTable<Platform>({
      Field<&Platform::os>("os", "Operating system, like linux.").Required().Length(1, 64),
      Field<&Platform::architecture>("architecture", "Processor architecture, like amd64.").Required().Length(1, 64),
      Field<&Platform::variant>("variant", "Its variant, like v8.").Length(0, 64),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageScanSpec>() {
  // clang-format off
  static const auto table = StructTable<ImageScanSpec>({
      Field<&ImageScanSpec::digest>("digest", "Digest of the platform manifest, or of the index where the scanner names only that.")
          .Required(),
      Field<&ImageScanSpec::platform>("platform", "The platform the manifest is for."),
  }).Cel("self == oldSelf", "the spec of an ImageScan cannot be changed");
  // clang-format on
  return table;
}

template <>
const Table& TableOf<FindingCount>() {
  // clang-format off
  static const auto table = StructTable<FindingCount>({
      Field<&FindingCount::severity>("severity", "Severity of the findings counted.").Required(),
      Field<&FindingCount::fix>("fix", "Their fix state.").Required(),
      Field<&FindingCount::layer>("layer", "Their layer.").Required(),
      Field<&FindingCount::count>("count", "How many there are.").Required(),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<LicenseUse>() {
  // clang-format off
  static const auto table = StructTable<LicenseUse>({
      Field<&LicenseUse::license>("license", "SPDX expression or id, or the scanner's own words. NOASSERTION: it tells none.")
          .Required().Length(1, 256),
      Field<&LicenseUse::count>("count", "How many packages have it.").Required(),
      Field<&LicenseUse::packages>("packages", "Names of some of them.").Items(0, 8).Length(1, 256),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ScanResult>() {
  // clang-format off
  static const auto table = StructTable<ScanResult>({
      Field<&ScanResult::scanner_ref>("scannerRef", "The scanner.").Required(),
      Field<&ScanResult::version>("version", "Version of the scanner."),
      Field<&ScanResult::database_updated_at>("databaseUpdatedAt",
          "How new its vulnerability database was. Left out: the report does not say."),
      Field<&ScanResult::scanned_at>("scannedAt", "When it looked. Left out: the report does not say."),
      Field<&ScanResult::source>("source", "Where the result came from.").Required(),
      Field<&ScanResult::outcome>("outcome", "Whether it could look at everything.").Required(),
      Field<&ScanResult::reason>("reason", "Why not.").Length(0, 1024),
      Field<&ScanResult::imported_by>("importedBy", "Who brought the report. In a cluster our mutating hook writes it.").Length(0, 1024),
      Field<&ScanResult::counts>("counts", "All findings of this scanner counted. Left out where nothing was cut.")
          .Items(0, 128).DistinctBy({"severity", "fix", "layer"}),
      Field<&ScanResult::licenses>("licenses", "Licenses of packages. Left out: this scanner tells none.")
          .Items(0, 256).DistinctBy({"license"}),
      Field<&ScanResult::truncated_licenses>("truncatedLicenses", "How many licenses were cut."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<OperatingSystem>() {
  // clang-format off
  static const auto table = StructTable<OperatingSystem>({
      Field<&OperatingSystem::family>("family", "Distribution, like debian.").Length(0, 64),
      Field<&OperatingSystem::name>("name", "Its version, like 12.7.").Length(0, 64),
      Field<&OperatingSystem::end_of_life>("endOfLife", "Whether its vendor has stopped to mend it. Left out: not known."),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageFacts>() {
  // clang-format off
  static const auto table = StructTable<ImageFacts>({
      Field<&ImageFacts::created>("created", "When it was built, by its own word."),
      Field<&ImageFacts::user>("user", "User it runs as."),
      Field<&ImageFacts::size_bytes>("sizeBytes", "Size of its layers."),
      Field<&ImageFacts::layers>("layers", "Number of its layers."),
      Field<&ImageFacts::diff_ids>("diffIDs", "Digests of its uncompressed layers, lowest first. Left out: the report does not list them.")
          .Items(0, kMaxDiffIds),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<LayerRange>() {
  // clang-format off
  static const auto table = StructTable<LayerRange>({
      Field<&LayerRange::first>("first", "Position in status.image.diffIDs of the lowest of them, counted from 0.")
          .Required().Between(0, kLastPosition),
      Field<&LayerRange::last>("last", "Position of the highest.").Required().Between(0, kLastPosition),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<Finding>() {
  // clang-format off
  static const auto table = StructTable<Finding>({
      Field<&Finding::id>("id", "Name of the vulnerability, as the scanner calls it.").Required().Length(1, 256),
      Field<&Finding::aliases>("aliases", "Its other names.").Items(0, 64).Length(1, 256),
      Field<&Finding::package>("package", "Package URL, or the bare name where the report has none.")
          .Required().Length(1, 1024),
      Field<&Finding::version>("version", "Installed version.").Length(0, 256),
      Field<&Finding::severity>("severity", "How severe it is. Unknown: the report does not say.").Required(),
      Field<&Finding::cvss>("cvss", "CVSS base score. Left out: the report has none.").Between(0, 10),
      Field<&Finding::fix>("fix", "Whether the vendor offers a fix."),
      Field<&Finding::fixed_in>("fixedIn", "Version that mends it.").Length(0, 1024),
      Field<&Finding::layer>("layer", "The part of the image it is in, where that is known of the image alone."),
      Field<&Finding::layer_range>("layerRange", "Layers that the package came with, or with some of them. Whether they are the base "
          "image's is for each policy to prove. Left out: the report does not say."),
      Field<&Finding::published>("published", "When the vulnerability was published."),
      Field<&Finding::first_seen>("firstSeen", "When it was first seen in this repository and package."),
      Field<&Finding::fix_first_seen>("fixFirstSeen", "When a fix was first seen for it there."),
      Field<&Finding::scanners>("scanners", "Names of the scanners that found it.").Items(0, 16).Length(1, 253),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageScanStatus>() {
  using Status = ImageScanStatus;
  // clang-format off
  static const auto table = StructTable<Status>({
      Field<&Status::repositories>("repositories", "Repositories the image was seen in. firstSeen and fixFirstSeen are of these: a grace that runs by them counts for their "
                                    "images alone.")
          .Items(0, 256).Length(1, 512),
      Field<&Status::index_digests>("indexDigests", "Digests of the indexes that list this manifest.").Items(0, 256),
      Field<&Status::results>("results", "The latest result of each scanner.")
          .Items(0, 16).DistinctBy({"scannerRef"}),
      Field<&Status::os>("os", "Operating system inside the image."),
      Field<&Status::image>("image", "Facts from the image's configuration."),
      Field<&Status::counts>("counts", "All findings counted, also those that were cut from the list.")
          .Items(0, 128).DistinctBy({"severity", "fix", "layer"}),
      Field<&Status::package_count>("packageCount", "Packages the scanner saw."),
      Field<&Status::secrets>("secrets", "Secrets the scanner saw."),
      Field<&Status::findings>("findings", "Findings, most severe first, cut where the object would grow too large.")
          .Items(0, 10'000),
      Field<&Status::truncated_findings>("truncatedFindings", "How many findings were cut."),
      Field<&Status::report_ref>("reportRef", "Where the full report is.").Length(0, 1024),
      Field<&Status::conditions>("conditions", "Scanned: there is a result. Complete: every scanner looked at everything.")
          .Items(0, 16).DistinctBy({"type"}),
  });
  // clang-format on
  return table;
}

template <>
const Table& TableOf<ImageScan>() {
  // clang-format off
  static const auto table = StructTable<ImageScan>({
      Unread("apiVersion", kApiVersionDoc),
      Unread("kind", kKindDoc),
      Field<&ImageScan::metadata>("metadata", kMetadataDoc).Required(),
      Field<&ImageScan::spec>("spec", "Which manifest this is about. It cannot be changed.").Required(),
      Field<&ImageScan::status>("status", "What is known about it. Decisions are made from this, so it is read as strictly as spec."),
  }).Check(CheckName)
  .Cel("self.metadata.name == self.spec.digest.replace(':', '-')", "metadata.name must be spec.digest with '-' in place of ':'");
  // clang-format on
  return table;
}

const Kind& ImageScanKind() {
  static const Kind kind{
      .info = {"ImageScan", "imagescans", "imagescan", false},
      .short_name = "iscan",
      .doc =
          "What is known about one platform manifest, by digest: the inputs of decisions, not the full reports. `hullctl scan import` "
          "makes "
          "one from a report; in a cluster, writing or deleting one needs the verb `import` on imagescans.",
      .example = R"(apiVersion: hullwright.dev/v1alpha1
kind: ImageScan
metadata: {name: sha256-9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c}
spec:
  digest: sha256:9b7a7d6e2a8b5f0e3c1d4a6f8e9b0c2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7b8c
  platform: {os: linux, architecture: amd64}
status:
  repositories: [registry.example/shop/api]
  results:
  - scannerRef: {name: trivy}
    version: 0.68.2
    scannedAt: 2026-11-20T06:00:00Z
    source: Import
    outcome: Complete
    importedBy: ci@registry.example
  os: {family: debian, name: "12.7", endOfLife: false}
  counts:
  - {severity: High, fix: Available, layer: Unknown, count: 1}
  findings:
  - id: CVE-2024-1234
    package: pkg:deb/debian/openssl@3.0.11-1
    version: 3.0.11-1
    severity: High
    cvss: "7.5"
    fix: Available
    fixedIn: 3.0.14-1
    scanners: [trivy]
)",
      .columns = {{"Scanner", "string", ".status.results[0].scannerRef.name", "The first scanner with a result."},
                  {"Outcome", "string", ".status.results[0].outcome", "Whether it could look at everything."},
                  {"Scanned", "date", ".status.results[0].scannedAt", "When it looked."},
                  {"Cut", "integer", ".status.truncatedFindings", "How many findings were cut."}},
      .table = TableOf<ImageScan>(),
      .decode = DecodeAs<ImageScan>,
  };
  return kind;
}

std::string Platform::ToString() const {
  return variant.empty() ? os + "/" + architecture : os + "/" + architecture + "/" + variant;
}

std::optional<Platform> Platform::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(slash + 1);
  const std::size_t next = rest.find('/');
  Platform platform;
  platform.os = text.substr(0, slash);
  platform.architecture = rest.substr(0, next);
  if (next != std::string_view::npos) platform.variant = rest.substr(next + 1);
  if (platform.os.empty() || platform.architecture.empty()) return std::nullopt;
  return platform;
}

std::string_view ToString(ScanOutcome value) {
  return WordOf(value);
}

}  // namespace hullwright::api
