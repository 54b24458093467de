#include "webhook/admission_handler.h"

#include <catch2/catch.hpp>

#include "unit/webhook/fixtures.h"
#include "webhook/metrics.h"

namespace hullwright::webhook {
namespace {

struct Fixture {
  explicit Fixture(const std::string& policy = PolicyYaml(), policy::Unmatched unmatched = policy::Unmatched::kDeny)
      : handler(catalogue, admitted, workloads, clock, {unmatched}) {
    FillCatalogue(catalogue, policy);
  }
  Verdict Ask(const Json& review, bool authenticated = true) const {
    const ParsedReview parsed(review);
    return handler.Handle(*parsed, authenticated, {}).value();
  }
  bool Remembers(char digit) const {
    const auto reference = ImageReference::Parse(Image(digit));
    REQUIRE(reference);
    return !admitted.Find("shop", *reference).empty();
  }

  evidence::Catalogue catalogue;
  evidence::AdmittedImages admitted;
  kube::Workloads workloads;
  FixedClock clock;
  AdmissionHandler handler;
};

Json MirrorPod(const std::string& image) {
  Json pod = Pod(image);
  pod["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "hash"}};
  pod["spec"]["nodeName"] = "n1";
  return pod;
}

Json AsUser(Json review, const std::string& name, const Json& groups) {
  review["request"]["userInfo"] = {{"username", name}, {"groups", groups}};
  return review;
}

TEST_CASE("a Pod with a clean image passes, one with a forbidden finding is denied with all a developer needs", "[webhook]") {
  const Fixture fixture;
  const Verdict good = fixture.Ask(Review(Pod(Image('a'))));
  CHECK(good.answer.allowed);
  CHECK(good.answer.message.empty());
  CHECK(good.answer.audit_annotations.at("digests") == DigestText('a'));

  const Verdict bad = fixture.Ask(Review(Pod(Image('b'))));
  CHECK_FALSE(bad.answer.allowed);
  CHECK(bad.answer.code == 403);
  CHECK((bad.reasons == std::vector<std::string_view>{"VulnerabilityForbidden"}));
  for (const auto* part : {"registry.example/shop/app@sha256:bbb", "spec.containers[0].image", "VulnerabilityForbidden", "CVE-2024-1",
                           "fixed in 2", "ClusterImageAdmissionPolicy/production", "vulnerabilities.forbid[critical]"}) {
    CHECK_THAT(bad.answer.message, Catch::Contains(part));
  }
}

TEST_CASE("a finding within its grace is let in with a warning that names the day it will be refused, an audit annotation and a metric",
          "[webhook]") {
  Fixture fixture(R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny}
  rules: {vulnerabilities: {forbid: [{name: critical, severities: [Critical], graceHours: 24, graceFrom: FirstSeen}]}}
)");
  std::string scan = ScanYaml('c', "Critical");
  scan.insert(scan.find(", scanners: [trivy]"), ", firstSeen: 2026-01-01T12:00:00Z");
  PutYaml(fixture.catalogue, scan);

  const Verdict within = fixture.Ask(Review(Pod(Image('c'))));
  CHECK(within.answer.allowed);
  REQUIRE(within.answer.warnings.size() == 1);
  CHECK_THAT(within.answer.warnings[0], Catch::Contains("WithinGrace: from 2026-01-02T12:00:00Z on, critical forbids CVE-2024-1"));
  CHECK_THAT(within.answer.audit_annotations.at("within-grace"), Catch::Contains("from 2026-01-02T12:00:00Z on"));
  Metrics metrics;
  const ParsedReview parsed(Review(Pod(Image('c'))));
  metrics.CountDecision("validate", *parsed, within, 0.001);

  fixture.clock.now += std::chrono::hours(12);
  const Verdict over = fixture.Ask(Review(Pod(Image('c'))));
  CHECK_FALSE(over.answer.allowed);
  CHECK_THAT(over.answer.message, Catch::Contains("is forbidden by critical since 2026-01-02T12:00:00Z"));
  CHECK_FALSE(over.answer.audit_annotations.contains("within-grace"));
  metrics.CountDecision("validate", *parsed, over, 0.001);
  const std::string text =
      metrics.Serialize({fixture.catalogue, [] { return http::ServerStatistics{}; }, [] { return std::optional<Time>(); },
                         [] { return std::vector<WatchState>(); }, [] { return true; }});
  CHECK_THAT(text, Catch::Contains("hullwright_grace_decisions_total 1"));
}

TEST_CASE("deletes, connects and kinds without images pass by a named rule", "[webhook]") {
  const Fixture fixture;
  Json review = Review(Pod(Image('b')));
  review["request"]["operation"] = "DELETE";
  CHECK(fixture.Ask(review).answer.audit_annotations.at("rule") == "delete");
  review["request"]["operation"] = "CONNECT";
  CHECK(fixture.Ask(review).answer.audit_annotations.at("rule") == "connect");
  review["request"]["operation"] = "CREATE";
  review["request"]["kind"]["kind"] = "Binding";
  CHECK_FALSE(fixture.Ask(review).answer.allowed);
  review["request"]["subResource"] = "binding";
  CHECK(fixture.Ask(review).answer.audit_annotations.at("rule") == "no-images");
}

TEST_CASE("a kind whose images we cannot find could hide any: could-not-tell, with the way out", "[webhook]") {
  const Fixture fixture;
  Json review = Review(Pod(Image('a')));
  review["request"]["kind"] = {{"group", "argoproj.io"}, {"version", "v1"}, {"kind", "Rollout"}};
  const Verdict verdict = fixture.Ask(review);
  CHECK_FALSE(verdict.answer.allowed);
  CHECK(verdict.outcome == policy::Outcome::kCouldNotTell);
  CHECK_THAT(verdict.answer.message, Catch::Contains("--workload-path argoproj.io/Rollout=/spec/template/spec"));
}

TEST_CASE("an object that is missing or has another shape than Kubernetes gives it is could-not-tell", "[webhook]") {
  const Fixture fixture;
  Json review = Review(Pod(Image('a')));
  review["request"]["object"] = nullptr;
  CHECK((fixture.Ask(review).reasons == std::vector<std::string_view>{"ObjectUnreadable"}));
  Json pod = Pod(Image('a'));
  pod["spec"]["initContainers"] = "none";
  const Verdict verdict = fixture.Ask(Review(pod));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK_THAT(verdict.answer.message, Catch::Contains("spec.initContainers"));
}

TEST_CASE("a template is warned of early and not denied, unless the policy says so", "[webhook]") {
  const Verdict warned = Fixture().Ask(Review(Deployment(Image('b'))));
  CHECK(warned.answer.allowed);
  REQUIRE(warned.answer.warnings.size() == 1);
  CHECK_THAT(warned.answer.warnings[0], Catch::Contains("spec.template.spec.containers[0].image: VulnerabilityForbidden"));
  CHECK_FALSE(Fixture(PolicyYaml("Deny", "Deny")).Ask(Review(Deployment(Image('b')))).answer.allowed);
}

TEST_CASE("an update is judged by what it changes; what runs already is reported", "[webhook]") {
  const Fixture fixture;
  const Verdict label = fixture.Ask(Review(Pod(Image('b')), Pod(Image('b'))));
  CHECK(label.answer.allowed);
  CHECK(label.answer.audit_annotations.at("rule") == "unchanged");
  CHECK(label.answer.audit_annotations.at("already-running") == "VulnerabilityForbidden");
  REQUIRE(label.answer.warnings.size() == 1);
  CHECK_THAT(label.answer.warnings[0], Catch::StartsWith("already running, spec.containers[0].image: VulnerabilityForbidden"));
  CHECK_FALSE(fixture.Ask(Review(Pod(Image('b')), Pod(Image('a')))).answer.allowed);
  CHECK(fixture.Ask(Review(Pod(Image('a')), Pod(Image('b')))).answer.allowed);
}

TEST_CASE("an update without its old object is judged whole", "[webhook]") {
  const Fixture fixture;
  Json review = Review(Pod(Image('b')));
  review["request"]["operation"] = "UPDATE";
  CHECK_FALSE(fixture.Ask(review).answer.allowed);
}

TEST_CASE("a CREATE is judged whole, whatever old object it claims", "[webhook]") {
  const Fixture fixture;
  Json review = Review(Pod(Image('b')));
  review["request"]["oldObject"] = Pod(Image('b'));
  CHECK_FALSE(fixture.Ask(review).answer.allowed);
}

TEST_CASE("a mirror Pod passes with a warning only from the kubelet of its own node", "[webhook]") {
  const Fixture fixture;
  const Json groups = {"system:nodes", "system:authenticated"};
  const Verdict mirror = fixture.Ask(AsUser(Review(MirrorPod(Image('b'))), "system:node:n1", groups));
  CHECK(mirror.answer.allowed);
  CHECK(mirror.answer.audit_annotations.at("rule") == "mirror-pod");
  CHECK(mirror.answer.warnings.size() >= 2);

  CHECK_FALSE(fixture.Ask(Review(MirrorPod(Image('b')))).answer.allowed);
  CHECK_FALSE(fixture.Ask(AsUser(Review(MirrorPod(Image('b'))), "system:node:n2", groups)).answer.allowed);
  CHECK_FALSE(fixture.Ask(AsUser(Review(MirrorPod(Image('b'))), "system:node:n1", {"developers"})).answer.allowed);
  CHECK_FALSE(fixture.Ask(AsUser(Review(Pod(Image('b'))), "system:node:n1", groups)).answer.allowed);
  Json nowhere = MirrorPod(Image('b'));
  nowhere["spec"].erase("nodeName");
  CHECK_FALSE(fixture.Ask(AsUser(Review(nowhere), "system:node:", groups)).answer.allowed);
}

TEST_CASE("what was admitted is remembered only for an authenticated peer and never on a dry run", "[webhook]") {
  const Fixture fixture;
  fixture.Ask(Review(Pod(Image('a'))), false);
  CHECK_FALSE(fixture.Remembers('a'));
  Json dry = Review(Pod(Image('a')));
  dry["request"]["dryRun"] = true;
  fixture.Ask(dry);
  CHECK_FALSE(fixture.Remembers('a'));
  fixture.Ask(Review(Deployment(Image('a'))));
  CHECK_FALSE(fixture.Remembers('a'));
  fixture.Ask(Review(Pod(Image('b'))));
  CHECK_FALSE(fixture.Remembers('b'));
  fixture.Ask(Review(Pod(Image('a'))));
  CHECK(fixture.Remembers('a'));
}

constexpr const char* kSofterForAdmitted = R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny, admittedImages: Warn}
  rules: {vulnerabilities: {forbid: [{name: critical, severities: [Critical]}], waivers: {kinds: [BreakGlass]}}}
)";

