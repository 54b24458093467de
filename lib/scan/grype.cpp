// Grype JSON. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "scan/findings.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

// "" and "unknown": the feed says nothing about fixes.
api::FixState FixOf(std::string_view state, bool has_version) {
  if (has_version || state == "fixed") return api::FixState::kAvailable;
  if (state == "not-fixed") return api::FixState::kNone;
  if (state == "wont-fix") return api::FixState::kWillNotFix;
  return api::FixState::kUnknown;
}

// Scores in the order in which they are preferred: the issuer of record's ("Primary") first, then the newer scale, then the higher score.
struct RankedScore {
  bool primary = false;
  char scale = 0;
  Decimal score;

  friend auto operator<=>(const RankedScore&, const RankedScore&) = default;
};

// Entries of CVSS v2 are left out, for the reason given in trivy.cpp.
std::optional<RankedScore> HighestScore(const ReportNode& vulnerability) {
  std::optional<RankedScore> best;
  vulnerability.ForEach("cvss", [&](const ReportNode& entry) {
    const std::string_view version = entry.Text("version", kMaxTextBytes);
    const ReportNode metrics = entry.Object("metrics");
    const auto number = metrics.Number("baseScore");
    const auto score = number ? ParseScore(*number) : std::nullopt;
    if (!score || version.empty() || version.front() < '3' || version.front() > '9') return;
    best = std::max(best, std::optional(RankedScore{entry.Text("type", kMaxTextBytes) == "Primary", version.front(), *score}));
  });
  return best;
}

// The vulnerability's own score; when its feed gives none, that of the entries it is related to (a GHSA's CVE, a distribution's CVE at
// NVD).
std::optional<Decimal> ChooseScore(const ReportNode& match, const ReportNode& vulnerability) {
  auto best = HighestScore(vulnerability);
  if (!best) {
    match.ForEach("relatedVulnerabilities", [&](const ReportNode& related) { best = std::max(best, HighestScore(related)); });
  }
  return best ? std::optional(best->score) : std::nullopt;
}

void ReadFix(const ReportNode& vulnerability, api::Finding& finding) {
  const ReportNode fix = vulnerability.Object("fix");
  for (const std::string_view version : fix.Texts("versions", kMaxVersionBytes)) {
    // Some feeds list dozens; people need the first few, rules only that there is one.
    if (finding.fixed_in.size() + version.size() + 2 > kMaxFixedInBytes) break;
    if (!finding.fixed_in.empty()) finding.fixed_in += ", ";
    finding.fixed_in += version;
  }
  finding.fix = FixOf(fix.Text("state", kMaxTextBytes), !finding.fixed_in.empty());
}

void ReadAliases(const ReportNode& match, api::Finding& finding) {
  match.ForEach("relatedVulnerabilities", [&](const ReportNode& related) {
    AddAlias(finding, related.Text("id", kMaxIdBytes));  // a distribution's CVE is related to the same CVE at NVD
  });
}

// A package manager's database of all packages: rewritten with each change, so that it lies in the layer of the last one.
bool IsSharedDatabase(std::string_view type, const ReportNode& location) {
  return type == "apk" || type == "rpm" || (type == "deb" && location.Prose("path").ends_with("/dpkg/status"));
}

// Of each file that tells of the package Grype says in which layer it lies. Files of the package alone came with it; a shared database says
// only that the package came with its layer or one below. One file in no layer, and nothing is known.
std::optional<api::LayerRange> ReadPlace(const ReportNode& artifact, const std::vector<Digest>& layers) {
  if (layers.empty()) return std::nullopt;
  const std::string_view type = artifact.Text("type", kMaxTextBytes);
  std::vector<std::optional<api::LayerRange>> own, shared;
  artifact.ForEach("locations", [&](const ReportNode& location) {
    auto& places = IsSharedDatabase(type, location) ? shared : own;
    places.push_back(PlaceOf(location.Text("layerID", kMaxTextBytes), layers));
  });
  const auto& told = own.empty() ? shared : own;
  if (told.empty()) return std::nullopt;
  std::optional<api::LayerRange> place = told.front();
  for (const auto& other : told) JoinLayers(place, other);
  if (place && own.empty()) place->first = 0;
  return place;
}

