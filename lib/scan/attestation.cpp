// Scans as predicates of attestations, with and without the statement around them. Which of their fields becomes what, and what is lost, is
// written down in docs/reference/scan-reports.md.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"
#include "scan/findings.h"
#include "scan/formats.h"
#include "scan/report_node.h"
#include "scan/report_parts.h"

namespace hullwright::scan {
namespace {

// cosign has written its type with and without the scheme.
constexpr std::array<std::string_view, 4> kScanPredicateTypes = {
    "https://cosign.sigstore.dev/attestation/vuln/v1",
    "cosign.sigstore.dev/attestation/vuln/v1",
    "https://in-toto.io/attestation/vulns/v0.1",
    "https://in-toto.io/attestation/vulns/v0.2",
};

// "pkg:github/aquasecurity/trivy@v0.30.1" and "https://github.com/anchore/grype" end with the scanner's name.
std::string ScannerOfUri(std::string_view uri) {
  uri = uri.substr(0, uri.find_first_of("?#"));
  while (uri.ends_with('/')) uri.remove_suffix(1);
  const std::string_view segment = uri.substr(uri.rfind('/') + 1);
  return ScannerName(segment.substr(0, segment.find('@')), "attested");
}

// scanStartedOn and scanFinishedOn are the same in practice; where they are not, the scanner may have looked as early as it began.
std::optional<Time> TimeOfScan(const ReportNode& predicate) {
  const ReportNode metadata = predicate.Object("metadata");
  auto time = metadata.Timestamp("scanStartedOn");
  KeepEarlier(time, metadata.Timestamp("scanFinishedOn"));
  return time;
}

std::optional<Decimal> ScoreOfText(std::string_view text) {
  double score = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  return error == std::errc() && end == text.data() + text.size() ? ParseScore(score) : std::nullopt;
}

// severity[]{method, score}: a word is a severity ("medium"), a number a score, unless its method is another scale.
void ReadMethods(const ReportNode& entry, api::Finding& finding) {
  entry.ForEach("severity", [&](const ReportNode& severity) {
    const std::string method = LowerCase(severity.Text("method", kMaxTextBytes));
    const std::string_view score = severity.Text("score", kMaxTextBytes);
    finding.severity = std::max(finding.severity, ParseSeverity(score));
    const bool other_scale = method.find("epss") != std::string::npos || method.find("v2") != std::string::npos;
    if (!other_scale) finding.cvss = std::max(finding.cvss, ScoreOfText(score));
  });
}

// The specification's list has the members inside "vulnerability", its example without.
api::Finding ReadListed(const ReportNode& entry, const std::string& scanner) {
  const ReportNode inner = entry.Object("vulnerability");
  const ReportNode& node = inner.present() ? inner : entry;
  api::Finding finding;
  finding.id = node.Text("id", kMaxIdBytes);
  if (finding.id.empty()) node.Mistake("id", "must name the vulnerability");
  finding.package = kUnnamedPackage;
  ReadMethods(node, finding);
  finding.scanners = {scanner};
  return finding;
}

// in-toto's: the findings themselves, without their packages.
Result<Report> DecodeListedResult(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  const ReportNode scanner = root.Object("scanner");
  const ReportNode database = scanner.Object("db");
  Report report;
  report.scanner = ScannerOfUri(scanner.Text("uri", kMaxPackageBytes));
  report.scanner_version = scanner.Text("version", kMaxTextBytes);
  report.scanned_at = TimeOfScan(root);
  report.database_updated_at = database.Timestamp("lastUpdate");
  BoundedFindings findings(limits);
  if (findings.Announce(scanner.Count("result"))) {
    scanner.ForEach("result", [&](const ReportNode& entry) { findings.Add(ReadListed(entry, report.scanner)); });
  }
  std::string doubt = DoubtOfNothing(report, findings);
  return Conclude(std::move(report), findings, mistakes, std::move(doubt));
}

// cosign's: the whole report of the scanner.
Result<Report> DecodeCarriedResult(JsonElement document, JsonElement scanner_element, const ReportLimits& limits, std::string_view place) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  const ReportNode scanner(scanner_element, mistakes);
  const ReportNode database = scanner.Object("db");
  const auto scanned_at = TimeOfScan(root);
  const auto database_updated_at = database.Timestamp("lastUpdate");
  const std::string version(scanner.Text("version", kMaxTextBytes));
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  const auto result = Member(scanner_element, "result");
  if (!result) return Fail(ErrorCode::kInvalidInput, fmt::format("{}: must be the scanner's report", place));
  auto report = DecodeScannerReport(*result, limits);
  if (!report) return std::unexpected(report.error().Within(place));
  KeepEarlier(report->scanned_at, scanned_at);
  KeepEarlier(report->database_updated_at, database_updated_at);
  if (report->scanner_version.empty()) report->scanner_version = version;
  return report;
}

// What the statement says was scanned. The names of subjects are free text: one is a repository only where it has a host.
void ReadSubject(const ReportNode& subject, Report& report) {
  const ReportNode digests = subject.Object("digest");
  for (const std::string_view algorithm : {"sha256", "sha512"}) {
    const std::string_view hex = digests.Text(algorithm, kMaxTextBytes);
    if (hex.empty()) continue;
    const auto digest = Digest::Parse(fmt::format("{}:{}", algorithm, hex));
    if (!digest) {
      digests.Mistake(algorithm, digest.error().message);
      continue;
    }
    const std::string name = subject.DisplayText("name", kMaxPackageBytes);
    const std::string_view host = std::string_view(name).substr(0, name.find('/'));
    const bool has_host = host.size() < name.size() && host.find_first_of(".:") != std::string_view::npos;
    auto reference = has_host ? ImageReference::Parse(fmt::format("{}@{}", name, digest->text())) : Fail(ErrorCode::kNotFound, "");
    if (reference) {
      report.repo_digests.push_back(std::move(*reference));
    } else {
      report.digests.push_back(*digest);
    }
  }
}

}  // namespace

