// What the case files under tests/cases/ cannot say: bounds, order, traces, cost.
#include "policy/engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::DenyCritical;
using samples::Facts;
using samples::Finding;
using samples::Image;
using samples::kNow;
using samples::Parts;
using samples::Pod;
using samples::Scan;

std::vector<api::Finding> Findings(int count, api::Severity severity) {
  std::vector<api::Finding> findings;
  for (int i = 0; i < count; ++i) findings.push_back(Finding(fmt::format("CVE-2024-{:04d}", i), severity));
  return findings;
}

TEST_CASE("more images than the bound are refused whole, without being looked at", "[policy]") {
  const PolicySet set(Parts({DenyCritical("floor")}));
  const std::vector<ImageFacts> images(257, Facts("not a reference"));
  Subject subject = Pod();
  for (const SubjectKind kind : {SubjectKind::kPod, SubjectKind::kTemplate}) {
    subject.kind = kind;
    const Decision decision = Decide(set, subject, images, kNow, {});
    CHECK_FALSE(decision.allowed());
    REQUIRE(decision.images.size() == 1);
    REQUIRE(decision.images.front().reasons.size() == 1);
    CHECK(decision.images.front().reasons.front().word == ReasonWord::kTooManyImages);
  }
}

TEST_CASE("an object whose judgement would take too many comparisons is refused whole, and the same image is judged once", "[policy]") {
  const PolicySet set(Parts({DenyCritical("floor")}));
  EngineOptions options;
  options.max_comparisons = 1000;
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(800, api::Severity::kLow))});
  CHECK(Decide(set, Pod(), std::vector(50, image), kNow, options).outcome == Outcome::kPass);
  const ImageFacts other = Facts(Image("registry.example/other", '2'), {Scan('2', Findings(800, api::Severity::kLow))});
  const Decision decision = Decide(set, Pod(), std::vector{image, other}, kNow, options);
  CHECK_FALSE(decision.allowed());
  REQUIRE(decision.images.size() == 1);
  CHECK(decision.images.front().reasons.front().word == ReasonWord::kTooManyImages);
}

void CheckRefusedWhole(const Decision& decision) {
  CHECK_FALSE(decision.allowed());
  REQUIRE(decision.images.size() == 1);
  REQUIRE(decision.images.front().reasons.size() == 1);
  CHECK(decision.images.front().reasons.front().word == ReasonWord::kTooManyImages);
}

TEST_CASE("bad references by the hundred against policies by the thousand are refused whole, good policies or broken", "[policy]") {
  std::vector<ImageFacts> images;
  for (int i = 0; i < 256; ++i) images.push_back(Facts(fmt::format("Not A Reference {}{}", i, std::string(400, '!'))));
  PolicySetParts good, broken;
  for (int i = 0; i < 2000; ++i) {
    good.policies.push_back(DenyCritical(fmt::format("p{}", i)));
    broken.broken_policies.push_back({fmt::format("ClusterImageAdmissionPolicy/p{}", i), "", std::nullopt, "does not decode"});
  }
  CheckRefusedWhole(Decide(PolicySet(std::move(good)), Pod(), images, kNow, {}));
  CheckRefusedWhole(Decide(PolicySet(std::move(broken)), Pod(), images, kNow, {}));
}

// So many exceptions of the namespace, each for so many other images.
std::vector<api::VulnerabilityException> Exceptions(int count, std::size_t images, const std::vector<std::string>& vulnerabilities) {
  std::vector<api::VulnerabilityException> exceptions;
  for (int i = 0; i < count; ++i) {
    api::VulnerabilityException& exception = exceptions.emplace_back();
    exception.metadata.name = fmt::format("e{}", i);
    exception.metadata.namespace_ = "shop";
    exception.spec.images = samples::Patterns(std::vector<std::string>(images, "registry.example/other"));
    for (const std::string& id : vulnerabilities) exception.spec.vulnerabilities.emplace_back().id = id;
  }
  return exceptions;
}

std::vector<std::string> Names(std::string_view prefix, int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("{}{:04d}", prefix, i));
  return names;
}

