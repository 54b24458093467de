#include "scan/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "base/text.h"
#include "scan/assemble.h"
#include "scan/findings.h"

namespace hullwright::scan {
namespace {

// Clocks of build machines and of this one may differ by this much.
constexpr std::chrono::minutes kClockSkew{5};

constexpr std::size_t kMaxImportedByBytes = 1024;  // bound of the ImageScan's field

// What a report turned out to speak of.
struct Binding {
  Digest digest;
  std::vector<Digest> indexes;
  std::set<std::string> repositories;
};

constexpr std::string_view kNameIt = "say which image it is with --image REPOSITORY@DIGEST";

std::set<Digest> DigestsOf(const Report& report) {
  std::set<Digest> digests(report.digests.begin(), report.digests.end());
  for (const auto& reference : report.repo_digests) digests.insert(*reference.digest);
  return digests;
}

// What the report itself says it is about: "registry.example/shop/api@sha256:…", or a digest alone. A statement may have thousands of
// subjects.
std::string NamesIn(const Report& report) {
  constexpr std::size_t kMaxTold = 4;
  std::set<std::string> names;
  for (const Digest& digest : report.digests) names.insert(digest.text());
  for (const ImageReference& reference : report.repo_digests) names.insert(reference.Name() + "@" + reference.digest->text());
  std::vector<std::string> told;
  for (auto name = names.begin(); name != names.end() && told.size() < kMaxTold; ++name) told.push_back(Printable(*name, 512));
  const std::string text = fmt::format("{}", fmt::join(told, ", "));
  return names.size() > kMaxTold ? fmt::format("{} and {} more", text, names.size() - kMaxTold) : text;
}

// Grype names the platform manifest and, as repoDigest, what the tag stood for: usually the index above it.
Binding BindingOf(const Report& report, const Digest& digest) {
  Binding binding{.digest = digest, .indexes = {}, .repositories = {}};
  for (const auto& reference : report.repo_digests) {
    if (*reference.digest == digest) binding.repositories.insert(reference.Name());
  }
  if (report.manifest_digest && *report.manifest_digest != digest) {
    binding.indexes.push_back(digest);
    binding.digest = *report.manifest_digest;
  }
  return binding;
}

Result<Binding> BindByReport(const Report& report) {
  if (!report.from_image) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("the report was not made from an image, so nothing in it proves a digest: {}", kNameIt));
  }
  const auto digests = DigestsOf(report);
  if (digests.empty()) return Fail(ErrorCode::kInvalidInput, fmt::format("the report names no digest of the image: {}", kNameIt));
  if (digests.size() > 1) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("the report names several digests ({}): {}", NamesIn(report), kNameIt));
  }
  return BindingOf(report, *digests.begin());
}

// The digests that the report gives for the repository the submitter names; those without a repository are given for every one.
std::set<Digest> ClaimsFor(const Report& report, const ImageReference& image) {
  std::set<Digest> claims(report.digests.begin(), report.digests.end());
  for (const auto& reference : report.repo_digests) {
    if (reference.Name() == image.Name()) claims.insert(*reference.digest);
  }
  return claims;
}

// One digest alone is what was looked at, whatever the repository is called: a copy elsewhere has the same one.
bool ProvesAnother(const Report& report, const Digest& digest) {
  const auto digests = DigestsOf(report);
  return report.from_image && digests.size() == 1 && !digests.contains(digest);
}

// The submitter named the manifest that Grype looked at: the report's digests of that repository are the indexes above it.
Binding BindToManifest(const ImageReference& image, const std::set<Digest>& claims) {
  Binding binding{.digest = *image.digest, .indexes = {}, .repositories = {}};
  std::ranges::copy_if(claims, std::back_inserter(binding.indexes), [&](const Digest& claim) { return claim != *image.digest; });
  return binding;
}

// Those of what was looked at; of a manifest they may be named by the index above it.
void AddOwnRepositories(const Report& report, bool is_manifest, Binding& binding) {
  for (const ImageReference& reference : report.repo_digests)
    if (is_manifest || *reference.digest == binding.digest) binding.repositories.insert(reference.Name());
}

