// CycloneDX with vulnerabilities. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/licenses.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

constexpr int kFirstMinorWithVulnerabilities = 4;
constexpr std::string_view kBomLink = "urn:cdx:";  // urn:cdx:SERIAL/VERSION#BOM-REF

struct BomComponent {
  std::string_view package, version;
};

// Each is an expression, an SPDX id or a name. Of what is no package nobody expects a license.
void ReadBomLicenses(const ReportNode& component, bool is_package, LicenseSet& licenses) {
  const std::string name = component.DisplayText("name", kMaxLicensedNameBytes);
  component.ForEach("licenses", [&](const ReportNode& choice) {
    const ReportNode license = choice.Object("license");
    std::string_view text = choice.Prose("expression");
    if (text.empty()) text = license.Prose("id");
    if (text.empty()) text = license.Prose("name");
    licenses.Add(text, name);
  });
  if (is_package && component.Count("licenses") == 0) licenses.Add("", name);
}

// The components by their bom-ref; sorted, because the refs are the sender's, and so would be the collisions of a hash.
class BomComponents {
 public:
  explicit BomComponents(const ReportLimits& limits) : limits_(limits), licenses_(limits) {}

  void Read(const ReportNode& root, Report& report) {
    const ReportNode metadata = root.Object("metadata");
    const ReportNode subject = metadata.Object("component");
    if (subject.present()) Keep(subject);
    root.ForEach("components", [&](const ReportNode& component) { ReadOne(component, report); });
    report.package_count = packages_;
    licenses_.MoveTo(report);
  }

  const BomComponent* Find(std::string_view ref) const {
    if (ref.starts_with(kBomLink)) ref = ref.substr(ref.find('#') + 1);  // without one, find gives npos: the whole of it
    const auto known = by_ref_.find(ref);
    return known == by_ref_.end() ? nullptr : &known->second;
  }

 private:
  // Components stand inside each other, as deep as JSON may: 64 levels.
  void ReadOne(const ReportNode& component, Report& report) {
    const std::string_view type = component.Text("type", kMaxTextBytes);
    if (type == "operating-system" && !report.os) {
      api::OperatingSystem os;
      os.family = component.Text("name", kMaxOsBytes);
      os.name = component.Text("version", kMaxOsBytes);
      if (!os.family.empty()) report.os = os;
    } else if (type == "library") {
      ++packages_;
    }
    Keep(component);
    ReadBomLicenses(component, type == "library", licenses_);
    component.ForEach("components", [&](const ReportNode& inner) { ReadOne(inner, report); });
  }

  void Keep(const ReportNode& component) {
    const std::string_view ref = component.Text("bom-ref", kMaxPackageBytes);
    const std::string_view url = component.Text("purl", kMaxPackageBytes);
    const std::string_view name = component.Text("name", kMaxPackageBytes);
    if (ref.empty() || by_ref_.size() > limits_.max_packages) return;
    by_ref_[ref] = {url.empty() ? name : url, component.Text("version", kMaxVersionBytes)};
    if (by_ref_.size() > limits_.max_packages) component.Mistake("bom-ref", TooManyOf(limits_.max_packages));
  }

  const ReportLimits& limits_;
  std::map<std::string_view, BomComponent> by_ref_;
  LicenseSet licenses_;
  std::int64_t packages_ = 0;
};

// Scores of CVSS 3 and 4: the other methods (CVSS 2, OWASP, SSVC) are other scales.
std::optional<Decimal> ScoreOfRating(const ReportNode& rating) {
  const std::string_view method = rating.Text("method", kMaxTextBytes);
  const std::string_view vector = rating.Text("vector", kMaxTextBytes);
  const auto number = rating.Number("score");
  const bool by_method = method.starts_with("CVSSv3") || method.starts_with("CVSSv4");
  const bool by_vector = method.empty() && (vector.starts_with("CVSS:3") || vector.starts_with("CVSS:4"));
  return number && (by_method || by_vector) ? ParseScore(*number) : std::nullopt;
}

std::string SourceName(const ReportNode& node) {
  const ReportNode source = node.Object("source");
  return LowerCase(source.DisplayText("name", kMaxTextBytes));
}

// Severity and score of the source that the vulnerability comes from, so that both tell one story; else the strictest severity, and NVD's
// score or the highest.
void ReadRatings(const ReportNode& vulnerability, api::Finding& finding) {
  const std::string own = SourceName(vulnerability);
  api::Severity own_severity = api::Severity::kUnknown;
  api::Severity strictest = api::Severity::kUnknown;
  std::optional<Decimal> own_score, nvd, highest;
  vulnerability.ForEach("ratings", [&](const ReportNode& rating) {
    const std::string source = SourceName(rating);
    const api::Severity severity = ParseSeverity(rating.Text("severity", kMaxTextBytes));
    const auto score = ScoreOfRating(rating);
    strictest = std::max(strictest, severity);
    highest = std::max(highest, score);
    if (!own.empty() && source == own) {
      own_severity = std::max(own_severity, severity);
      own_score = std::max(own_score, score);
    }
    if (source == "nvd") nvd = std::max(nvd, score);
  });
  finding.severity = own_severity != api::Severity::kUnknown ? own_severity : strictest;
  finding.cvss = own_score ? own_score : nvd ? nvd : highest;
}