PolicySetParts ConsentingTo(std::vector<api::VulnerabilityException> exceptions, int policies = 1) {
  PolicySetParts parts = Parts({});
  for (int i = 0; i < policies; ++i) {
    parts.policies.push_back(DenyCritical(fmt::format("p{}", i)));
    parts.policies.back().spec.rules.vulnerabilities->waivers.emplace();
  }
  parts.exceptions = std::move(exceptions);
  return parts;
}

TEST_CASE("exceptions that name no finding of the images keep nothing from being judged, however many they are", "[policy]") {
  std::vector<ImageFacts> images;
  for (const char hex : std::string("0123456789abcdef"))
    images.push_back(Facts(Image("registry.example/app", hex), {Scan(hex, Findings(1000, api::Severity::kCritical))}));
  const PolicySet set(ConsentingTo(Exceptions(200, 64, Names("CVE-1999-", 64))));
  const Decision decision = Decide(set, Pod(), images, kNow, {});
  REQUIRE(decision.images.size() == 16);
  CHECK(decision.images.front().reasons.front().word == ReasonWord::kVulnerabilityForbidden);
}

TEST_CASE("exceptions count as work where they name findings: vulnerabilities by the finding, images by the image", "[policy]") {
  EngineOptions options;
  options.max_comparisons = 300'000;
  const auto judge = [&](PolicySetParts parts, const std::vector<api::Finding>& findings) {
    const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', findings)});
    return Decide(PolicySet(std::move(parts)), Pod(), std::span(&image, 1), kNow, options);
  };
  const auto is_judged = [](const Decision& decision) {
    return decision.images.front().reasons.front().word == ReasonWord::kVulnerabilityForbidden;
  };
  SECTION("vulnerabilities") {
    const std::vector<std::string> names = Names("CVE-2024-", 64);
    CHECK(is_judged(judge(ConsentingTo(Exceptions(100, 1, names)), Findings(1000, api::Severity::kCritical))));
    // A report of one vulnerability in a thousand packages meets all exceptions a thousand times.
    const std::vector<api::Finding> same(1000, Finding("CVE-2024-0007", api::Severity::kCritical));
    CheckRefusedWhole(judge(ConsentingTo(Exceptions(100, 1, names)), same));
  }
  SECTION("images") {
    const std::vector<api::Finding> findings = Findings(1, api::Severity::kCritical);
    CHECK(is_judged(judge(ConsentingTo(Exceptions(200, 1, {"CVE-2024-0000"}), 50), findings)));
    CheckRefusedWhole(judge(ConsentingTo(Exceptions(200, 64, {"CVE-2024-0000"}), 50), findings));
  }
}

TEST_CASE("licenses that scans tell count as work, with each that the policy forbids", "[policy]") {
  api::ImageAdmissionPolicy policy;
  policy.metadata.name = "floor";
  api::LicenseRule& rule = policy.spec.rules.image.emplace().licenses.emplace();
  for (int i = 0; i < 32; ++i) rule.forbidden.push_back(fmt::format("L{}-*", i));
  const std::vector<api::LicenseUse> licenses(256, {std::string(256, 'l'), 1, {"openssl"}});
  const PolicySet set(Parts({policy}));
  std::vector<ImageFacts> images;
  for (const char hex : std::string("0123456789abcdef")) {
    api::ImageScan scan = Scan(hex);
    scan.status.results = std::vector<api::ScanResult>(16, api::ScanResult(scan.status.results.front()));
    for (api::ScanResult& result : scan.status.results) result.licenses = licenses;
    images.push_back(Facts(Image("registry.example/app", hex), {scan}));
  }
  CheckRefusedWhole(Decide(set, Pod(), images, kNow, {}));
  CHECK(Decide(set, Pod(), std::span(images).first(1), kNow, {}).outcome == Outcome::kPass);
}

