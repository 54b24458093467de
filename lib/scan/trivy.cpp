// Trivy JSON. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "scan/findings.h"
#include "scan/formats.h"
#include "scan/licenses.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

constexpr std::int64_t kSchemaVersion = 2;

// One source's score, the newer scale first. CVSS v2 is left out: its scale is another one and mostly lower, so that a bound like "9.0"
// would pass what v3 calls 9.8.
std::optional<Decimal> ScoreOf(const ReportNode& source) {
  for (const std::string_view key : {"V40Score", "V3Score"}) {
    if (const auto number = source.Number(key)) {
      if (const auto score = ParseScore(*number)) return score;
    }
  }
  return std::nullopt;
}

// The score of the source that the severity was taken from, so that both tell one story; else NVD's; else the highest there is.
std::optional<Decimal> ChooseScore(const ReportNode& vulnerability) {
  const ReportNode cvss = vulnerability.Object("CVSS");
  if (!cvss.present()) return std::nullopt;
  const std::string_view severity_source = vulnerability.Text("SeveritySource", kMaxTextBytes);
  std::optional<Decimal> preferred, nvd, highest;
  cvss.ForEachMember([&](std::string_view name, const ReportNode& source) {
    const auto score = ScoreOf(source);
    if (!score) return;
    if (name == severity_source) preferred = score;
    if (name == "nvd") nvd = score;
    highest = std::max(highest, score);
  });
  return preferred ? preferred : nvd ? nvd : highest;
}

std::string PackageOf(const ReportNode& vulnerability) {
  const ReportNode identifier = vulnerability.Object("PkgIdentifier");
  const std::string_view url = identifier.Text("PURL", kMaxPackageBytes);
  return std::string(url.empty() ? vulnerability.Text("PkgName", kMaxPackageBytes) : url);
}

api::Finding ReadFinding(const ReportNode& vulnerability, const std::vector<Digest>& layers) {
  api::Finding finding;
  finding.id = vulnerability.Text("VulnerabilityID", kMaxIdBytes);
  if (finding.id.empty()) vulnerability.Mistake("VulnerabilityID", "must name the vulnerability");
  AddTexts(finding.aliases, vulnerability.Texts("VendorIDs", kMaxIdBytes));
  finding.package = PackageOf(vulnerability);
  if (finding.package.empty()) vulnerability.Mistake("PkgName", "must name the package, or PkgIdentifier.PURL must");
  finding.version = vulnerability.Text("InstalledVersion", kMaxVersionBytes);
  finding.severity = ParseSeverity(vulnerability.Text("Severity", kMaxTextBytes));
  finding.cvss = ChooseScore(vulnerability);
  finding.fixed_in = vulnerability.DisplayText("FixedVersion", kMaxFixedInBytes);
  finding.fix = FixOfStatus(vulnerability.Text("Status", kMaxTextBytes), !finding.fixed_in.empty());
  finding.published = vulnerability.Timestamp("PublishedDate");
  // The lowest layer in which Trivy saw this version of the package (aquasecurity/trivy:pkg/fanal/applier/docker.go).
  const ReportNode layer = vulnerability.Object("Layer");
  finding.layer_range = PlaceOf(layer.Text("DiffID", kMaxTextBytes), layers);
  finding.scanners = {"trivy"};
  return finding;
}

// What the results say beside their findings.
struct Coverage {
  bool os_result = false, language_result = false;
  bool os_packages = false;  // listed, or known from a finding
  bool os_findings = false;
};

class Results {
 public:
  Results(const ReportLimits& limits, const std::vector<Digest>& layers) : limits_(limits), layers_(layers), licenses_(limits) {}

  Result<void> Read(const ReportNode& root) {
    root.ForEach("Results", [this](const ReportNode& result) { ReadOne(result); });
    if (!packages_) licenses_.Add("", "");
    if (listed_ > limits_.max_findings) return std::unexpected(TooManyFindings(listed_, limits_));
    return {};
  }

