#include "policy/accepted_findings.h"

#include <catch2/catch.hpp>

#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::kNow;

const std::string kApp = samples::Image("registry.example/shop/api", '1');

// Denies critical findings and consents to exceptions.
api::ImageAdmissionPolicy Consenting(std::string name) {
  api::ImageAdmissionPolicy policy = samples::DenyCritical(std::move(name));
  policy.spec.rules.vulnerabilities->waivers =
      api::WaiverConsent{{api::WaiverKind::kVulnerabilityException}, {}, api::Severity::kCritical, {}};
  return policy;
}

api::VulnerabilityException Excepting(const std::string& id, const std::string& policy) {
  api::VulnerabilityException made;
  made.metadata.name = "accepted";
  made.metadata.namespace_ = "shop";
  made.spec.policy_refs = {{policy, api::PolicyKind::kClusterImageAdmissionPolicy}};
  made.spec.vulnerabilities = {{id, {}, {}}};
  made.spec.images = samples::Patterns({"**"});
  made.spec.reason = "not reachable";
  made.spec.owner = "team-shop";
  made.spec.expires_at = kNow + std::chrono::hours(24);
  return made;
}

ImageFacts TwoCriticals() {
  return samples::Facts(
      kApp, {samples::Scan('1', {samples::Finding("CVE-1", api::Severity::kCritical), samples::Finding("CVE-2", api::Severity::kCritical),
                                 samples::Finding("CVE-3", api::Severity::kLow)})});
}

AcceptedFindings Ask(std::vector<api::ImageAdmissionPolicy> policies, std::vector<api::VulnerabilityException> exceptions,
                     const Subject& subject = samples::Pod()) {
  PolicySetParts parts = samples::Parts(std::move(policies));
  parts.exceptions = std::move(exceptions);
  const PolicySet set(std::move(parts));
  return FindAccepted(set, subject, TwoCriticals(), kNow);
}

}  // namespace

TEST_CASE("an accepted finding tells who accepts it, until when, and under which policy", "[policy]") {
  const AcceptedFindings accepted = Ask({Consenting("floor")}, {Excepting("CVE-2", "floor")});
  REQUIRE(accepted.by_scan.size() == 1);
  REQUIRE(accepted.by_scan[0].size() == 1);
  const Waived& by = accepted.by_scan[0].at(1);
  CHECK(by.waiver == "VulnerabilityException/shop/accepted");
  CHECK(by.policy == "ClusterImageAdmissionPolicy/floor");
  CHECK(by.rule == "vulnerabilities.forbid[critical]");
  CHECK(by.until == "2026-03-02T12:00:00Z");
  CHECK(by.why == "not reachable (team-shop)");
  CHECK(accepted.policies == std::vector<std::string>{"ClusterImageAdmissionPolicy/floor"});
  CHECK(accepted.doubts.empty());
}

TEST_CASE("what no policy forbids, and what a policy does not consent to, is not accepted", "[policy]") {
  CHECK(Ask({Consenting("floor")}, {Excepting("CVE-3", "floor")}).by_scan[0].empty());
  CHECK(Ask({samples::DenyCritical("floor")}, {Excepting("CVE-2", "floor")}).by_scan[0].empty());
  CHECK(Ask({Consenting("floor")}, {}).by_scan[0].empty());
  api::VulnerabilityException expired = Excepting("CVE-2", "floor");
  expired.spec.expires_at = kNow;
  CHECK(Ask({Consenting("floor")}, {expired}).by_scan[0].empty());
}

TEST_CASE("what one policy accepts and another refuses is not accepted", "[policy]") {
  CHECK(Ask({Consenting("a"), samples::DenyCritical("b")}, {Excepting("CVE-2", "a")}).by_scan[0].empty());
  CHECK(Ask({Consenting("a"), Consenting("b")}, {Excepting("CVE-2", "a")}).by_scan[0].empty());
  api::VulnerabilityException of_both = Excepting("CVE-2", "a");
  of_both.spec.policy_refs.push_back({"b", api::PolicyKind::kClusterImageAdmissionPolicy});
  CHECK(Ask({Consenting("a"), Consenting("b")}, {of_both}).by_scan[0].contains(1));
}

TEST_CASE("policies of which nobody can say whether they cover the image are doubts", "[policy]") {
  api::ImageAdmissionPolicy selective = Consenting("prod");
  selective.spec.match.namespace_selector.emplace().match_labels = {{"env", "prod"}};
  Subject unknown = samples::Pod();
  unknown.namespace_labels.reset();
  const AcceptedFindings accepted = Ask({selective}, {Excepting("CVE-2", "prod")}, unknown);
  CHECK(accepted.by_scan[0].empty());
  REQUIRE(accepted.doubts.size() == 1);
  CHECK(accepted.doubts[0].word == ReasonWord::kNamespaceUnknown);

  PolicySetParts parts = samples::Parts({});
  parts.broken_policies = {{"ClusterImageAdmissionPolicy/broken", "", std::nullopt, "no rules"}};
  const PolicySet set(std::move(parts));
  const AcceptedFindings of_broken = FindAccepted(set, samples::Pod(), TwoCriticals(), kNow);
  REQUIRE(of_broken.doubts.size() == 1);
  CHECK(of_broken.doubts[0].word == ReasonWord::kPolicyInvalid);
}

TEST_CASE("a policy that counts VEX says that nobody asked for statements", "[policy]") {
  api::ImageAdmissionPolicy policy = Consenting("floor");
  policy.spec.rules.vulnerabilities->vex = api::VexRules{{{"acme"}}};
  const AcceptedFindings accepted = Ask({policy}, {Excepting("CVE-2", "floor")});
  CHECK(accepted.by_scan[0].contains(1));
  REQUIRE(accepted.vex.size() == 1);
  CHECK_THAT(accepted.vex[0], Catch::Contains("ClusterImageAdmissionPolicy/floor") && Catch::Contains("no statements are known"));
}

}  // namespace hullwright::policy