TEST_CASE("as many images as the bound are judged", "[policy]") {
  const PolicySet set(Parts({DenyCritical("floor")}));
  const std::vector<ImageFacts> images(256, Facts(Image("registry.example/app", '1'), {Scan('1')}));
  const Decision decision = Decide(set, Pod(), images, kNow, {});
  CHECK(decision.outcome == Outcome::kPass);
  CHECK(decision.images.size() == 256);
}

TEST_CASE("nothing to judge passes", "[policy]") {
  const Decision decision = Decide(PolicySet({}), Pod(), {}, kNow, {});
  CHECK(decision.outcome == Outcome::kPass);
  CHECK(decision.allowed());
  CHECK_FALSE(decision.enforcement.has_value());
}

TEST_CASE("reasons stand hardest first, and otherwise in the order of policies", "[policy]") {
  auto audit = DenyCritical("a-audit"), deny_b = DenyCritical("b-deny"), deny_c = DenyCritical("c-deny"), warn = DenyCritical("d-warn");
  audit.spec.enforcement.new_images = api::Enforcement::kAudit;
  warn.spec.enforcement.new_images = api::Enforcement::kWarn;
  const PolicySet set(Parts({warn, deny_c, audit, deny_b}));
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(1, api::Severity::kCritical))});
  const Decision decision = Decide(set, Pod(), std::span(&image, 1), kNow, {});
  std::vector<std::string> order;
  for (const Reason& reason : decision.images.front().reasons) order.push_back(reason.policy);
  CHECK(order == std::vector<std::string>{"ClusterImageAdmissionPolicy/b-deny", "ClusterImageAdmissionPolicy/c-deny",
                                          "ClusterImageAdmissionPolicy/d-warn", "ClusterImageAdmissionPolicy/a-audit"});
  CHECK(decision.enforcement == api::Enforcement::kDeny);
}

TEST_CASE("a reason lists the most severe findings and counts all", "[policy]") {
  auto policy = DenyCritical("floor");
  policy.spec.rules.vulnerabilities->forbid = {samples::Entry("bad", {api::Severity::kHigh, api::Severity::kCritical})};
  const PolicySet set(Parts({policy}));
  std::vector<api::Finding> findings = Findings(20, api::Severity::kHigh);
  findings.push_back(Finding("CVE-2024-9999", api::Severity::kCritical));
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', findings)});
  const Decision decision = Decide(set, Pod(), std::span(&image, 1), kNow, {});
  const Reason& reason = decision.images.front().reasons.front();
  CHECK(reason.finding_count == 21);
  REQUIRE(reason.findings.size() == kMaxFindingsPerReason);
  CHECK(reason.findings.front().id == "CVE-2024-9999");
  CHECK(reason.findings[1].id == "CVE-2024-0000");
  CHECK(reason.remedy == RemedyFor(reason.word));
}

TEST_CASE("what a waiver accepts is listed up to a bound and then counted", "[policy]") {
  auto policy = DenyCritical("floor");
  policy.spec.rules.vulnerabilities->waivers.emplace().kinds = {api::WaiverKind::kBreakGlass};
  PolicySetParts parts = Parts({policy});
  api::BreakGlass pass;
  pass.metadata.name = "tonight";
  pass.metadata.namespace_ = "shop";
  pass.metadata.creation_timestamp = kNow;
  pass.spec.policy_refs = {{"floor", api::PolicyKind::kClusterImageAdmissionPolicy}};
  pass.spec.images = {samples::Reference(Image("registry.example/app", '1'))};
  parts.break_glasses = {pass};
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(100, api::Severity::kCritical))});
  const Decision decision = Decide(PolicySet(std::move(parts)), Pod(), std::span(&image, 1), kNow, {});
  CHECK(decision.outcome == Outcome::kPass);
  REQUIRE(decision.images.front().waived.size() == kMaxWaivedPerRule);
  CHECK(decision.images.front().waived.back().what.ends_with(", and 80 more findings"));
}

