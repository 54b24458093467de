#include "policy/cost.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "policy/budget.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::DenyCritical;

constexpr std::uint64_t kFindings = 100;

std::uint64_t Cost(PolicySetParts parts, const ImageFacts& image) {
  const PolicySet set(std::move(parts));
  return CostOf(set.policies().front(), set, samples::Pod(), image);
}

// An image of kFindings findings, each with so many aliases.
ImageFacts ImageWith(int aliases = 0) {
  std::vector<api::Finding> findings;
  for (std::uint64_t i = 0; i < kFindings; ++i) {
    findings.push_back(samples::Finding(fmt::format("CVE-2026-{:04d}", i), api::Severity::kLow));
    for (int alias = 0; alias < aliases; ++alias) findings.back().aliases.push_back(fmt::format("GHSA-{}-{}", i, alias));
  }
  return samples::Facts(samples::Image("registry.example/app", '1'), {samples::Scan('1', findings)});
}

api::ForbidEntry Named(std::string name) {
  return samples::Entry(std::move(name), {api::Severity::kCritical});
}

std::uint64_t CostOfEntries(const std::vector<api::ForbidEntry>& entries, const ImageFacts& image) {
  auto policy = DenyCritical("floor");
  policy.spec.rules.vulnerabilities->forbid = entries;
  return Cost(samples::Parts({policy}), image);
}

std::uint64_t CostBeside(int exceptions, const api::ImageAdmissionPolicy& policy) {
  PolicySetParts parts = samples::Parts({policy});
  for (int i = 0; i < exceptions; ++i) {
    api::VulnerabilityException& exception = parts.exceptions.emplace_back();
    exception.metadata.name = fmt::format("e{}", i);
    exception.metadata.namespace_ = "shop";
    exception.spec.vulnerabilities.emplace_back().id = fmt::format("CVE-2026-{:04d}", i);
  }
  return Cost(std::move(parts), ImageWith());
}

TEST_CASE("each finding is compared with each entry", "[policy]") {
  const std::uint64_t of_one = CostOfEntries({Named("a")}, ImageWith());
  CHECK(of_one >= kFindings);
  CHECK(CostOfEntries({Named("a"), Named("b")}, ImageWith()) == of_one + kFindings);
  CHECK(CostOfEntries({Named("a")}, ImageWith(5)) == of_one);  // names that nothing asks for
}

TEST_CASE("each name of a finding is looked up among an entry's ids, however many names a report gives it", "[policy]") {
  api::ForbidEntry entry = Named("a");
  entry.ids = {"CVE-2026-1", "CVE-2026-2", "CVE-2026-3"};
  const std::uint64_t of_ids = CostOfEntries({entry}, ImageWith()) - CostOfEntries({Named("a")}, ImageWith());
  CHECK(of_ids >= kFindings);
  CHECK(CostOfEntries({entry}, ImageWith(5)) - CostOfEntries({Named("a")}, ImageWith(5)) == 6 * of_ids);
}

TEST_CASE("exploitation is looked up once for each name, however many entries ask", "[policy]") {
  api::ForbidEntry likely = Named("a"), exploited = Named("b");
  likely.min_epss = Decimal::Parse("0.5").value();
  exploited.known_exploited = true;
  const std::uint64_t of_one = CostOfEntries({likely}, ImageWith()) - CostOfEntries({Named("a")}, ImageWith());
  CHECK(of_one >= kFindings);
  CHECK(CostOfEntries({likely, exploited}, ImageWith()) - CostOfEntries({Named("a"), Named("b")}, ImageWith()) == of_one);
  CHECK(CostOfEntries({likely}, ImageWith(5)) - CostOfEntries({Named("a")}, ImageWith(5)) == 6 * of_one);
}

TEST_CASE("exceptions cost what their index does, and nothing where none counts", "[policy]") {
  api::ImageAdmissionPolicy policy = DenyCritical("floor");
  CHECK(CostBeside(1'000, policy) == CostBeside(0, policy));
  policy.spec.rules.vulnerabilities->waivers.emplace();
  const std::uint64_t of_ten = CostBeside(10, policy), of_thousand = CostBeside(1'000, policy);
  CHECK(of_thousand > of_ten);
  CHECK(of_thousand - of_ten <= 20 * kFindings);  // of a hundred times as many, halved
  policy.spec.rules.vulnerabilities->forbid.front().waivable = false;
  CHECK(CostBeside(1'000, policy) < of_ten);
}

TEST_CASE("a reference that does not parse is judged by no finding", "[policy]") {
  CHECK(Cost(samples::Parts({DenyCritical("floor")}), samples::Facts("Not A Reference")) <= 100);
}

TEST_CASE("a budget that is exceeded stays so, and counts what was too much", "[policy]") {
  Budget budget(10);
  CHECK(budget.Spend(10));
  CHECK_FALSE(budget.is_exceeded());
  CHECK_FALSE(budget.Spend(5));
  CHECK(budget.spent() == 15);
  CHECK_FALSE(budget.Spend(0));
  CHECK(budget.spent() == 15);
  Budget endless;
  CHECK(endless.Spend(1'000'000'000'000));
}

}  // namespace
}  // namespace hullwright::policy
