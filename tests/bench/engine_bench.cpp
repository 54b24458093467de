// Times policy::Decide in process: ten images, each covered by one of ten policies, among 10 and among 1,000 policies.
// Prints {"ten_policies_ms": …, "thousand_policies_ms": …}, medians of five.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "policy/engine.h"

namespace {

using namespace hullwright;

constexpr int kImages = 10;
constexpr int kFindings = 40;
constexpr int kDecisionsPerRun = 200;

std::string DigestText(int number) {
  return fmt::format("sha256:{:064x}", number + 1);
}

api::ImageAdmissionPolicy MakePolicy(int number) {
  api::ImageAdmissionPolicy policy;
  policy.metadata.name = fmt::format("team-{}", number);
  policy.spec.match.images = {ImagePattern::Parse(fmt::format("registry.example/team-{}/**", number)).value()};
  policy.spec.match.container_types = {api::ContainerType::kContainers, api::ContainerType::kInitContainers,
                                       api::ContainerType::kEphemeralContainers, api::ContainerType::kImageVolumes};
  api::ForbidEntry entry;
  entry.name = "fixable-critical";
  entry.severities = {api::Severity::kCritical};
  entry.fix = api::FixCondition::kAvailable;
  policy.spec.rules.vulnerabilities.emplace().forbid = {entry};
  return policy;
}

policy::PolicySet MakePolicies(int count) {
  policy::PolicySetParts parts;
  for (int i = 0; i < count; ++i) parts.policies.push_back(MakePolicy(i));
  return policy::PolicySet(std::move(parts));
}

policy::ImageFacts MakeFacts(int number) {
  const std::string reference = fmt::format("registry.example/team-{}/app@{}", number, DigestText(number));
  policy::ImageFacts facts{.use = {.name = "app", .field_path = "spec.containers[0].image", .reference = reference},
                           .reference = ImageReference::Parse(reference),
                           .scans = {},
                           .broken_scans = {},
                           .admitted_since = {}};
  api::ImageScan scan{.metadata = {}, .spec = {.digest = Digest::Parse(DigestText(number)).value(), .platform = {}}, .status = {}};
  api::ScanResult result;
  result.scanner_ref.name = "trivy";
  result.outcome = api::ScanOutcome::kComplete;
  scan.status.results = {result};
  for (int i = 0; i < kFindings; ++i) {
    api::Finding finding;
    finding.id = fmt::format("CVE-2026-{}", 1000 + i);
    finding.package = fmt::format("pkg:deb/debian/library-{}", i);
    finding.severity = api::Severity::kHigh;
    finding.fix = api::FixState::kAvailable;
    scan.status.findings.push_back(finding);
  }
  facts.scans.push_back(std::make_shared<const policy::ScanRecord>(scan));
  return facts;
}

double MillisecondsPerDecision(int policy_count) {
  const policy::PolicySet policies = MakePolicies(policy_count);
  std::vector<policy::ImageFacts> images;
  for (int i = 0; i < kImages; ++i) images.push_back(MakeFacts(i));
  const policy::Subject subject{
      .kind = policy::SubjectKind::kPod, .description = "Pod bench", .namespace_ = "bench", .namespace_labels = {}};
  const Time now = SystemClock().Now();

  std::array<double, 5> runs{};
  for (double& run : runs) {
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < kDecisionsPerRun; ++i) {
      if (policy::Decide(policies, subject, images, now, {}).outcome != policy::Outcome::kPass) std::abort();
    }
    run = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count() / kDecisionsPerRun;
  }
  std::ranges::sort(runs);
  return runs[runs.size() / 2];
}

}  // namespace

int main() {
  fmt::print("{{\"ten_policies_ms\": {}, \"thousand_policies_ms\": {}}}\n", MillisecondsPerDecision(10), MillisecondsPerDecision(1000));
}
