// Clair's vulnerability report. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

constexpr std::size_t kMaxClairNameBytes = 1024;

// A package or vulnerability is said once and meant by its key. The keys are the sender's, and so would be the collisions of a hash.
struct ClairPackage {
  std::string_view name, version;
};
using ClairPackages = std::map<std::string_view, ClairPackage>;
using ClairVulnerabilities = std::map<std::string_view, api::Finding>;
using ClairScores = std::map<std::string_view, Decimal>;

// The name may be a CVE, an advisory with its title ("RHSA-2021:1234: krb5 security update (Moderate)") or an id with the CVE behind it
// ("pyup.io-42559 (CVE-2021-3572)"). The one CVE in it is the id; where there are none or several it is the first word.
void ReadClairIds(const ReportNode& entry, api::Finding& finding) {
  const std::string name = entry.DisplayText("name", kMaxClairNameBytes);
  std::string_view first = std::string_view(name).substr(0, name.find(' '));
  if (first.ends_with(':')) first.remove_suffix(1);
  const auto cves = CveIds(name);
  finding.id = cves.size() == 1 ? cves.front() : first;
  for (const std::string_view cve : cves) AddAlias(finding, cve);
  if (first.size() <= kMaxIdBytes) AddAlias(finding, first);
  if (finding.id.empty()) entry.Mistake("name", "must begin with the id of the vulnerability");
  if (finding.id.size() > kMaxIdBytes) entry.Mistake("name", fmt::format("must begin with an id of at most {} bytes", kMaxIdBytes));
}

// All of a finding but its package. Severity in the updater's own words is left out: only the normalised one has a scale.
ClairVulnerabilities ReadClairVulnerabilities(const ReportNode& root, const ClairScores& scores, const ReportLimits& limits) {
  ClairVulnerabilities vulnerabilities;
  const ReportNode list = root.Object("vulnerabilities");
  list.ForEachMember([&](std::string_view key, const ReportNode& entry) {
    if (vulnerabilities.size() > limits.max_findings) return;
    api::Finding& finding = vulnerabilities[key];
    if (vulnerabilities.size() > limits.max_findings) list.Mistake(key, TooManyOf(limits.max_findings));
    ReadClairIds(entry, finding);
    finding.severity = ParseSeverity(entry.Text("normalized_severity", kMaxTextBytes));
    finding.fixed_in = entry.DisplayText("fixed_in_version", kMaxFixedInBytes);
    if (!finding.fixed_in.empty()) finding.fix = api::FixState::kAvailable;
    finding.published = entry.Timestamp("issued");
    if (const auto score = scores.find(key); score != scores.end()) finding.cvss = score->second;
    finding.scanners = {"clair"};
  });
  return vulnerabilities;
}

// enrichments{"message/…; enricher=clair.cvss schema=…": [{vulnerability: [cvss of NVD]}]}: the highest score of version 3 and later.
ClairScores ReadClairScores(const ReportNode& root) {
  ClairScores scores;
  const ReportNode enrichments = root.Object("enrichments");
  enrichments.ForEachInMembers([&](std::string_view kind, const ReportNode& by_vulnerability) {
    if (kind.find("enricher=clair.cvss") == std::string_view::npos) return;
    by_vulnerability.ForEachInMembers([&](std::string_view key, const ReportNode& cvss) {
      const std::string_view version = cvss.Text("version", kMaxTextBytes);
      const auto number = cvss.Number("baseScore");
      const auto score = number ? ParseScore(*number) : std::nullopt;
      if (!score || version.empty() || version.front() < '3' || version.front() > '9') return;
      const auto [place, added] = scores.try_emplace(key, *score);
      if (!added) place->second = std::max(place->second, *score);
    });
  });
  return scores;
}

// Binary packages alone are counted; older releases write "binary", newer ones "BINARY".
ClairPackages ReadClairPackages(const ReportNode& root, const ReportLimits& limits, Report& report) {
  ClairPackages packages;
  std::int64_t installed = 0;
  const ReportNode list = root.Object("packages");
  list.ForEachMember([&](std::string_view key, const ReportNode& entry) {
    if (packages.size() > limits.max_packages) return;
    packages[key] = {entry.Text("name", kMaxPackageBytes), entry.Text("version", kMaxVersionBytes)};
    if (packages.size() > limits.max_packages) list.Mistake(key, TooManyOf(limits.max_packages));
    if (!EqualWithoutCase(entry.Text("kind", kMaxTextBytes), "source")) ++installed;
  });
  report.package_count = installed;
  return packages;
}

