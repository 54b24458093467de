// trivy-operator's VulnerabilityReport. Which of its fields becomes what, and what is lost, is written down in
// docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

// What the findings show of where the scanner looked; class is written only where the operator was told to.
struct OperatorCoverage {
  bool os_findings = false;
  bool unclassed = false;
  std::size_t listed = 0;
};

api::Finding ReadOperatorFinding(const ReportNode& entry, const std::string& scanner) {
  api::Finding finding;
  finding.id = entry.Text("vulnerabilityID", kMaxIdBytes);
  if (finding.id.empty()) entry.Mistake("vulnerabilityID", "must name the vulnerability");
  const std::string_view url = entry.Text("packagePURL", kMaxPackageBytes);
  finding.package = url.empty() ? entry.Text("resource", kMaxPackageBytes) : url;
  if (finding.package.empty()) entry.Mistake("resource", "must name the package, or packagePURL must");
  finding.version = entry.Text("installedVersion", kMaxVersionBytes);
  finding.severity = ParseSeverity(entry.Text("severity", kMaxTextBytes));
  if (const auto score = entry.Number("score")) finding.cvss = ParseScore(*score);
  finding.fixed_in = entry.DisplayText("fixedVersion", kMaxFixedInBytes);
  if (!finding.fixed_in.empty()) finding.fix = api::FixState::kAvailable;
  finding.published = entry.Timestamp("publishedDate");
  finding.scanners = {scanner};
  return finding;
}

// The image as "server/repository" with the digest; the digest alone where no server is said, since no host may be guessed.
void ReadOperatorArtifact(const ReportNode& body, Report& report) {
  const ReportNode artifact = body.Object("artifact");
  const ReportNode registry = body.Object("registry");
  const std::string_view repository = artifact.Text("repository", kMaxTextBytes);
  const std::string_view server = registry.Text("server", kMaxTextBytes);
  report.artifact_name = fmt::format("{}{}{}", server, server.empty() ? "" : "/", repository);
  report.from_image = true;
  const auto digest = ReadDigest(artifact, "digest");
  if (!digest) return;
  if (server.empty() || repository.empty()) {
    report.digests.push_back(*digest);
    return;
  }
  auto reference = ImageReference::Parse(fmt::format("{}/{}@{}", server, repository, digest->text()));
  if (reference) {
    report.repo_digests.push_back(std::move(*reference));
  } else {
    artifact.Mistake("repository", reference.error().message);
  }
}

void ReadOperatorOs(const ReportNode& body, Report& report) {
  const ReportNode os = body.Object("os");
  api::OperatingSystem system;
  system.family = os.Text("family", kMaxOsBytes);
  system.name = os.Text("name", kMaxOsBytes);
  // Left out when false and when it is not known, as Trivy does.
  if (os.Flag("eosl").value_or(false)) system.end_of_life = true;
  if (!system.family.empty()) report.os = system;
}

// How many findings the report says it has.
std::int64_t OperatorSummary(const ReportNode& body) {
  static constexpr std::array<std::string_view, 6> kCounts = {"criticalCount", "highCount",    "mediumCount",
                                                              "lowCount",      "unknownCount", "noneCount"};
  const ReportNode summary = body.Object("summary");
  std::int64_t sum = 0;
  for (const std::string_view key : kCounts) {
    const std::int64_t count = summary.Integer(key).value_or(0);
    constexpr std::int64_t kMost = 1'000'000'000;  // keeps the sum inside 64 bits
    if (count > 0) sum += std::min(count, kMost);
  }
  return sum;
}

std::string OperatorDoubt(const Report& report, const OperatorCoverage& coverage, std::int64_t counted, const BoundedFindings& findings) {
  if (counted > static_cast<std::int64_t>(coverage.listed)) {
    return fmt::format("the report counts {} findings, but lists {}", counted, coverage.listed);
  }
  const bool os_looked_at = coverage.os_findings || coverage.unclassed;
  if (report.os && report.os->end_of_life.value_or(false) && !os_looked_at) {
    return fmt::format("{} {} is past its end of life: that nothing was found may mean that nothing is published any more",
                       Printable(report.os->family), Printable(report.os->name));
  }
  if (report.os && !findings.empty() && !os_looked_at) {
    return fmt::format("the report does not show that packages of {} were seen", Printable(report.os->family));
  }
  return DoubtOfNothing(report, findings);
}

}  // namespace

Result<Report> DecodeTrivyOperator(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  const ReportNode body = root.Object("report");
  const ReportNode scanner = body.Object("scanner");
  if (!body.present()) root.Mistake("report", "must be the report");
  Report report;
  report.scanner = ScannerName(scanner.DisplayText("name", kMaxTextBytes), "trivy");
  report.scanner_version = scanner.Text("version", kMaxTextBytes);
  report.scanned_at = body.Timestamp("updateTimestamp");
  ReadOperatorArtifact(body, report);
  ReadOperatorOs(body, report);
  const std::int64_t counted = OperatorSummary(body);
  OperatorCoverage coverage;
  coverage.listed = body.Count("vulnerabilities");
  BoundedFindings findings(limits);
  if (findings.Announce(coverage.listed)) {
    body.ForEach("vulnerabilities", [&](const ReportNode& entry) {
      const std::string_view kind = entry.Text("class", kMaxTextBytes);
      coverage.os_findings |= kind == "os-pkgs";
      coverage.unclassed |= kind.empty();
      findings.Add(ReadOperatorFinding(entry, report.scanner));
    });
  }
  std::string doubt = OperatorDoubt(report, coverage, counted, findings);
  return Conclude(std::move(report), findings, mistakes, std::move(doubt));
}

}  // namespace hullwright::scan