Result<Binding> BindBySubmitter(const Report& report, const ImageReference& image) {
  if (!image.digest) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("--image {} has no digest: {}", Printable(image.ToString()), kNameIt));
  }
  const auto claims = ClaimsFor(report, image);
  const bool is_manifest = report.from_image && report.manifest_digest == image.digest;
  const bool is_claimed = claims.contains(*image.digest);
  if (!is_manifest && !is_claimed && (!claims.empty() || ProvesAnother(report, *image.digest))) {
    return Fail(ErrorCode::kInvalidInput,
                fmt::format("--image says {} of {}, but the report itself is about {}: it is of another image, or of the index above this "
                            "one; scan the image by the digest that --image names, or let --image name what was scanned",
                            image.digest->text(), Printable(image.Name()), NamesIn(report)));
  }
  Binding binding{.digest = *image.digest, .indexes = {}, .repositories = {}};
  if (is_manifest) {
    binding = BindToManifest(image, claims);
  } else if (report.from_image && is_claimed) {
    binding = BindingOf(report, *image.digest);
  }
  // Under whichever name it is imported: the clocks of every repository that the report itself names go on.
  if (report.from_image) AddOwnRepositories(report, is_manifest, binding);
  binding.repositories.insert(image.Name());
  return binding;
}

Result<void> CheckTime(const Report& report, Time now) {
  if (!report.scanned_at || *report.scanned_at <= now + kClockSkew) return {};
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("the report says it was made at {}, but now it is {}: a report from the future would stay fresh "
                          "for too long; correct the clock of the machine that scans, or of this one",
                          FormatRfc3339(*report.scanned_at), FormatRfc3339(now)));
}

// A date in the future would keep the database fresh for too long.
Result<void> CheckDatabaseDate(const Report& report, const ImportOptions& options) {
  if (!options.database_updated_at) return {};
  const Time given = *options.database_updated_at;
  if (report.database_updated_at && *report.database_updated_at != given) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("--database-updated-at says {}, but the report itself says {}: leave the option out",
                                                      FormatRfc3339(given), FormatRfc3339(*report.database_updated_at)));
  }
  const Time scanned_at = report.scanned_at.value_or(options.now);
  if (given <= scanned_at + kClockSkew) return {};
  return Fail(
      ErrorCode::kInvalidInput,
      fmt::format("--database-updated-at says {}, which is after the scan at {}: give the date of the database that the scanner used",
                  FormatRfc3339(given), FormatRfc3339(scanned_at)));
}

api::ScanResult ResultOf(const Report& report, const ImportOptions& options) {
  api::ScanResult result;
  result.scanner_ref = {report.scanner};
  result.version = report.scanner_version;
  result.database_updated_at = report.database_updated_at ? report.database_updated_at : options.database_updated_at;
  result.scanned_at = report.scanned_at;
  result.source = api::ScanSource::kImport;
  result.outcome = report.outcome;
  result.reason = report.outcome_reason;
  result.imported_by = Printable(options.imported_by, kMaxImportedByBytes);
  result.licenses = report.licenses;
  result.truncated_licenses = report.truncated_licenses;
  return result;
}

std::vector<api::Finding> WithClocks(std::vector<api::Finding> findings, const std::optional<Time>& first_seen) {
  for (api::Finding& finding : findings) {
    finding.first_seen = first_seen;
    if (finding.fix == api::FixState::kAvailable) finding.fix_first_seen = first_seen;
  }
  return findings;
}

}  // namespace

std::string NamedInstead(const Report& report, const ImageReference& image) {
  const auto digests = DigestsOf(report);
  const bool names_it = !image.digest || digests.contains(*image.digest) || report.manifest_digest == image.digest;
  return names_it || digests.empty() ? "" : NamesIn(report);
}

Result<api::ImageScan> ToImageScan(const Report& report, const ImportOptions& options) {
  if (auto time = CheckTime(report, options.now); !time) return std::unexpected(time.error());
  if (auto date = CheckDatabaseDate(report, options); !date) return std::unexpected(date.error());
  const auto binding = options.image ? BindBySubmitter(report, *options.image) : BindByReport(report);
  if (!binding) return std::unexpected(binding.error());

  api::ImageScan scan{.metadata = {}, .spec = {.digest = binding->digest, .platform = report.platform}, .status = {}};
  scan.metadata.name = fmt::format("{}-{}", binding->digest.algorithm(), binding->digest.hex());
  scan.status.repositories.assign(binding->repositories.begin(), binding->repositories.end());
  scan.status.index_digests = binding->indexes;
  if (auto bounds = CheckBounds(scan.status); !bounds) return std::unexpected(bounds.error());
  scan.status.results = {ResultOf(report, options)};
  scan.status.os = report.os;
  scan.status.image = report.image;
  scan.status.package_count = report.package_count;
  scan.status.secrets = report.secrets;
  SetConditions(scan.status, options.now);
  PutFindings(scan, WithClocks(report.findings, options.first_seen), {}, options.max_bytes);
  return scan;
}

}  // namespace hullwright::scan