// True when some package belongs to the distribution. The layers are checked, because a digest that is none shows that somebody else wrote
// this, and lost: which of them are the base image's is not known.
bool ReadClairEnvironments(const ReportNode& root) {
  bool of_distribution = false;
  const ReportNode environments = root.Object("environments");
  environments.ForEachInMembers([&](std::string_view, const ReportNode& environment) {
    of_distribution |= !environment.Text("distribution_id", kMaxTextBytes).empty();
    ReadDigest(environment, "introduced_in");
  });
  return of_distribution;
}

// One distribution is the image's; of several nobody knows which.
std::size_t ReadClairDistributions(const ReportNode& root, Report& report) {
  std::set<std::pair<std::string, std::string>> found;
  const ReportNode distributions = root.Object("distributions");
  distributions.ForEachMember([&](std::string_view, const ReportNode& entry) {
    found.emplace(entry.Text("did", kMaxOsBytes), entry.Text("version_id", kMaxOsBytes));
  });
  if (found.size() == 1 && !found.begin()->first.empty()) {
    report.os = api::OperatingSystem{found.begin()->first, found.begin()->second, std::nullopt};
  }
  return found.size();
}

std::size_t CountClairPairs(const ReportNode& matches) {
  std::size_t count = 0;
  matches.ForEachTextInMembers(kMaxTextBytes, [&](std::string_view, std::string_view) { ++count; });
  return count;
}

void JoinClairMatches(const ReportNode& root, const ClairPackages& packages, const ClairVulnerabilities& vulnerabilities,
                      BoundedFindings& findings) {
  const ReportNode matches = root.Object("package_vulnerabilities");
  if (!findings.Announce(CountClairPairs(matches))) return;
  matches.ForEachTextInMembers(kMaxTextBytes, [&](std::string_view package_key, std::string_view vulnerability_key) {
    if (findings.full()) return;
    const auto package = packages.find(package_key);
    const auto vulnerability = vulnerabilities.find(vulnerability_key);
    if (package == packages.end() || package->second.name.empty()) {
      matches.Mistake(package_key, "must be the key of one of packages, which must have a name");
    } else if (vulnerability == vulnerabilities.end()) {
      matches.Mistake(package_key, fmt::format("must be keys of vulnerabilities, not {}", Printable(vulnerability_key, 64)));
    } else {
      api::Finding finding = vulnerability->second;
      finding.package = package->second.name;
      finding.version = package->second.version;
      findings.Add(std::move(finding));
    }
  });
}

std::string ClairDoubt(std::size_t distributions, bool of_distribution) {
  if (distributions == 0) return "Clair recognised no distribution: packages of one would not have been judged";
  if (!of_distribution) return "the report lists no package of the distribution: the image's package database may be gone";
  return "";
}

}  // namespace

Result<Report> DecodeClair(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  Report report;
  report.scanner = "clair";
  report.from_image = true;
  if (auto digest = ReadDigest(root, "manifest_hash")) report.digests.push_back(std::move(*digest));
  const ClairPackages packages = ReadClairPackages(root, limits, report);
  const ClairVulnerabilities vulnerabilities = ReadClairVulnerabilities(root, ReadClairScores(root), limits);
  const std::size_t distributions = ReadClairDistributions(root, report);
  const bool of_distribution = ReadClairEnvironments(root);
  BoundedFindings findings(limits);
  JoinClairMatches(root, packages, vulnerabilities, findings);
  const bool nothing = packages.empty();
  auto finished = Conclude(std::move(report), findings, mistakes, ClairDoubt(distributions, of_distribution));
  if (finished && nothing) {
    finished->outcome = api::ScanOutcome::kUnscannable;
    finished->outcome_reason = "Clair recognised no package in the image";
  }
  return finished;
}

}  // namespace hullwright::scan