  const Coverage& coverage() const { return coverage_; }
  FindingSet& findings() { return findings_; }
  LicenseSet& licenses() { return licenses_; }
  std::optional<std::int64_t> packages() const { return packages_; }
  std::optional<std::int64_t> secrets() const { return secrets_; }

 private:
  void ReadOne(const ReportNode& result) {
    const std::string_view kind = result.Text("Class", kMaxTextBytes);
    const bool of_os = kind == "os-pkgs", of_language = kind == "lang-pkgs";
    coverage_.os_result |= of_os;
    coverage_.language_result |= of_language;
    coverage_.os_packages |= of_os && result.Count("Packages") + result.Count("Vulnerabilities") > 0;
    AddCount(packages_, result, "Packages");
    AddCount(secrets_, result, "Secrets");
    ReadLicenses(result, of_os || of_language);
    // Counted before they are read: a report that is too large costs no more than its parsing.
    listed_ += result.Count("Vulnerabilities");
    if (listed_ > limits_.max_findings) return;
    result.ForEach("Vulnerabilities", [&](const ReportNode& vulnerability) {
      if (vulnerability.Text("Status", kMaxTextBytes) == kNotAffected) return;
      coverage_.os_findings |= of_os;
      findings_.Add(ReadFinding(vulnerability, layers_));
    });
  }

  // Of packages as their package managers tell them; and, where Trivy was asked to look for licenses, of these again and of files.
  void ReadLicenses(const ReportNode& result, bool of_packages) {
    // Which packages have no license only the list of all tells.
    if (of_packages && !result.Has("Packages")) licenses_.Add("", "");
    result.ForEach("Packages", [this](const ReportNode& package) {
      const std::string name = package.DisplayText("Name", kMaxLicensedNameBytes);
      const auto licenses = package.ProseList("Licenses");
      for (const std::string_view license : licenses) licenses_.Add(license, name);
      if (licenses.empty()) licenses_.Add("", name);
    });
    result.ForEach("Licenses", [this](const ReportNode& license) {
      const std::string package = license.DisplayText("PkgName", kMaxLicensedNameBytes);
      licenses_.Add(license.Prose("Name"), package.empty() ? license.DisplayText("FilePath", kMaxLicensedNameBytes) : package);
    });
  }

  static void AddCount(std::optional<std::int64_t>& total, const ReportNode& result, std::string_view key) {
    if (result.Has(key)) total = total.value_or(0) + static_cast<std::int64_t>(result.Count(key));
  }

  const ReportLimits& limits_;
  const std::vector<Digest>& layers_;
  std::size_t listed_ = 0;
  Coverage coverage_;
  FindingSet findings_;
  LicenseSet licenses_;
  std::optional<std::int64_t> packages_, secrets_;
};

std::optional<api::OperatingSystem> ReadOs(const ReportNode& metadata) {
  const ReportNode node = metadata.Object("OS");
  api::OperatingSystem os;
  os.family = node.Text("Family", kMaxOsBytes);
  os.name = node.Text("Name", kMaxOsBytes);
  // Left out when false, and also for a release that Trivy's list of ends does not know: absent stays not known.
  os.end_of_life = node.Flag("EOSL");
  if (os.family.empty() || os.family == "none") return std::nullopt;
  return os;
}

std::optional<api::ImageFacts> ReadImage(const ReportNode& metadata, const ReportNode& image_config, const std::vector<Digest>& layers) {
  if (!image_config.present()) return std::nullopt;
  api::ImageFacts image;
  image.created = image_config.Timestamp("created");
  const ReportNode config = image_config.Object("config");
  image.user = config.DisplayText("User", kMaxTextBytes);
  const auto size = metadata.Integer("Size");
  if (size && *size > 0) image.size_bytes = size;
  if (metadata.Has("DiffIDs")) image.layers = static_cast<std::int64_t>(metadata.Count("DiffIDs"));
  image.diff_ids = layers;
  return image;
}

