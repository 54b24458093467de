// Times policy::Decide in process: one image of 2,000 findings, of which 200 meet the policy, beside 500 exceptions and 5,000 VEX
// statements that take those away; asked for EPSS, of 300,000 vulnerabilities, and KEV, and for severities alone. Prints
// {"exploitation_ms": …, "severity_ms": …}, medians of five.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "policy/engine.h"
#include "support/minted_trust.h"

namespace {

using namespace hullwright;
using Json = nlohmann::json;

constexpr int kFindings = 2'000;
constexpr int kFindingsPerLikelyOne = 10;
constexpr int kExceptions = 500;
constexpr int kStatements = 5'000;
constexpr int kScored = 300'000;
constexpr int kListed = 1'500;
constexpr int kDecisionsPerRun = 100;

const Time kNow = ParseRfc3339("2026-03-01T12:00:00Z").value();

std::string DigestText() {
  return "sha256:" + std::string(64, 'a');
}

// The vulnerabilities of the world by number, in six years.
std::string CveName(int number) {
  return fmt::format("CVE-{}-{}", 2020 + number % 6, 10'000 + number / 6);
}

// Those of the image are spread over all years and all that are scored.
int VulnerabilityOf(int finding) {
  return finding * (kScored / kFindings - 1);
}

// Even ones by a statement, odd ones by an exception.
int LikelyFinding(int number) {
  return number * kFindingsPerLikelyOne;
}

std::shared_ptr<const policy::Exploitation> MakeExploitation() {
  std::vector<policy::EpssScore> epss;
  for (int i = 0; i < kScored; ++i) {
    const bool is_likely = i % VulnerabilityOf(kFindingsPerLikelyOne) == 0;
    epss.push_back({policy::ParseCve(CveName(i)).value(), is_likely ? 900'000u : 430u, 0});
  }
  std::vector<policy::KnownExploit> known;
  for (int i = 0; i < kListed; ++i) known.push_back({policy::ParseCve(CveName(kScored + i)).value()});
  std::ranges::sort(epss, {}, &policy::EpssScore::cve);
  std::ranges::sort(known, {}, &policy::KnownExploit::cve);
  return std::make_shared<const policy::Exploitation>(policy::Exploitation{
      std::make_shared<const policy::EpssScores>(policy::EpssScores{"v2025.03.14", kNow, std::move(epss)}),
      std::make_shared<const policy::KnownExploits>(policy::KnownExploits{"2026.02.28", kNow, std::move(known)}), std::nullopt});
}

api::ImageScan MakeScan() {
  api::ImageScan scan{.metadata = {}, .spec = {.digest = Digest::Parse(DigestText()).value(), .platform = {}}, .status = {}};
  api::ScanResult result;
  result.scanner_ref.name = "trivy";
  result.outcome = api::ScanOutcome::kComplete;
  scan.status.results = {result};
  for (int i = 0; i < kFindings; ++i) {
    api::Finding finding;
    finding.id = CveName(VulnerabilityOf(i));
    finding.package = fmt::format("pkg:deb/debian/library-{}", i % 400);
    finding.severity = i % kFindingsPerLikelyOne == 0 ? api::Severity::kHigh : api::Severity::kLow;
    finding.fix = api::FixState::kNone;
    finding.scanners = {"trivy"};
    scan.status.findings.push_back(finding);
  }
  return scan;
}

Json MakeStatement(int vulnerability) {
  return {
      {"vulnerability", {{"name", CveName(vulnerability)}}}, {"status", "not_affected"}, {"justification", "vulnerable_code_not_present"}};
}

// About every second likely finding, and about vulnerabilities that the image does not have.
Json MakeTrust() {
  Json statements = Json::array();
  for (int i = 0; i < kFindings / kFindingsPerLikelyOne; i += 2) statements.push_back(MakeStatement(VulnerabilityOf(LikelyFinding(i))));
  for (int i = 0; std::ssize(statements) < kStatements; ++i)
    statements.push_back(MakeStatement(VulnerabilityOf(i % kFindings) + 1 + i / kFindings));
  const Json predicate = {{"author", "acme"}, {"timestamp", "2026-03-01T00:00:00Z"}, {"statements", statements}};
  const Json attestation = {{"publisher", "acme"}, {"type", "https://openvex.dev/ns"}, {"predicate", predicate}};
  const Json facts = {{"digest", DigestText()}, {"attestations", Json::array({attestation})}};
  return {{"facts", Json::array({facts})}};
}

api::VulnerabilityException MakeException(int number) {
  api::VulnerabilityException exception;
  exception.metadata.name = fmt::format("accepted-{}", number);
  exception.metadata.namespace_ = "bench";
  exception.metadata.creation_timestamp = kNow;
  exception.spec.policy_refs.push_back({.name = "bench"});
  const int likely = 2 * number + 1;
  const bool is_of_image = LikelyFinding(likely) < kFindings;
  exception.spec.vulnerabilities.emplace_back().id = CveName(is_of_image ? VulnerabilityOf(LikelyFinding(likely)) : kScored + number);
  exception.spec.images = {ImagePattern::Parse("registry.example/**").value()};
  exception.spec.expires_at = kNow + std::chrono::hours(24);
  return exception;
}

policy::PolicySetParts MakeParts(const std::vector<api::ForbidEntry>& entries) {
  policy::PolicySetParts parts;
  api::ImageAdmissionPolicy& policy = parts.policies.emplace_back();
  policy.metadata.name = "bench";
  policy.spec.match.container_types = {api::ContainerType::kContainers};
  auto& rules = policy.spec.rules.vulnerabilities.emplace();
  rules.forbid = entries;
  rules.waivers = api::WaiverConsent{{api::WaiverKind::kVulnerabilityException}, {}, api::Severity::kCritical, {}};
  rules.vex.emplace().publisher_refs.push_back({.name = "acme"});
  api::TrustedPublisher& publisher = parts.publishers.emplace_back();
  publisher.metadata.name = "acme";
  publisher.spec.repositories = {ImagePattern::Parse("registry.example/**").value()};
  publisher.spec.authorities.emplace_back().name = "release";
  for (int i = 0; i < kExceptions; ++i) parts.exceptions.push_back(MakeException(i));
  return parts;
}

policy::ImageFacts MakeFacts() {
  const std::string reference = "registry.example/bench/app@" + DigestText();
  policy::ImageFacts facts{.use = {.name = "app", .field_path = "spec.containers[0].image", .reference = reference},
                           .reference = ImageReference::Parse(reference),
                           .scans = {std::make_shared<const policy::ScanRecord>(MakeScan())},
                           .broken_scans = {},
                           .admitted_since = {}};
  tests::MintTrust(MakeTrust().dump(), kNow).AddTo(facts);
  facts.exploitation = MakeExploitation();
  return facts;
}

double MillisecondsPerDecision(const policy::ImageFacts& image, const std::vector<api::ForbidEntry>& entries) {
  const policy::PolicySet policies(MakeParts(entries));
  const policy::Subject subject{
      .kind = policy::SubjectKind::kPod, .description = "Pod bench", .namespace_ = "bench", .namespace_labels = {}};
  std::array<double, 5> runs{};
  for (double& run : runs) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kDecisionsPerRun; ++i) {
      const policy::Decision decision = policy::Decide(policies, subject, std::span(&image, 1), kNow, {});
      if (decision.outcome != policy::Outcome::kPass || decision.images.at(0).waived.empty()) std::abort();
    }
    run = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count() / kDecisionsPerRun;
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

api::ForbidEntry Named(std::string name) {
  api::ForbidEntry entry;
  entry.name = std::move(name);
  return entry;
}

}  // namespace

int main() {
  const policy::ImageFacts image = MakeFacts();
  api::ForbidEntry likely = Named("likely"), exploited = Named("exploited"), severe = Named("severe");
  likely.min_epss = Decimal::Parse("0.5").value();
  exploited.known_exploited = true;
  severe.severities = {api::Severity::kHigh};
  fmt::print("{{\"exploitation_ms\": {}, \"severity_ms\": {}}}\n", MillisecondsPerDecision(image, {likely, exploited}),
             MillisecondsPerDecision(image, {severe}));
}