Result<Report> DecodeScanPredicate(JsonElement document, const ReportLimits& limits) {
  if (const auto scanner = Member(document, "scanner")) {
    const auto result = Member(*scanner, "result");
    if (result && result->is_array()) return DecodeListedResult(document, limits);
    return DecodeCarriedResult(document, *scanner, limits, "scanner.result");
  }
  const auto scanners = Member(document, "scanners");
  if (!scanners || !scanners->is_array()) {
    return Fail(ErrorCode::kInvalidInput, "scanner: must be the scanner with its result, or scanners a list of one");
  }
  const JsonArray list = scanners->get_array().value_unsafe();
  if (std::ranges::distance(list.begin(), list.end()) != 1) {
    return Fail(ErrorCode::kUnsupported, "scanners: one scanner's result is read at a time: import the report of each by itself");
  }
  return DecodeCarriedResult(document, *list.begin(), limits, "scanners[0].result");
}

Result<Report> DecodeScanStatement(JsonElement document, const ReportLimits& limits) {
  api::Mistakes mistakes;
  const ReportNode root(document, mistakes);
  const std::string_view type = root.Text("predicateType", kMaxPackageBytes);
  if (std::ranges::find(kScanPredicateTypes, type) == kScanPredicateTypes.end()) {
    return Fail(ErrorCode::kUnsupported,
                fmt::format("statement of predicate type \"{}\": read are {}", Printable(type, 128), fmt::join(kScanPredicateTypes, ", ")));
  }
  const auto predicate = Member(document, "predicate");
  if (!predicate) return Fail(ErrorCode::kInvalidInput, "predicate: must be the scan");
  auto report = DecodeScanPredicate(*predicate, limits);
  if (!report) return std::unexpected(report.error().Within("predicate"));
  // The subject is what was attested; what a report inside says of itself does not widen it.
  report->repo_digests.clear();
  report->digests.clear();
  report->manifest_digest.reset();
  report->from_image = true;
  root.ForEach("subject", [&](const ReportNode& subject) { ReadSubject(subject, *report); });
  if (!mistakes.empty()) return std::unexpected(mistakes.ToError());
  return report;
}

}  // namespace hullwright::scan