TEST_CASE("an image that passed and runs is judged by admittedImages when its next scan is worse", "[webhook]") {
  Fixture fixture(kSofterForAdmitted);
  CHECK(fixture.Ask(Review(Pod(Image('a')), Pod(Image('a')))).answer.allowed);
  CHECK(fixture.Remembers('a'));
  PutYaml(fixture.catalogue, ScanYaml('a', "Critical"));
  const Verdict again = fixture.Ask(Review(Pod(Image('a'))));
  CHECK(again.answer.allowed);
  CHECK(again.answer.warnings.size() == 1);
}

TEST_CASE("what break-glass let in is not remembered as admitted, neither then nor when its Pod is updated later", "[webhook]") {
  Fixture fixture(kSofterForAdmitted);
  PutYaml(fixture.catalogue, fmt::format(R"(apiVersion: hullwright.dev/v1alpha1
kind: BreakGlass
metadata: {{name: tonight, namespace: shop, creationTimestamp: "2026-01-02T00:00:00Z"}}
spec:
  policyRefs: [{{kind: ClusterImageAdmissionPolicy, name: production}}]
  images: ["{}"]
  durationSeconds: 7200
  reason: checkout is down
  ticket: INC-1
  requestedBy: {{username: alice, groups: []}}
)",
                                         Image('b')));
  CHECK(fixture.Ask(Review(Pod(Image('b')))).answer.allowed);
  CHECK(fixture.Ask(Review(Pod(Image('b')), Pod(Image('b')))).answer.allowed);
  CHECK_FALSE(fixture.Remembers('b'));
  fixture.catalogue.Remove({"BreakGlass", "shop", "tonight"});
  fixture.catalogue.Publish();
  CHECK(fixture.Ask(Review(Pod(Image('b')), Pod(Image('b')))).answer.allowed);
  CHECK_FALSE(fixture.Remembers('b'));
  CHECK_FALSE(fixture.Ask(Review(Pod(Image('b')))).answer.allowed);
}