// All of a finding but its package. What analysis says of it (not_affected, false_positive, …) is a VEX statement, which counts only where
// its author may make one: here it takes nothing away.
api::Finding ReadBomVulnerability(const ReportNode& node, const std::string& scanner) {
  api::Finding finding;
  finding.id = node.Text("id", kMaxIdBytes);
  if (finding.id.empty()) node.Mistake("id", "must name the vulnerability");
  node.ForEach("references", [&](const ReportNode& reference) { AddAlias(finding, reference.Text("id", kMaxIdBytes)); });
  ReadRatings(node, finding);
  finding.published = node.Timestamp("published");
  finding.scanners = {scanner};
  return finding;
}

// The one version that an entry of affects says is affected.
std::string_view AffectedVersion(const ReportNode& affected) {
  std::string_view version;
  std::size_t count = 0;
  affected.ForEach("versions", [&](const ReportNode& entry) {
    ++count;
    version = entry.Text("version", kMaxVersionBytes);
  });
  return count == 1 ? version : std::string_view();
}

// A ref that leads nowhere is kept as the package: a finding is never dropped because a document is incomplete.
void PutComponent(const ReportNode& affected, const BomComponents& components, api::Finding& finding) {
  const std::string_view ref = affected.Text("ref", kMaxPackageBytes);
  const BomComponent* const component = components.Find(ref);
  finding.package = component != nullptr && !component->package.empty() ? component->package : ref;
  finding.version = component != nullptr ? component->version : std::string_view();
  if (finding.version.empty()) finding.version = AffectedVersion(affected);
  if (finding.version.empty()) finding.version = VersionOfPackageUrl(finding.package);
  if (finding.package.empty()) finding.package = kUnnamedPackage;
}

void ReadBomFindings(const ReportNode& root, const BomComponents& components, const std::string& scanner, BoundedFindings& findings) {
  if (!findings.Announce(root.Count("vulnerabilities"))) return;
  root.ForEach("vulnerabilities", [&](const ReportNode& node) {
    const api::Finding vulnerability = ReadBomVulnerability(node, scanner);
    const std::size_t affected = node.Count("affects");
    if (affected == 0) {
      api::Finding finding = vulnerability;
      finding.package = kUnnamedPackage;
      findings.Add(std::move(finding));
    }
    if (!findings.Announce(affected)) return;
    node.ForEach("affects", [&](const ReportNode& entry) {
      if (findings.full()) return;
      api::Finding finding = vulnerability;
      PutComponent(entry, components, finding);
      findings.Add(std::move(finding));
    });
  });
}

// The one tool that made the document; of several nobody knows which looked for vulnerabilities. A list up to 1.4, an object since.
void ReadBomTool(const ReportNode& root, Report& report) {
  const ReportNode metadata = root.Object("metadata");
  std::size_t count = 0;
  const auto read = [&](const ReportNode& tool) {
    ++count;
    report.scanner = ScannerName(tool.DisplayText("name", kMaxTextBytes), "cyclonedx");
    report.scanner_version = tool.Text("version", kMaxTextBytes);
  };
  if (metadata.HasList("tools")) {
    metadata.ForEach("tools", read);
  } else {
    const ReportNode tools = metadata.Object("tools");
    tools.ForEach("components", read);
  }
  if (count == 1) return;
  report.scanner = "cyclonedx";
  report.scanner_version.clear();
}

// Trivy notes what it looked at; a BOM proves nothing, but it may not contradict.
void ReadBomSubject(const ReportNode& root, Report& report) {
  const ReportNode metadata = root.Object("metadata");
  const ReportNode subject = metadata.Object("component");
  report.artifact_name = subject.DisplayText("name", kMaxPackageBytes);
  subject.ForEach("properties", [&](const ReportNode& property) {
    if (property.Text("name", kMaxTextBytes) != "aquasecurity:trivy:RepoDigest") return;
    auto reference = ImageReference::Parse(property.Text("value", kMaxPackageBytes));
    if (reference && reference->digest) {
      report.repo_digests.push_back(std::move(*reference));
    } else {
      property.Mistake("value", reference ? "must be a reference with a digest" : reference.error().message);
    }
  });
}

Result<void> CheckBomVersion(const ReportNode& root) {
  const std::string_view version = root.Text("specVersion", kMaxTextBytes);
  int minor = 0;
  const std::string_view digits = version.starts_with("1.") ? version.substr(2) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  const bool read = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
  if (!read || minor < kFirstMinorWithVulnerabilities) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("CycloneDX of specVersion \"{}\": vulnerabilities are read from 1.4 on", Printable(version, 32)));
  }
  if (root.Has("vulnerabilities")) return {};
  return Fail(ErrorCode::kUnsupported,
              "CycloneDX without vulnerabilities is a bill of materials that nobody has scanned: give it to a scanner");
}

}  // namespace

Result<Report> DecodeCycloneDx(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  if (auto version = CheckBomVersion(root); !version) return std::unexpected(version.error());
  const ReportNode metadata = root.Object("metadata");
  Report report;
  report.scanned_at = metadata.Timestamp("timestamp");
  ReadBomTool(root, report);
  ReadBomSubject(root, report);
  BomComponents components(limits);
  components.Read(root, report);
  BoundedFindings findings(limits);
  ReadBomFindings(root, components, report.scanner, findings);
  // Trivy writes an empty list also where it was not asked to look.
  std::string doubt =
      findings.empty() ? "the document lists no vulnerability, which is also what one looks like that nobody has scanned" : "";
  return Conclude(std::move(report), findings, mistakes, std::move(doubt));
}

}  // namespace hullwright::scan
