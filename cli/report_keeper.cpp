#include "cli/report_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/text.h"
#include "registry/content_digest.h"
#include "scan/finding_names.h"
#include "scan/package_name.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxClocksOfImport = 500'000;

api::Finding FindingOf(const store::FindingClock& clock) {
  api::Finding finding;
  finding.id = clock.vulnerability;
  finding.package = clock.package;
  finding.first_seen = clock.first_seen;
  finding.fix_first_seen = clock.fix_first_seen;
  return finding;
}

// As an ImageScan shows times.
std::optional<Time> InSeconds(const std::optional<Time>& time) {
  return time ? std::optional<Time>(std::chrono::floor<std::chrono::seconds>(*time)) : std::nullopt;
}

// The clocks of findings that all have one, under each name of the vulnerability.
Result<std::vector<store::FindingClock>> ClocksOf(const std::vector<std::string>& repositories, const std::vector<api::Finding>& findings) {
  std::vector<store::FindingClock> clocks;
  clocks.reserve(std::min(repositories.size() * findings.size(), kMaxClocksOfImport));
  for (const api::Finding& finding : findings) {
    const scan::FindingNames names = scan::NamesOf(finding.id, {finding.aliases.begin(), finding.aliases.end()}, finding.package);
    const std::string package(scan::WithoutQualifiers(finding.package));
    if (clocks.size() + repositories.size() * names.vulnerabilities.size() > kMaxClocksOfImport) {
      return Fail(ErrorCode::kTooLarge,
                  fmt::format("the findings and repositories of the report have more than {} clocks: import it without --archive",
                              kMaxClocksOfImport));
    }
    for (const std::string& repository : repositories) {
      for (const std::string& vulnerability : names.vulnerabilities) {
        clocks.push_back(
            {repository, vulnerability, package, InSeconds(finding.first_seen).value_or(Time{}), InSeconds(finding.fix_first_seen)});
      }
    }
  }
  return clocks;
}

store::ReportRow ArchiveRowOf(const api::ImageScan& scan, const GivenReport& given) {
  store::ReportRow row;
  row.image = scan.spec.digest.text();
  for (const Digest& index : scan.status.index_digests) row.indexes.push_back(index.text());
  row.repositories = scan.status.repositories;
  if (scan.spec.platform) row.platform = scan.spec.platform->ToString();
  row.scanner = given.report.scanner;
  row.format = given.report.format;
  row.scanned_at = given.report.scanned_at;
  row.imported_by = scan.status.results.front().imported_by;
  row.digest = registry::DigestOf(given.text).text();
  return row;
}

}  // namespace

ReportKeeper::ReportKeeper(std::string path, std::unique_ptr<store::ReportArchive> archive, const GivenReport& given)
    : path_(std::move(path)), archive_(std::move(archive)), given_(given) {}

Result<std::unique_ptr<ReportKeeper>> ReportKeeper::Open(store::ArchiveOptions options, const Clock& clock, const GivenReport& given) {
  std::string path = options.path;
  auto archive = store::ReportArchive::Open(std::move(options), clock);
  if (!archive) return std::unexpected(archive.error().Within("--archive"));
  return std::unique_ptr<ReportKeeper>(new ReportKeeper(std::move(path), std::move(*archive), given));
}

// Each vulnerability is looked up by its names, so that nothing else that stands in the archive can hide its clock.
Result<void> ReportKeeper::Learn(const api::ImageScan& scan, scan::Clocks& clocks) {
  std::set<std::string> vulnerabilities;
  std::unordered_set<std::string> packages;
  for (const std::vector<api::Finding>* findings : {&scan.status.findings, &given_.report.findings}) {
    for (const api::Finding& finding : *findings) {
      const scan::FindingNames names = scan::NamesOf(finding.id, {finding.aliases.begin(), finding.aliases.end()}, finding.package);
      vulnerabilities.insert(names.vulnerabilities.begin(), names.vulnerabilities.end());
      packages.insert(names.packages.begin(), names.packages.end());
    }
  }
  const auto learn = [&](const store::FindingClock& clock) {
    const scan::FindingNames names = scan::NamesOf(clock.vulnerability, {}, clock.package);
    if (std::ranges::any_of(names.packages, [&](const std::string& name) { return packages.contains(name); }))
      clocks.Learn(FindingOf(clock));
  };
  for (const std::string& repository : scan.status.repositories)
    for (const std::string& vulnerability : vulnerabilities)
      if (auto read = archive_->ForEachClock(repository, vulnerability, learn); !read) return read;
  return {};
}

Result<void> ReportKeeper::Settle(api::ImageScan& scan, scan::Clocks& clocks) {
  if (auto learned = Learn(scan, clocks); !learned) return std::unexpected(learned.error().Within("--archive"));
  clocks.Set(scan);
  api::ImageScan whole;
  whole.status.findings = given_.report.findings;
  clocks.Set(whole);
  const auto seen = ClocksOf(scan.status.repositories, whole.status.findings);
  if (!seen) return std::unexpected(seen.error());
  const auto erased = archive_->Keep(ArchiveRowOf(scan, given_), given_.text, *seen);
  if (!erased) return std::unexpected(erased.error().Within("--archive"));
  Tell(*erased);
  return {};
}

void ReportKeeper::Tell(const store::ErasedFromArchive& erased) {
  told_ = "the report is kept in " + path_;
  if (!archive_->damaged().empty()) {
    told_ += fmt::format(", begun anew: what was there is damaged, and {} now", archive_->damaged());
    warning_ = fmt::format("{}: was damaged and is {} now: look for a copy from before; until then clocks are known from ImageScans alone",
                           path_, archive_->damaged());
  } else if (archive_->was_absent()) {
    std::error_code ignored;
    told_ += fmt::format(", begun as {}: there was none", std::filesystem::absolute(path_, ignored).string());
  }
  if (erased.expired_reports > 0)
    told_ += fmt::format(", from which {} went for age (--archive-days)", Count(erased.expired_reports, "report", "reports"));
  if (erased.expired_clocks > 0)
    told_ += fmt::format(", and {} that no import had seen for a year", Count(erased.expired_clocks, "clock", "clocks"));
  if (erased.reports > 0)
    told_ += fmt::format(", from which {} went for want of room", Count(erased.reports, "older report", "older reports"));
  if (erased.clocks > 0) {
    told_ += fmt::format(", and {}: findings that come back and are in no scan begin their grace periods anew",
                         Count(erased.clocks, "clock", "clocks"));
  }
}

}  // namespace hullwright::cli
