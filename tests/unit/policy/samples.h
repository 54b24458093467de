// Small values for tests of the policy layer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "policy/engine.h"

namespace hullwright::policy::samples {

inline const Time kNow = *ParseRfc3339("2026-03-01T12:00:00Z");

inline Digest DigestOf(char hex) {
  return *Digest::Parse("sha256:" + std::string(64, hex));
}

inline std::string Image(const std::string& name, char hex) {
  return name + "@" + DigestOf(hex).text();
}

inline ImageReference Reference(const std::string& text) {
  return *ImageReference::Parse(text);
}

inline std::vector<ImagePattern> Patterns(const std::vector<std::string>& texts) {
  std::vector<ImagePattern> patterns;
  for (const std::string& text : texts) patterns.push_back(*ImagePattern::Parse(text));
  return patterns;
}

inline api::ForbidEntry Entry(std::string name, std::vector<api::Severity> severities) {
  api::ForbidEntry entry;
  entry.name = std::move(name);
  entry.severities = std::move(severities);
  return entry;
}

// A cluster policy that denies critical findings of the images given.
inline api::ImageAdmissionPolicy DenyCritical(std::string name, const std::vector<std::string>& images = {}) {
  api::ImageAdmissionPolicy policy;
  policy.metadata.name = std::move(name);
  policy.spec.match.images = Patterns(images);
  policy.spec.rules.vulnerabilities.emplace().forbid = {Entry("critical", {api::Severity::kCritical})};
  return policy;
}

inline api::Finding Finding(std::string id, api::Severity severity, api::FixState fix = api::FixState::kNone) {
  api::Finding finding;
  finding.id = std::move(id);
  finding.package = "pkg:deb/debian/openssl@3.0.11-1?arch=amd64";
  finding.version = "3.0.11-1";
  finding.severity = severity;
  finding.fix = fix;
  finding.scanners = {"trivy"};
  return finding;
}

// One complete result of trivy, an hour old.
inline api::ImageScan Scan(char hex, std::vector<api::Finding> findings = {}) {
  api::ImageScan scan{.metadata = {}, .spec = {.digest = DigestOf(hex), .platform = std::nullopt}, .status = {}};
  api::ScanResult result;
  result.scanner_ref.name = "trivy";
  result.outcome = api::ScanOutcome::kComplete;
  result.scanned_at = kNow - std::chrono::hours(1);
  result.database_updated_at = kNow - std::chrono::hours(2);
  scan.status.repositories = {"registry.example/shop/api"};
  scan.status.results = {result};
  scan.status.findings = std::move(findings);
  return scan;
}

inline ImageFacts Facts(const std::string& text, std::vector<api::ImageScan> scans = {}) {
  ImageFacts facts{.use = {}, .reference = ImageReference::Parse(text), .scans = {}, .broken_scans = {}, .admitted_since = {}};
  facts.use.reference = text;
  facts.use.field_path = "spec.containers[0].image";
  for (const api::ImageScan& scan : scans) facts.scans.push_back(std::make_shared<ScanRecord>(scan));
  return facts;
}

inline Subject Pod(std::string namespace_ = "shop") {
  Subject subject;
  subject.description = "Pod " + namespace_ + "/web";
  subject.namespace_ = std::move(namespace_);
  subject.namespace_labels.emplace();
  return subject;
}

inline PolicySetParts Parts(std::vector<api::ImageAdmissionPolicy> policies) {
  PolicySetParts parts;
  parts.policies = std::move(policies);
  return parts;
}

}  // namespace hullwright::policy::samples
