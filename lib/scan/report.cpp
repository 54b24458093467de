#include "scan/report.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "base/json.h"
#include "scan/formats.h"

namespace hullwright::scan {
namespace {

// Real reports stay below 20 levels, but Grype's carry its configuration and package metadata of any depth.
constexpr std::size_t kMaxDepth = 64;

bool HasListAt(JsonElement document, std::string_view key) {
  const auto member = Member(document, key);
  return member && member->is_array();
}

bool IsTrivy(JsonElement document) {
  return Member(document, "SchemaVersion").has_value() && Member(document, "ArtifactName").has_value();
}

bool IsGrype(JsonElement document) {
  const auto descriptor = Member(document, "descriptor");
  return descriptor && TextMember(*descriptor, "name") == "grype";
}

bool IsSnykObject(JsonElement document) {
  const auto ok = Member(document, "ok");
  return ok && ok->is_bool() && (HasListAt(document, "vulnerabilities") || Member(document, "error").has_value());
}

// A list is Snyk's if its first item is: the decoder asks it of all the others.
bool IsSnyk(JsonElement document) {
  if (!document.is_array()) return IsSnykObject(document);
  const JsonArray items = document.get_array().value_unsafe();
  return items.begin() != items.end() && IsSnykObject(*items.begin());
}

bool IsSarif(JsonElement document) {
  return TextMember(document, "version").starts_with("2.1") && HasListAt(document, "runs");
}

bool IsHarbor(JsonElement document) {
  return HarborReportIn(document).has_value();
}

bool IsClair(JsonElement document) {
  return Member(document, "manifest_hash").has_value() && Member(document, "package_vulnerabilities").has_value();
}

bool IsTrivyOperator(JsonElement document) {
  return TextMember(document, "apiVersion").starts_with("aquasecurity.github.io/") &&
         TextMember(document, "kind").ends_with("VulnerabilityReport");
}

bool IsCycloneDx(JsonElement document) {
  return TextMember(document, "bomFormat") == "CycloneDX";
}

bool IsStatement(JsonElement document) {
  return TextMember(document, "_type").starts_with("https://in-toto.io/Statement/");
}

bool IsScanPredicate(JsonElement document) {
  const auto scanner = Member(document, "scanner");
  return (scanner && Member(*scanner, "result").has_value()) ||
         (HasListAt(document, "scanners") && Member(document, "metadata").has_value());
}

struct Format {
  std::string_view name, mark;
  bool (*recognises)(JsonElement);
  Result<Report> (*decode)(JsonElement, const ReportLimits&);
};

// What scanners write, in the order in which they are asked.
constexpr std::array<Format, 8> kScannerFormats = {{
    {"Trivy's JSON", "SchemaVersion and ArtifactName", IsTrivy, DecodeTrivy},
    {"Grype's JSON", "descriptor.name", IsGrype, DecodeGrype},
    {"Snyk's JSON of a container", "ok and vulnerabilities", IsSnyk, DecodeSnyk},
    {"SARIF 2.1.0", "version and runs", IsSarif, DecodeSarif},
    {"Harbor's report", "its MIME type as key, or generated_at, scanner and artifact", IsHarbor, DecodeHarbor},
    {"Clair's vulnerability report", "manifest_hash and package_vulnerabilities", IsClair, DecodeClair},
    {"trivy-operator's VulnerabilityReport", "apiVersion and kind", IsTrivyOperator, DecodeTrivyOperator},
    {"CycloneDX with vulnerabilities", "bomFormat", IsCycloneDx, DecodeCycloneDx},
}};
// What carries such a report, or another scan, as an attestation.
constexpr std::array<Format, 2> kAttestationFormats = {{
    {"an in-toto statement of a scan", "_type and predicateType", IsStatement, DecodeScanStatement},
    {"the predicate of one (cosign's vuln, in-toto's vulns)", "scanner.result", IsScanPredicate, DecodeScanPredicate},
}};

const Format* Recognise(std::span<const Format> formats, JsonElement document) {
  for (const Format& format : formats) {
    if (format.recognises(document)) return &format;
  }
  return nullptr;
}

void AddKnown(std::string& text, std::span<const Format> formats) {
  for (const Format& format : formats) text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", format.name, format.mark);
}

Error NotRecognised(JsonElement document) {
  std::string known;
  AddKnown(known, kScannerFormats);
  AddKnown(known, kAttestationFormats);
  if (!document.is_object()) {
    return {ErrorCode::kInvalidInput,
            fmt::format("a scan report is a JSON object, not {}; known are, with their marks: {}", JsonTypeName(document), known)};
  }
  return {ErrorCode::kUnsupported, fmt::format("not a scan report of a format that is known here; known are, with their marks: {}", known)};
}

}  // namespace

Result<Report> DecodeScannerReport(JsonElement document, const ReportLimits& limits) {
  const Format* const format = Recognise(kScannerFormats, document);
  return format != nullptr ? format->decode(document, limits) : std::unexpected(NotRecognised(document));
}

Result<Report> DecodeReport(JsonText json, const ReportLimits& limits) {
  JsonReader reader;
  const auto document = reader.Read(json, {.max_bytes = limits.max_bytes, .max_depth = kMaxDepth});
  if (!document) return std::unexpected(document.error().Within("scan report"));
  const Format* format = Recognise(kAttestationFormats, *document);
  if (format == nullptr) format = Recognise(kScannerFormats, *document);
  if (format == nullptr) return std::unexpected(NotRecognised(*document));
  auto report = format->decode(*document, limits);
  if (report) report->format = format->name;
  return report;
}

}  // namespace hullwright::scan