api::Finding ReadFinding(const ReportNode& match, const ReportNode& artifact, const std::vector<Digest>& layers) {
  api::Finding finding;
  const ReportNode vulnerability = match.Object("vulnerability");
  finding.id = vulnerability.Text("id", kMaxIdBytes);
  if (finding.id.empty()) match.Mistake("vulnerability.id", "must name the vulnerability");
  ReadAliases(match, finding);
  const std::string_view url = artifact.Text("purl", kMaxPackageBytes);
  finding.package = url.empty() ? artifact.Text("name", kMaxPackageBytes) : url;
  if (finding.package.empty()) match.Mistake("artifact.name", "must name the package, or artifact.purl must");
  finding.version = artifact.Text("version", kMaxVersionBytes);
  finding.severity = ParseSeverity(vulnerability.Text("severity", kMaxTextBytes));
  finding.cvss = ChooseScore(match, vulnerability);
  ReadFix(vulnerability, finding);
  finding.layer_range = ReadPlace(artifact, layers);
  finding.scanners = {"grype"};
  return finding;
}

struct Matches {
  FindingSet findings;
  bool os_findings = false;
};

// Syft's types of packages that a distribution's package manager owns.
bool IsOsPackage(std::string_view type) {
  static constexpr std::array<std::string_view, 5> kTypes = {"apk", "deb", "rpm", "alpm", "portage"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

Result<Matches> ReadMatches(const ReportNode& root, const std::vector<Digest>& layers, const ReportLimits& limits) {
  Matches matches;
  const std::size_t count = root.Count("matches");
  if (count > limits.max_findings) return std::unexpected(TooManyFindings(count, limits));
  root.ForEach("matches", [&](const ReportNode& match) {
    const ReportNode artifact = match.Object("artifact");
    matches.os_findings |= IsOsPackage(artifact.Text("type", kMaxTextBytes));
    matches.findings.Add(ReadFinding(match, artifact, layers));
  });
  return matches;
}

void ReadImage(const ReportNode& target, Report& report) {
  report.artifact_name = target.DisplayText("userInput", kMaxPackageBytes);
  report.repo_digests = ReadRepoDigests(target, "repoDigests");
  report.manifest_digest = ReadDigest(target, "manifestDigest");
  report.platform = ReadPlatform(target);
  api::ImageFacts image;
  const auto size = target.Integer("imageSize");
  if (size && *size > 0) image.size_bytes = size;
  if (target.Has("layers")) image.layers = static_cast<std::int64_t>(target.Count("layers"));
  std::vector<std::string_view> layers;
  target.ForEach("layers", [&](const ReportNode& layer) { layers.push_back(layer.Text("digest", kMaxTextBytes)); });
  image.diff_ids = ReadLayers(layers);
  if (target.present()) report.image = image;
}

void ReadSource(const ReportNode& root, Report& report) {
  const ReportNode source = root.Object("source");
  report.from_image = source.Text("type", kMaxTextBytes) == "image";
  if (report.from_image) {
    const ReportNode target = source.Object("target");
    ReadImage(target, report);
  } else if (source.HasText("target")) {
    report.artifact_name = source.DisplayText("target", kMaxPackageBytes);
  }
}

// Where the database's date stands: below status since Grype 0.88 or so, beside it before.
std::optional<Time> ReadDatabaseDate(const ReportNode& database, const ReportNode& status) {
  if (status.present()) return status.Timestamp("built");
  return database.Timestamp("built");
}

void ReadOs(const ReportNode& root, Report& report) {
  const ReportNode distro = root.Object("distro");
  api::OperatingSystem os;
  os.family = distro.Text("name", kMaxOsBytes);
  os.name = distro.Text("version", kMaxOsBytes);
  if (!os.family.empty()) report.os = os;
}

// What Grype says against its own result.
struct Doubts {
  bool end_of_life = false;  // distro-eol
  bool no_feed = false;      // distro-unknown, distro-disabled: its packages were not judged at all
  bool filtered = false;     // the run was told to leave findings out
  bool bad_database = false;
};

void ReadAlerts(const ReportNode& root, Doubts& doubts) {
  root.ForEach("alertsByPackage", [&](const ReportNode& package) {
    package.ForEach("alerts", [&](const ReportNode& alert) {
      const std::string_view type = alert.Text("type", kMaxTextBytes);
      doubts.end_of_life |= type == "distro-eol";
      doubts.no_feed |= type == "distro-unknown" || type == "distro-disabled";
    });
  });
}

Doubts ReadDoubts(const ReportNode& root, const ReportNode& descriptor, const ReportNode& database_status) {
  Doubts doubts;
  ReadAlerts(root, doubts);
  const ReportNode configuration = descriptor.Object("configuration");
  for (const std::string_view filter : {"only-fixed", "only-notfixed", "ignore-wontfix"}) {
    doubts.filtered |= configuration.IsSwitchedOn(filter);
  }
  doubts.bad_database = !database_status.Flag("valid").value_or(true);
  return doubts;
}

std::string WhyPartial(const Report& report, const Doubts& doubts, const Matches& matches, bool dropped_aliases) {
  if (doubts.filtered) return "Grype was told to leave findings out (only-fixed, only-notfixed or ignore-wontfix)";
  if (doubts.bad_database) return "Grype says that its database is not valid";
  if (doubts.no_feed) return "Grype has no vulnerability data for the image's distribution";
  if (doubts.end_of_life && !matches.os_findings) {
    return fmt::format("{} is past its end of life: that nothing was found may mean that nothing is published any more",
                       report.os ? Printable(report.os->family) : "the distribution");
  }
  if (dropped_aliases) return fmt::format("a finding has more than {} other ids; those beyond are not kept", kMaxAliases);
  return "";
}

void Judge(Report& report, const Doubts& doubts, const Matches& matches, bool dropped_aliases) {
  if (!report.os && report.findings.empty()) {
    report.outcome = api::ScanOutcome::kUnscannable;
    report.outcome_reason = "Grype recognised no distribution and matched nothing; its report does not say whether it found any package";
    return;
  }
  report.outcome_reason = WhyPartial(report, doubts, matches, dropped_aliases);
  report.outcome = report.outcome_reason.empty() ? api::ScanOutcome::kComplete : api::ScanOutcome::kPartial;
}

}  // namespace

Result<Report> DecodeGrype(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  const ReportNode descriptor = root.Object("descriptor");
  const ReportNode database = descriptor.Object("db");
  const ReportNode database_status = database.Object("status");
  Report report;
  report.scanner = "grype";
  report.scanner_version = descriptor.Text("version", kMaxTextBytes);
  report.scanned_at = descriptor.Timestamp("timestamp");
  report.database_updated_at = ReadDatabaseDate(database, database_status);
  ReadSource(root, report);
  ReadOs(root, report);
  const Doubts doubts = ReadDoubts(root, descriptor, database_status);
  if (report.os && doubts.end_of_life) report.os->end_of_life = true;

  if (!root.Has("matches")) root.Mistake("matches", "must be a list, empty when nothing was found");
  const std::vector<Digest> layers = report.image ? report.image->diff_ids : std::vector<Digest>();
  auto matches = ReadMatches(root, layers, limits);
  if (!matches) return std::unexpected(matches.error());
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  const bool dropped_aliases = matches->findings.dropped_aliases();
  report.findings = matches->findings.Take();
  Judge(report, doubts, *matches, dropped_aliases);
  return report;
}

}  // namespace hullwright::scan
