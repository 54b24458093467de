// The decoders of the formats that DecodeReport recognises; each takes a document that bears its marks.
#pragma once

#include <optional>

#include "base/json.h"
#include "scan/report.h"

namespace hullwright::scan {

// Trivy's JSON, SchemaVersion 2 (aquasecurity/trivy:pkg/types/report.go).
Result<Report> DecodeTrivy(JsonElement document, const ReportLimits& limits);
// Grype's JSON (anchore/grype:grype/presenter/models/document.go).
Result<Report> DecodeGrype(JsonElement document, const ReportLimits& limits);
// Snyk's JSON of "snyk container test", an object or a list of them (snyk/cli:src/lib/snyk-test/legacy.ts).
Result<Report> DecodeSnyk(JsonElement document, const ReportLimits& limits);
// SARIF 2.1.0 (OASIS) as five scanners of images write it; of another tool it is no scan.
Result<Report> DecodeSarif(JsonElement document, const ReportLimits& limits);
// Harbor's vulnerability report 1.1, as an adapter answers it or keyed by its MIME type as Harbor itself does
// (goharbor/pluggable-scanner-spec:api/spec/scanner-adapter-openapi-v1.2.yaml).
Result<Report> DecodeHarbor(JsonElement document, const ReportLimits& limits);
// The report in such a document, whichever of the two it is; nothing where it is neither.
std::optional<JsonElement> HarborReportIn(JsonElement document);
// Clair v4's vulnerability_report (quay/claircore:vulnerabilityreport.go).
Result<Report> DecodeClair(JsonElement document, const ReportLimits& limits);
// trivy-operator's VulnerabilityReport, v1alpha1, the whole object.
Result<Report> DecodeTrivyOperator(JsonElement document, const ReportLimits& limits);
// CycloneDX 1.4 and later with vulnerabilities.
Result<Report> DecodeCycloneDx(JsonElement document, const ReportLimits& limits);
// The predicate of a scan without the statement around it: cosign's (specs/COSIGN_VULN_ATTESTATION_SPEC.md) or in-toto's vulns 0.1 and 0.2
// (in-toto/attestation:spec/predicates/vulns.md). Nobody has verified a signature here.
Result<Report> DecodeScanPredicate(JsonElement document, const ReportLimits& limits);
// The same inside an in-toto statement, whose subject is what was scanned.
Result<Report> DecodeScanStatement(JsonElement document, const ReportLimits& limits);

// Of the formats that scanners write: the predicates, which carry another report, are not among them.
Result<Report> DecodeScannerReport(JsonElement document, const ReportLimits& limits);

}  // namespace hullwright::scan
