// Snyk container JSON. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

constexpr std::string_view kImageProject = "docker-image|";

// What the parts of a report, the image's own packages and its applications, say beside their findings.
struct SnykCoverage {
  bool of_image = false;     // "snyk container test", not "snyk test" of a folder
  bool os_part = false;      // a package manager of a distribution was recognised
  bool os_packages = false;  // and has packages
  bool threshold = false;    // the run was told to leave findings out
  bool binaries = false;     // findings in binaries, which are listed elsewhere and not read
  std::string project;       // the image, where the part says so
  std::optional<std::int64_t> packages;
};

bool IsDistribution(std::string_view package_manager) {
  static constexpr std::array<std::string_view, 3> kManagers = {"deb", "rpm", "apk"};
  return std::ranges::find(kManagers, package_manager) != kManagers.end();
}

// Of a distribution's packages Snyk writes "source/binary"; other scanners know the binary package.
std::string_view SnykPackage(const ReportNode& entry, bool of_distribution) {
  const std::string_view name = entry.Text("name", kMaxPackageBytes);
  const std::string_view whole = name.empty() ? entry.Text("packageName", kMaxPackageBytes) : name;
  const std::size_t slash = of_distribution ? whole.rfind('/') : std::string_view::npos;
  return slash == std::string_view::npos || slash + 1 == whole.size() ? whole : whole.substr(slash + 1);
}

// The CVE where there is just one, so that another scanner's finding of it is the same one; else Snyk's own id with the CVEs beside it.
void ReadSnykIds(const ReportNode& entry, api::Finding& finding) {
  const std::string_view own = entry.Text("id", kMaxIdBytes);
  if (own.empty()) entry.Mistake("id", "must name the vulnerability");
  const ReportNode identifiers = entry.Object("identifiers");
  const auto cves = identifiers.Texts("CVE", kMaxIdBytes);
  finding.id = cves.size() == 1 ? cves.front() : own;
  for (const std::string_view cve : cves) AddAlias(finding, cve);
  for (const std::string_view key : {"GHSA", "ALTERNATIVE"}) {
    for (const std::string_view id : identifiers.Texts(key, kMaxIdBytes)) AddAlias(finding, id);
  }
  AddAlias(finding, own);
}

void ReadSnykFix(const ReportNode& entry, api::Finding& finding) {
  for (const std::string_view version : entry.Texts("fixedIn", kMaxFixedInBytes)) {
    if (finding.fixed_in.size() + version.size() + 2 > kMaxFixedInBytes) break;
    if (!finding.fixed_in.empty()) finding.fixed_in += ", ";
    finding.fixed_in += version;
  }
  if (finding.fixed_in.empty()) finding.fixed_in = entry.DisplayText("nearestFixedInVersion", kMaxFixedInBytes);
  if (!finding.fixed_in.empty()) {
    finding.fix = api::FixState::kAvailable;
  } else if (entry.Has("fixedIn")) {
    finding.fix = api::FixState::kNone;  // an empty list is how Snyk says that there is none yet
  }
}

api::Finding ReadSnykFinding(const ReportNode& entry, bool of_distribution) {
  api::Finding finding;
  ReadSnykIds(entry, finding);
  finding.package = SnykPackage(entry, of_distribution);
  if (finding.package.empty()) entry.Mistake("name", "must name the package");
  finding.version = entry.Text("version", kMaxVersionBytes);
  const std::string_view with_critical = entry.Text("severityWithCritical", kMaxTextBytes);
  finding.severity = ParseSeverity(with_critical.empty() ? entry.Text("severity", kMaxTextBytes) : with_critical);
  if (const auto score = entry.Number("cvssScore")) finding.cvss = ParseScore(*score);
  ReadSnykFix(entry, finding);
  finding.published = entry.Timestamp("publicationTime");
  finding.scanners = {"snyk"};
  return finding;
}

class SnykParts {
 public:
  SnykParts(const ReportLimits& limits, Report& report) : findings_(limits), report_(report) {}

  // The object that Snyk writes, and the applications in it, which are of the same shape.
  void Read(const ReportNode& part) {
    const ReportNode docker = part.Object("docker");
    ReadProject(part, docker);
    ReadPart(part);
    const ReportNode binaries = docker.Object("binariesVulns");
    const ReportNode issues = binaries.Object("issuesData");
    issues.ForEachMember([this](std::string_view, const ReportNode&) { coverage_.binaries = true; });
    part.ForEach("applications", [this](const ReportNode& application) { ReadPart(application); });
    if (report_.artifact_name.empty()) report_.artifact_name = part.DisplayText("path", kMaxPackageBytes);
    if (!report_.platform) report_.platform = ParsePlatform(part.Text("platform", kMaxTextBytes));
  }