TEST_CASE("a trace has a line for each policy and rule, and only when asked for", "[policy]") {
  auto policy = DenyCritical("floor");
  policy.spec.rules.reference = api::ReferenceRules{.digest = api::DigestRule::kPinned, .forbidden_tags = {"latest"}};
  policy.spec.rules.publishers = api::PublisherRules{.refs = {{"acme"}}, .minimum = 1};
  const PolicySet set(Parts({policy}));
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1')});
  CHECK(Decide(set, Pod(), std::span(&image, 1), kNow, {}).images.front().trace.empty());

  EngineOptions options;
  options.trace = true;
  std::vector<std::string> rules;
  const Decision decision = Decide(set, Pod(), std::span(&image, 1), kNow, options);
  for (const RuleTrace& trace : decision.images.front().trace) {
    rules.push_back(trace.rule);
    CHECK(trace.policy == "ClusterImageAdmissionPolicy/floor");
    CHECK_FALSE(trace.saw.empty());
  }
  CHECK(rules == std::vector<std::string>{"reference.digest", "reference.forbiddenTags", "publishers", "vulnerabilities.scan",
                                          "vulnerabilities.forbid[critical]"});
}

TEST_CASE("the same question has the same answer", "[policy]") {
  const PolicySet set(Parts({DenyCritical("a"), DenyCritical("b")}));
  const ImageFacts image = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(9, api::Severity::kCritical))});
  const auto message = [&] { return Decide(set, Pod(), std::span(&image, 1), kNow, {}).images.front().reasons.front().message; };
  CHECK(message() == message());
}

TEST_CASE("an image without digest has no digest in its decision", "[policy]") {
  const PolicySet set(Parts({DenyCritical("floor")}));
  const std::vector<ImageFacts> images = {Facts("nginx"), Facts(Image("nginx:1", '1')), Facts("\x1b[2J")};
  const Decision decision = Decide(set, Pod(), images, kNow, {});
  CHECK(decision.images[0].image == "docker.io/library/nginx:latest");
  CHECK(decision.images[0].digest.empty());
  CHECK(decision.images[1].image == "docker.io/library/nginx@" + samples::DigestOf('1').text());
  CHECK(decision.images[1].digest == samples::DigestOf('1').text());
  CHECK(decision.images[2].image.find('\x1b') == std::string::npos);
}

// Figures for docs/performance.md; run with: policy-test "[.cost]"
TEST_CASE("the cost of a decision", "[.cost]") {
  const auto measure = [](const std::string& what, const PolicySet& set, const std::vector<ImageFacts>& images) {
    constexpr int kRounds = 2'000;
    const auto start = std::chrono::steady_clock::now();
    std::size_t sum = 0;
    for (int i = 0; i < kRounds; ++i) sum += Decide(set, Pod(), images, kNow, {}).images.size();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    CHECK(sum == kRounds * images.size());
    fmt::print("{:60} {:8.2f} us\n", what, took.count() / kRounds);
  };
  const ImageFacts passing = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(40, api::Severity::kHigh))});
  measure("one image, one policy, 40 findings, pass", PolicySet(Parts({DenyCritical("floor")})), {passing});
  const ImageFacts failing = Facts(Image("registry.example/app", '1'), {Scan('1', Findings(40, api::Severity::kCritical))});
  measure("one image, one policy, 40 findings, all forbidden", PolicySet(Parts({DenyCritical("floor")})), {failing});

  for (const int others : {0, 990, 9'990}) {
    std::vector<api::ImageAdmissionPolicy> policies;
    for (int i = 0; i < 10; ++i) policies.push_back(DenyCritical(fmt::format("match-{}", i), {"registry.example/**"}));
    for (int i = 0; i < others; ++i)
      policies.push_back(DenyCritical(fmt::format("other-{}", i), {fmt::format("registry.example/t{}/**", i)}));
    std::vector<ImageFacts> images;
    for (int i = 0; i < 10; ++i)
      images.push_back(Facts(Image(fmt::format("registry.example/app-{}", i), '1'), {Scan('1', Findings(40, api::Severity::kHigh))}));
    measure(fmt::format("10 images, 10 policies that match, {} that do not", others), PolicySet(Parts(std::move(policies))), images);
  }
}

}  // namespace
}  // namespace hullwright::policy
