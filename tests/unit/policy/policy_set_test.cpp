#include "policy/policy_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "policy/matching.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::DenyCritical;
using samples::Parts;
using samples::Pod;
using samples::Reference;

std::vector<std::string> Names(const std::vector<const Policy*>& policies) {
  std::vector<std::string> names;
  for (const Policy* policy : policies) names.push_back(policy->object.metadata.name);
  return names;
}

std::vector<std::string> CandidateNames(const PolicySet& set, const Subject& subject, const std::string& image) {
  const ImageReference reference = Reference(image);
  return Names(set.Candidates(subject, &reference));
}

api::ImageAdmissionPolicy InNamespaces(api::ImageAdmissionPolicy policy, const std::string& key, const std::string& value) {
  policy.spec.match.namespace_selector.emplace().match_labels[key] = value;
  return policy;
}

api::ImageAdmissionPolicy OfNamespace(api::ImageAdmissionPolicy policy, const std::string& namespace_) {
  policy.metadata.namespace_ = namespace_;
  return policy;
}

TEST_CASE("candidates are found under every prefix of the image's name", "[policy]") {
  const PolicySet set(Parts({DenyCritical("all"), DenyCritical("any-host", {"**"}), DenyCritical("host", {"registry.example/**"}),
                             DenyCritical("team", {"registry.example/shop/**"}), DenyCritical("exact", {"registry.example/shop/api"}),
                             DenyCritical("star", {"registry.example/*/api"}), DenyCritical("other", {"registry.example/lab/**"})}));
  CHECK(CandidateNames(set, Pod(), "registry.example/shop/api:1") ==
        std::vector<std::string>{"all", "any-host", "exact", "host", "star", "team"});
  CHECK(CandidateNames(set, Pod(), "elsewhere.example/shop/api:1") == std::vector<std::string>{"all", "any-host"});
}

TEST_CASE("a policy that matches by several patterns is a candidate once", "[policy]") {
  const PolicySet set(Parts({DenyCritical("twice", {"registry.example/**", "registry.example/shop/**", "registry.example/*/api"})}));
  CHECK(CandidateNames(set, Pod(), "registry.example/shop/api:1") == std::vector<std::string>{"twice"});
}

TEST_CASE("policies of a namespace are candidates there alone, after those of the cluster", "[policy]") {
  const PolicySet set(Parts({OfNamespace(DenyCritical("a-own"), "shop"), OfNamespace(DenyCritical("lab"), "lab"), DenyCritical("floor")}));
  CHECK(CandidateNames(set, Pod("shop"), "nginx") == std::vector<std::string>{"floor", "a-own"});
}

TEST_CASE("a demanded label leaves out policies of other namespaces, unless the labels are unknown", "[policy]") {
  const PolicySet set(Parts({InNamespaces(DenyCritical("prod"), "env", "prod"), InNamespaces(DenyCritical("test"), "env", "test")}));
  Subject subject = Pod();
  subject.namespace_labels->emplace("env", "prod");
  CHECK(CandidateNames(set, subject, "nginx") == std::vector<std::string>{"prod"});
  subject.namespace_labels.reset();
  CHECK(CandidateNames(set, subject, "nginx") == std::vector<std::string>{"prod", "test"});
}

TEST_CASE("a label whose key and value run together is not mistaken for another", "[policy]") {
  const PolicySet set(Parts({InNamespaces(DenyCritical("policy"), "a", "bc")}));
  Subject subject = Pod();
  subject.namespace_labels->emplace("ab", "c");
  CHECK(CandidateNames(set, subject, "nginx").empty());
}

TEST_CASE("a reference that does not parse has every policy of the scope as candidate", "[policy]") {
  const PolicySet set(Parts({DenyCritical("a", {"registry.example/**"}), DenyCritical("b", {"elsewhere.example/x"}),
                             OfNamespace(DenyCritical("c", {"nginx"}), "lab")}));
  CHECK(Names(set.Candidates(Pod("shop"), nullptr)) == std::vector<std::string>{"a", "b"});
}

std::string RandomName(std::mt19937& random) {
  std::string name = random() % 2 == 0 ? "a.example" : "b.example";
  for (unsigned long segments = 1 + random() % 3; segments > 0; --segments)
    name += std::string("/") + static_cast<char>('p' + random() % 3);
  return name;
}

std::string RandomPattern(std::mt19937& random) {
  std::string pattern = RandomName(random);
  if (random() % 3 == 0) pattern.back() = '*';
  if (random() % 2 == 0) pattern += "/**";
  return random() % 10 == 0 ? "**" : pattern;
}