// "No vulnerabilities" is said by a clean image and by one that Trivy cannot judge; these are the ways to tell them apart.
void Judge(Report& report, const Coverage& coverage, bool dropped_aliases) {
  report.outcome = api::ScanOutcome::kPartial;
  const bool recognised = coverage.os_result || coverage.language_result || !report.findings.empty();
  if (!report.os && !recognised) {
    report.outcome = api::ScanOutcome::kUnscannable;
    report.outcome_reason = "Trivy recognised neither an operating system nor packages in the image";
  } else if (report.os && !coverage.os_result) {
    report.outcome_reason = fmt::format("the report has no result for the packages of {}", Printable(report.os->family));
  } else if (report.os && !coverage.os_packages) {
    // A result without packages is also how an image looks whose package database somebody deleted.
    report.outcome_reason = fmt::format(
        "the report lists no package of {}: the image's package database may be gone, or Trivy was an old one (give it --list-all-pkgs)",
        Printable(report.os->family));
  } else if (report.os && report.os->end_of_life.value_or(false) && !coverage.os_findings) {
    report.outcome_reason = fmt::format("{} {} is past its end of life: that nothing was found may mean that nothing is published any more",
                                        Printable(report.os->family), Printable(report.os->name));
  } else if (dropped_aliases) {
    report.outcome_reason = fmt::format("a finding has more than {} other ids; those beyond are not kept", kMaxAliases);
  } else {
    report.outcome = api::ScanOutcome::kComplete;
  }
}

Result<void> CheckKind(const ReportNode& root, Report& report) {
  const auto version = root.Integer("SchemaVersion");
  if (version != kSchemaVersion) {
    return Fail(ErrorCode::kUnsupported,
                version ? fmt::format("Trivy report of SchemaVersion {}: only 2 is read, as Trivy 0.20 and later write it", *version)
                        : "Trivy report without a whole number as SchemaVersion: 2 is read");
  }
  const std::string_view type = root.Text("ArtifactType", kMaxTextBytes);
  report.from_image = type == "container_image";
  if (report.from_image || type == "cyclonedx" || type == "spdx") return {};
  return Fail(
      ErrorCode::kUnsupported,
      fmt::format("Trivy report of artifact type \"{}\": only container_image, cyclonedx and spdx speak of an image", Printable(type, 64)));
}

}  // namespace

Result<Report> DecodeTrivy(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  Report report;
  report.scanner = "trivy";
  if (auto kind = CheckKind(root, report); !kind) return std::unexpected(kind.error());

  const ReportNode trivy = root.Object("Trivy");
  report.scanner_version = trivy.Text("Version", kMaxTextBytes);
  // Records of old cosign releases have a number here, of a unit nobody wrote down: not known, so a rule on freshness has no data.
  if (!root.HasNumber("CreatedAt")) report.scanned_at = root.Timestamp("CreatedAt");
  report.artifact_name = root.DisplayText("ArtifactName", kMaxPackageBytes);

  const ReportNode metadata = root.Object("Metadata");
  const ReportNode image_config = metadata.Object("ImageConfig");
  report.repo_digests = ReadRepoDigests(metadata, "RepoDigests");
  report.platform = ReadPlatform(image_config);
  report.os = ReadOs(metadata);
  // Those of an SBOM's image, which Trivy has not seen, need not be all of them, nor in their order.
  const bool lists_layers = report.from_image && image_config.present();
  const std::vector<Digest> layers = ReadLayers(lists_layers ? metadata.Texts("DiffIDs", kMaxTextBytes) : std::vector<std::string_view>());
  report.image = ReadImage(metadata, image_config, layers);

  Results results(limits, layers);
  if (auto read = results.Read(root); !read) return std::unexpected(read.error());
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  report.package_count = results.packages();
  report.secrets = results.secrets();
  results.licenses().MoveTo(report);
  const bool dropped_aliases = results.findings().dropped_aliases();
  report.findings = results.findings().Take();
  Judge(report, results.coverage(), dropped_aliases);
  return report;
}

}  // namespace hullwright::scan