TEST_CASE("what a grace period let in is refused when the period is over, although images admitted are judged softer", "[webhook]") {
  Fixture fixture(R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  enforcement: {newImages: Deny, admittedImages: Warn}
  rules: {vulnerabilities: {forbid: [{name: critical, severities: [Critical], graceHours: 24, graceFrom: FirstSeen}]}}
)");
  std::string scan = ScanYaml('c', "Critical");
  scan.insert(scan.find(", scanners: [trivy]"), ", firstSeen: 2026-01-01T12:00:00Z");
  PutYaml(fixture.catalogue, scan);
  CHECK(fixture.Ask(Review(Pod(Image('c')))).answer.allowed);
  CHECK_FALSE(fixture.Remembers('c'));
  fixture.clock.now += std::chrono::hours(12);
  CHECK_FALSE(fixture.Ask(Review(Pod(Image('c')))).answer.allowed);
}

TEST_CASE("an image no policy covers meets --unmatched, and is counted", "[webhook]") {
  const std::string narrow = R"(apiVersion: hullwright.dev/v1alpha1
kind: ClusterImageAdmissionPolicy
metadata: {name: production}
spec:
  match: {images: ["registry.example/other/**"]}
  enforcement: {newImages: Deny}
  rules: {reference: {digest: FromAuthor}}
)";
  const Verdict denied = Fixture(narrow).Ask(Review(Pod(Image('a'))));
  CHECK_FALSE(denied.answer.allowed);
  CHECK(denied.answer.audit_annotations.at("unmatched") == "true");
  CHECK(Fixture(narrow, policy::Unmatched::kWarn).Ask(Review(Pod(Image('a')))).answer.warnings.size() == 1);
  const Verdict allowed = Fixture(narrow, policy::Unmatched::kAllow).Ask(Review(Pod(Image('a'))));
  CHECK(allowed.answer.allowed);
  CHECK(allowed.answer.audit_annotations.at("unmatched") == "true");
}