TEST_CASE("the index never leaves out a policy that covers an image", "[policy]") {
  std::mt19937 random(7);
  std::vector<api::ImageAdmissionPolicy> policies;
  for (int i = 0; i < 300; ++i) {
    api::ImageAdmissionPolicy policy = DenyCritical(fmt::format("p{:03d}", i), {RandomPattern(random), RandomPattern(random)});
    if (random() % 2 == 0) policy = InNamespaces(policy, "env", random() % 2 == 0 ? "prod" : "test");
    if (random() % 5 == 0) policy = OfNamespace(policy, random() % 2 == 0 ? "shop" : "lab");
    policies.push_back(policy);
  }
  const PolicySet set(Parts(policies));
  for (int i = 0; i < 200; ++i) {
    Subject subject = Pod(random() % 2 == 0 ? "shop" : "lab");
    if (random() % 3 != 0) subject.namespace_labels->emplace("env", random() % 2 == 0 ? "prod" : "test");
    if (random() % 5 == 0) subject.namespace_labels.reset();
    const ImageFacts image = samples::Facts(RandomName(random) + ":1");
    const std::vector<std::string> candidates = Names(set.Candidates(subject, &*image.reference));
    for (const api::ImageAdmissionPolicy& policy : policies) {
      if (CoverageOf(policy, subject, image) == Coverage::kNo) continue;
      INFO(policy.metadata.name << " covers " << image.reference->Name());
      CHECK(std::ranges::find(candidates, policy.metadata.name) != candidates.end());
    }
  }
}

TEST_CASE("an image has few candidates among thousands of policies for other images and namespaces", "[policy]") {
  std::vector<api::ImageAdmissionPolicy> policies;
  for (int i = 0; i < 5'000; ++i)
    policies.push_back(DenyCritical(fmt::format("image-{}", i), {fmt::format("registry.example/team-{}/**", i)}));
  for (int i = 0; i < 5'000; ++i) policies.push_back(InNamespaces(DenyCritical(fmt::format("namespace-{}", i)), "team", std::to_string(i)));
  const PolicySet set(Parts(std::move(policies)));
  Subject subject = Pod();
  subject.namespace_labels->emplace("team", "42");
  CHECK(CandidateNames(set, subject, "registry.example/team-7/api:1") == std::vector<std::string>{"image-7", "namespace-42"});
}

TEST_CASE("a broken policy is found by its match, and everywhere in its scope without one", "[policy]") {
  PolicySetParts parts;
  parts.broken_policies.push_back({"ClusterImageAdmissionPolicy/matched", "", DenyCritical("", {"registry.example/**"}).spec.match, "e"});
  parts.broken_policies.push_back({"ClusterImageAdmissionPolicy/unreadable", "", std::nullopt, "e"});
  parts.broken_policies.push_back({"ImageAdmissionPolicy/lab/unreadable", "lab", std::nullopt, "e"});
  const PolicySet set(std::move(parts));
  const ImageReference inside = Reference("registry.example/app"), outside = Reference("nginx");
  CHECK(set.BrokenCandidates(Pod("shop"), &inside).size() == 2);
  CHECK(set.BrokenCandidates(Pod("shop"), &outside).size() == 1);
  CHECK(set.BrokenCandidates(Pod("lab"), &outside).size() == 2);
}

TEST_CASE("a namespace has its own waivers and those of the cluster", "[policy]") {
  PolicySetParts parts;
  const auto exception = [](std::string namespace_, std::string name) {
    api::VulnerabilityException made;
    made.metadata.namespace_ = std::move(namespace_);
    made.metadata.name = std::move(name);
    return made;
  };
  parts.exceptions = {exception("shop", "own"), exception("lab", "foreign"), exception("", "everywhere")};
  api::BreakGlass pass;
  pass.metadata.namespace_ = "shop";
  pass.metadata.name = "tonight";
  parts.break_glasses = {pass};
  const PolicySet set(std::move(parts));
  const auto ids = [&](std::string_view namespace_) {
    std::vector<std::string> all;
    for (const WaiverIndex* scope : set.WaiversFor(namespace_)) {
      for (const Waiver* waiver : scope->break_glasses()) all.push_back(waiver->id);
      for (const Waiver* waiver : scope->exceptions()) all.push_back(waiver->id);
    }
    return all;
  };
  CHECK(ids("shop") ==
        std::vector<std::string>{"BreakGlass/shop/tonight", "VulnerabilityException/shop/own", "ClusterVulnerabilityException/everywhere"});
  CHECK(ids("elsewhere").size() == 1);
  CHECK(ids("").size() == 1);
}

TEST_CASE("a publisher is found by name, and told apart from a broken one", "[policy]") {
  PolicySetParts parts;
  parts.publishers.emplace_back().metadata.name = "acme";
  parts.broken_publishers = {"beta", "alpha"};
  const PolicySet set(std::move(parts));
  CHECK(set.FindPublisher("acme") != nullptr);
  CHECK(set.FindPublisher("acm") == nullptr);
  CHECK(set.IsBrokenPublisher("alpha"));
  CHECK_FALSE(set.IsBrokenPublisher("acme"));
}

}  // namespace
}  // namespace hullwright::policy