  const SnykCoverage& coverage() const { return coverage_; }
  BoundedFindings& findings() { return findings_; }

 private:
  // A list may hold the results of several images: one scan cannot speak for two.
  void ReadProject(const ReportNode& part, const ReportNode& docker) {
    const std::string_view project = part.Text("projectName", kMaxPackageBytes);
    const bool names_image = project.starts_with(kImageProject);
    coverage_.of_image |= names_image || docker.present() || part.Has("applications");
    if (!names_image) return;
    if (!coverage_.project.empty() && coverage_.project != project) {
      part.Mistake("projectName",
                   fmt::format("is another image than {}: import the report of each by itself", Printable(coverage_.project)));
    }
    coverage_.project = project;
  }

  void ReadPart(const ReportNode& part) {
    if (part.Has("error")) part.Mistake("error", "says that the test failed: " + Printable(part.DisplayText("error", kMaxTextBytes)));
    if (!part.Has("vulnerabilities")) part.Mistake("vulnerabilities", "must be a list, empty when nothing was found");
    const bool of_distribution = IsDistribution(part.Text("packageManager", kMaxTextBytes));
    const auto packages = part.Integer("dependencyCount");
    const std::size_t listed = part.Count("vulnerabilities");
    if (packages && *packages >= 0 && *packages <= kMaxPackages) coverage_.packages = coverage_.packages.value_or(0) + *packages;
    coverage_.os_part |= of_distribution;
    coverage_.os_packages |= of_distribution && (packages.value_or(0) > 0 || listed > 0);
    coverage_.threshold |= part.IsSwitchedOn("severityThreshold");
    if (!findings_.Announce(listed)) return;
    part.ForEach("vulnerabilities", [&](const ReportNode& entry) {
      if (entry.Text("type", kMaxTextBytes) == "license") return;  // a licence that somebody's rules forbid
      findings_.Add(ReadSnykFinding(entry, of_distribution));
    });
  }

  static constexpr std::int64_t kMaxPackages = 1'000'000'000;  // keeps the sum inside 64 bits

  BoundedFindings findings_;
  Report& report_;
  SnykCoverage coverage_;
};

std::string SnykDoubt(const SnykCoverage& coverage, const Report& report, const BoundedFindings& findings) {
  if (coverage.threshold) return "Snyk was told to leave findings out (severityThreshold)";
  if (coverage.binaries) return "Snyk found vulnerabilities in binaries (docker.binariesVulns), which are not read";
  if (coverage.os_part && !coverage.os_packages) {
    return "the report counts no package of the distribution: the image's package database may be gone";
  }
  return report.package_count.value_or(0) > 0 ? "" : DoubtOfNothing(report, findings);
}

Result<Report> FinishSnyk(Report report, SnykParts& parts, const api::Mistakes& mistakes) {
  const SnykCoverage& coverage = parts.coverage();
  if (mistakes.empty() && !coverage.of_image) {
    return Fail(ErrorCode::kUnsupported,
                "Snyk report of something else than an image: \"snyk container test --json\" writes those of images");
  }
  report.package_count = coverage.packages;
  const bool nothing = parts.findings().empty() && coverage.packages == 0;
  auto finished = Conclude(report, parts.findings(), mistakes, SnykDoubt(coverage, report, parts.findings()));
  if (finished && nothing && !coverage.os_part) {
    finished->outcome = api::ScanOutcome::kUnscannable;
    finished->outcome_reason = "Snyk recognised no package in the image";
  }
  return finished;
}

}  // namespace

Result<Report> DecodeSnyk(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  Report report;
  report.scanner = "snyk";
  report.from_image = true;
  SnykParts parts(limits, report);
  if (document.is_array()) {
    ReportNode::ForEachIn(document.get_array().value_unsafe(), mistakes, [&](const ReportNode& part) { parts.Read(part); });
  } else {
    parts.Read(ReportNode(document, mistakes));
  }
  return FinishSnyk(std::move(report), parts, mistakes);
}

}  // namespace hullwright::scan