TEST_CASE("five thousand containers are refused in one sentence", "[webhook][attack-61]") {
  const Fixture fixture;
  Json pod = Pod(Image('a'));
  for (int i = 0; i < 5000; ++i) {
    pod["spec"]["containers"].push_back(
        {{"name", fmt::format("c{}", i)}, {"image", fmt::format("registry.example/x{}@{}", i, DigestText('a'))}});
  }
  const Verdict verdict = fixture.Ask(Review(pod));
  CHECK_FALSE(verdict.answer.allowed);
  CHECK_THAT(verdict.answer.message, Catch::Contains("TooManyImages") && Catch::Contains("5001"));
  CHECK(verdict.answer.message.size() < 1000);
}

TEST_CASE("message and warnings stay inside their bounds and free of control characters", "[webhook]") {
  Json pod = Pod("nginx\n\x1b[31mred");
  for (int i = 0; i < 200; ++i) {
    pod["spec"]["containers"].push_back(
        {{"name", fmt::format("c{}", i)}, {"image", fmt::format("registry.example/{}:1", std::string(200, 'x'))}});
  }
  for (const auto* enforcement : {"Deny", "Warn"}) {
    const Verdict verdict = Fixture(PolicyYaml(enforcement, "Audit")).Ask(Review(pod));
    CHECK(verdict.answer.message.size() <= 4096);
    CHECK(verdict.answer.warnings.size() <= 21);
    std::size_t total = 0;
    for (const auto& warning : verdict.answer.warnings) {
      CHECK(warning.size() <= 120);
      CHECK(std::ranges::none_of(warning, [](unsigned char c) { return c < 0x20 || c >= 0x7F; }));
      total += warning.size();
    }
    CHECK(total < 4096);
    CHECK(std::ranges::none_of(verdict.answer.message, [](unsigned char c) { return (c < 0x20 && c != '\n') || c >= 0x7F; }));
    for (const auto& [key, value] : verdict.answer.audit_annotations) CHECK(value.size() <= 1024);
  }
}

}  // namespace
}  // namespace hullwright::webhook
