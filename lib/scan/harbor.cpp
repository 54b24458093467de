// Harbor's vulnerability report. Which of its fields becomes what, and what is lost, is written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

// Harbor's own API keys the report by one of these.
constexpr std::array<std::string_view, 2> kHarborTypes = {"application/vnd.security.vulnerability.report; version=1.1",
                                                          "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"};

api::Finding ReadHarborFinding(const ReportNode& entry, const std::string& scanner) {
  api::Finding finding;
  finding.id = entry.Text("id", kMaxIdBytes);
  if (finding.id.empty()) entry.Mistake("id", "must name the vulnerability");
  // Newer adapters for Trivy write these two beyond the specification.
  const std::string_view url = entry.Text("purl", kMaxPackageBytes);
  const std::string_view status = entry.Text("status", kMaxTextBytes);
  finding.package = url.empty() ? entry.Text("package", kMaxPackageBytes) : url;
  if (finding.package.empty()) entry.Mistake("package", "must name the package");
  finding.version = entry.Text("version", kMaxVersionBytes);
  finding.severity = ParseSeverity(entry.Text("severity", kMaxTextBytes));
  const ReportNode cvss = entry.Object("preferred_cvss");
  if (const auto score = cvss.Number("score_v3")) finding.cvss = ParseScore(*score);
  finding.fixed_in = entry.DisplayText("fix_version", kMaxFixedInBytes);
  finding.fix = FixOfStatus(status, !finding.fixed_in.empty());
  finding.scanners = {scanner};
  return finding;
}

// The artifact's digest, and those beside the findings: Harbor writes them only there.
class HarborDigests {
 public:
  void Read(const ReportNode& report) {
    const ReportNode artifact = report.Object("artifact");
    if (auto digest = ReadDigest(artifact, "digest")) digests_.insert(std::move(*digest));
  }

  void ReadEntry(const ReportNode& entry) {
    for (const std::string_view text : entry.Texts("artifact_digests", kMaxTextBytes)) {
      // Thousands of entries name one and the same.
      if (digests_.size() == 1 && digests_.begin()->text() == text) continue;
      auto digest = Digest::Parse(text);
      if (!digest) {
        entry.Mistake("artifact_digests", digest.error().message);
      } else if (digests_.size() < kMaxDigests) {
        digests_.insert(std::move(*digest));
      }
    }
  }

  // The report of an index mixes the findings of its manifests.
  void Give(const ReportNode& root, Report& report) const {
    if (digests_.size() > 1) {
      root.Mistake("vulnerabilities", fmt::format("are of several artifacts ({}, {}): import the report of each by itself",
                                                  digests_.begin()->text(), std::next(digests_.begin())->text()));
    }
    report.digests.assign(digests_.begin(), digests_.end());
  }

 private:
  static constexpr std::size_t kMaxDigests = 2;

  std::set<Digest> digests_;
};

Result<Report> DecodeHarborReport(JsonElement element, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(element, mistakes);
  const ReportNode scanner = root.Object("scanner");
  const ReportNode artifact = root.Object("artifact");
  if (root.Has("sbom")) return Fail(ErrorCode::kUnsupported, "Harbor's report of an SBOM: only its vulnerability report is read");
  Report report;
  report.scanner = ScannerName(scanner.DisplayText("name", kMaxTextBytes), "harbor");
  report.scanner_version = scanner.Text("version", kMaxTextBytes);
  report.scanned_at = root.Timestamp("generated_at");
  report.artifact_name = artifact.DisplayText("repository", kMaxPackageBytes);
  report.from_image = true;
  HarborDigests digests;
  digests.Read(root);
  BoundedFindings findings(limits);
  if (findings.Announce(root.Count("vulnerabilities"))) {
    root.ForEach("vulnerabilities", [&](const ReportNode& entry) {
      digests.ReadEntry(entry);
      if (entry.Text("status", kMaxTextBytes) != kNotAffected) findings.Add(ReadHarborFinding(entry, report.scanner));
    });
  }
  digests.Give(root, report);
  std::string doubt = DoubtOfNothing(report, findings);
  return Conclude(std::move(report), findings, mistakes, std::move(doubt));
}

}  // namespace

std::optional<JsonElement> HarborReportIn(JsonElement document) {
  for (const std::string_view type : kHarborTypes) {
    if (const auto report = Member(document, type)) return report;
  }
  const bool adapter = Member(document, "generated_at") && Member(document, "scanner") &&
                       (Member(document, "artifact") || Member(document, "vulnerabilities"));
  return adapter ? std::optional(document) : std::nullopt;
}

Result<Report> DecodeHarbor(JsonElement document, const ReportLimits& limits) {
  const auto inner = HarborReportIn(document);
  return DecodeHarborReport(inner.value_or(document), limits);
}

}  // namespace hullwright::scan
