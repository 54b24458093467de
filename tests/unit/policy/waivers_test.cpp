// Which waiver speaks for a finding, and which comes near: what the lookup finds through its index, held against a plain comparison of the
// finding with each waiver there is, over waivers and findings made at random, the same in every run.
#include "policy/waivers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <utility>

#include "base/text.h"
#include "policy/package_url.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::kNow;
using std::chrono::days;
using std::chrono::hours;
using Strings = std::vector<std::string>;

constexpr unsigned kWorlds = 2'000;
constexpr int kFindings = 8;
const std::string kImage = samples::Image("registry.example/app", '1');
const Strings kNames = {"CVE-2026-1", "cve-2026-1", "CVE-2026-2", "CVE-2026-3", "GHSA-aaaa-bbbb-cccc", "ghsa-aaaa-bbbb-cccc"};
const Strings kPackages = {"pkg:deb/debian/openssl", "pkg:deb/debian/curl", "openssl"};

class RandomWaivers {
 public:
  explicit RandomWaivers(unsigned seed) : random_(seed) {}

  // A policy that consents to some waivers, and exceptions and passes of its namespace, of another one, and of the cluster.
  PolicySetParts MakeParts() {
    PolicySetParts parts = samples::Parts({samples::DenyCritical("floor")});
    api::WaiverConsent& consent = parts.policies.front().spec.rules.vulnerabilities->waivers.emplace();
    consent.kinds = {api::WaiverKind::kVulnerabilityException};
    if (Below(3) != 0) consent.kinds.push_back(api::WaiverKind::kClusterVulnerabilityException);
    if (Below(3) != 0) consent.kinds.push_back(api::WaiverKind::kBreakGlass);
    if (Below(8) == 0) consent.namespace_selector.match_labels["env"] = "test";
    consent.max_severity = Below(2) == 0 ? api::Severity::kHigh : api::Severity::kCritical;
    if (Below(2) == 0) consent.max_days = 30;
    for (int i = Below(10); i > 0; --i) parts.exceptions.push_back(MakeException(i));
    for (int i = Below(3); i > 0; --i) parts.break_glasses.push_back(MakeBreakGlass(i));
    return parts;
  }

  api::Finding MakeFinding() {
    api::Finding finding =
        samples::Finding(Pick(kNames), Pick(std::array{api::Severity::kUnknown, api::Severity::kHigh, api::Severity::kCritical}),
                         Pick(std::array{api::FixState::kUnknown, api::FixState::kAvailable, api::FixState::kNone}));
    finding.aliases = PickSome(kNames);
    finding.package = Pick(kPackages);
    return finding;
  }

  api::ForbidEntry MakeEntry() {
    api::ForbidEntry entry = samples::Entry("entry", {});
    entry.waivable = Below(5) != 0;
    return entry;
  }

  Truth MakeTruth() { return Below(3) == 0 ? Truth::kUnknown : Truth::kYes; }

 private:
  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  template <class List>
  typename List::value_type Pick(const List& list) {
    return list[random_() % list.size()];
  }

  Strings PickSome(const Strings& list) {
    Strings some;
    for (int i = Below(3); i > 0; --i) some.push_back(Pick(list));
    return some;
  }

  api::VulnerabilityException MakeException(int number) {
    api::VulnerabilityException made;
    made.metadata.name = fmt::format("e{}", number);
    made.metadata.namespace_ = Pick(Strings{"shop", "shop", "lab", ""});
    made.metadata.creation_timestamp = kNow - hours(1);
    made.spec.policy_refs = {{Pick(Strings{"floor", "floor", "floor", "other"}), api::PolicyKind::kClusterImageAdmissionPolicy}};
    for (int i = Below(4); i > 0; --i) made.spec.vulnerabilities.push_back({Pick(kNames), PickSome(kNames), PickSome(kPackages)});
    made.spec.images = samples::Patterns({Pick(Strings{"registry.example/**", "registry.example/*", "elsewhere.example/**"})});
    made.spec.expires_at = kNow + Pick(std::array{hours(-1), hours(0), hours(1), hours(24), hours(100 * 24)});
    made.spec.ends_on_fix = Below(3) == 0;
    return made;
  }

  api::BreakGlass MakeBreakGlass(int number) {
    api::BreakGlass made;
    made.metadata.name = fmt::format("b{}", number);
    made.metadata.namespace_ = Pick(Strings{"shop", "shop", "lab"});
    if (Below(4) != 0) made.metadata.creation_timestamp = kNow + Pick(std::array{hours(-5), hours(-1), hours(1)});
    made.spec.policy_refs = {{Pick(Strings{"floor", "floor", "other"}), api::PolicyKind::kClusterImageAdmissionPolicy}};
    made.spec.images = {samples::Reference(
        Pick(Strings{kImage, kImage, samples::Image("registry.example/other", '1'), samples::Image("registry.example/app", '2')}))};
    return made;
  }

  std::mt19937 random_;
};

// ---- The plain comparison

bool PlainlyNames(const api::ExceptedVulnerability& vulnerability, std::string_view name) {
  Strings names = vulnerability.aliases;
  names.push_back(vulnerability.id);
  return std::ranges::any_of(names, [&](const std::string& each) { return LowerCase(each) == LowerCase(name); });
}

bool PlainlyNames(const api::ExceptedVulnerability& vulnerability, const FindingView& finding) {
  const auto aliases = finding.Aliases();
  return PlainlyNames(vulnerability, finding.id) ||
         (!aliases.empty() && std::ranges::all_of(aliases, [&](std::string_view alias) { return PlainlyNames(vulnerability, alias); }));
}

Obstacle OfNames(const api::VulnerabilityException& exception, const FindingView& finding) {
  auto nearest = Obstacle::kOtherVulnerability;
  for (const api::ExceptedVulnerability& vulnerability : exception.spec.vulnerabilities) {
    if (!PlainlyNames(vulnerability, finding)) continue;
    const bool of_package =
        std::ranges::any_of(vulnerability.packages, [&](const std::string& package) { return IsSamePackage(package, finding.package); });
    nearest = std::max(nearest, vulnerability.packages.empty() || of_package ? Obstacle::kNone : Obstacle::kOtherPackage);
  }
  return nearest;
}

Obstacle OfConsent(const Waiver& waiver, const std::vector<api::PolicyRef>& refs, const api::WaiverConsent& consent) {
  if (refs.front().name != "floor") return Obstacle::kOtherPolicy;
  if (std::ranges::find(consent.kinds, waiver.kind) == consent.kinds.end()) return Obstacle::kKindNotAccepted;
  return consent.namespace_selector.match_labels.empty() ? Obstacle::kNone : Obstacle::kNamespaceNotAccepted;
}

bool IsTooSevere(const FindingView& finding, const api::WaiverConsent& consent) {
  return consent.max_severity == api::Severity::kHigh && finding.severity != api::Severity::kHigh;  // Unknown may be Critical
}

Obstacle OfException(const Waiver& waiver, const RuleInput& input, const api::ForbidEntry& entry, const FindingView& finding) {
  const auto& exception = std::get<api::VulnerabilityException>(waiver.object);
  const api::WaiverConsent& consent = *input.rules().vulnerabilities->waivers;
  const Obstacle of_names = OfNames(exception, finding), of_consent = OfConsent(waiver, exception.spec.policy_refs, consent);
  if (of_names == Obstacle::kOtherVulnerability) return of_names;
  if (!exception.spec.images.front().Matches(input.reference)) return Obstacle::kOtherImage;
  if (of_consent != Obstacle::kNone) return of_consent;
  if (kNow >= exception.spec.expires_at) return Obstacle::kExpired;
  if (consent.max_days && exception.spec.expires_at > *exception.metadata.creation_timestamp + days(*consent.max_days))
    return Obstacle::kTooLong;
  if (of_names != Obstacle::kNone) return of_names;
  if (!entry.waivable) return Obstacle::kNotWaivable;
  if (IsTooSevere(finding, consent)) return Obstacle::kTooSevere;
  if (!exception.spec.ends_on_fix || finding.fix == api::FixState::kNone) return Obstacle::kNone;
  return finding.fix == api::FixState::kAvailable ? Obstacle::kFixAvailable : Obstacle::kFixUnknown;
}

Obstacle OfBreakGlass(const Waiver& waiver, const RuleInput& input, const api::ForbidEntry& entry, const FindingView& finding,
                      Truth meets) {
  const auto& pass = std::get<api::BreakGlass>(waiver.object);
  const api::WaiverConsent& consent = *input.rules().vulnerabilities->waivers;
  const ImageReference& named = pass.spec.images.front();
  const Obstacle of_consent = OfConsent(waiver, pass.spec.policy_refs, consent);
  if (named.digest != input.reference.digest) return Obstacle::kOtherVulnerability;
  if (named.repository != input.reference.repository) return Obstacle::kOtherImage;
  if (of_consent != Obstacle::kNone) return of_consent;
  if (!pass.metadata.creation_timestamp) return Obstacle::kStartUnknown;
  if (kNow < *pass.metadata.creation_timestamp) return Obstacle::kNotStarted;
  if (kNow >= *pass.metadata.creation_timestamp + hours(4)) return Obstacle::kExpired;
  if (!entry.waivable) return Obstacle::kNotWaivable;
  const bool accepts_unknown = meets == Truth::kUnknown && finding.severity == api::Severity::kUnknown;
  return !accepts_unknown && IsTooSevere(finding, consent) ? Obstacle::kTooSevere : Obstacle::kNone;
}

Obstacle PlainObstacle(const Waiver& waiver, const RuleInput& input, const api::ForbidEntry& entry, const FindingView& finding,
                       Truth meets) {
  return waiver.kind == api::WaiverKind::kBreakGlass ? OfBreakGlass(waiver, input, entry, finding, meets)
                                                     : OfException(waiver, input, entry, finding);
}

// Those of the namespace and the cluster: exceptions of the namespace, of the cluster, passes; each in the order of their ids.
std::vector<const Waiver*> InOrderOfPreference(const PolicySet& policies) {
  std::vector<const Waiver*> order;
  for (const Waiver& waiver : policies.waivers()) {
    const auto& namespace_ = std::visit([](const auto& object) -> const std::string& { return object.metadata.namespace_; }, waiver.object);
    if (namespace_ == "shop" || namespace_.empty()) order.push_back(&waiver);
  }
  std::ranges::stable_sort(order, {}, &Waiver::kind);
  return order;
}

std::string_view WordsOf(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::kOtherImage:
      return "its images do not include this one";
    case Obstacle::kOtherPolicy:
      return "it does not name this policy";
    case Obstacle::kKindNotAccepted:
      return "the policy accepts no waivers of this kind";
    case Obstacle::kNamespaceNotAccepted:
      return "the policy accepts no waivers in this namespace";
    case Obstacle::kOtherPackage:
      return "it is for another package";
    case Obstacle::kNotWaivable:
      return "this entry may not be waived";
    case Obstacle::kTooSevere:
      return "the policy lets nothing above High be waived";
    case Obstacle::kTooLong:
      return "it lasts longer than the 30 days the policy allows";
    case Obstacle::kStartUnknown:
      return "it has no creationTimestamp, so nobody can tell when it ends";
    case Obstacle::kNotStarted:
      return "its creationTimestamp is later than now";
    case Obstacle::kFixUnknown:
      return "it ends when there is a fix, and the scan does not say whether there is one";
    case Obstacle::kFixAvailable:
      return "it ended when a fix became available";
    case Obstacle::kExpired:
      return "it expired at 2026-03-01T";
    case Obstacle::kOtherVulnerability:
    case Obstacle::kNone:
      return "";
  }
  return "";
}

// A world: one policy, its waivers, one image.
class Asked {
 public:
  explicit Asked(PolicySetParts parts, Budget budget = Budget())
      : policies_(std::move(parts)), order_(InOrderOfPreference(policies_)), lookup_(input_, report_) {
    report_.budget = budget;
  }

  const Waiver* Covering(const api::ForbidEntry& entry, const FindingView& finding, Truth meets) {
    return lookup_.Covering(entry, finding, meets);
  }
  std::string NearMiss(const api::ForbidEntry& entry, const FindingView& finding) { return lookup_.NearMiss(entry, finding); }

  const Waiver* PlainlyCovering(const api::ForbidEntry& entry, const FindingView& finding, Truth meets) const {
    for (const Waiver* waiver : order_)
      if (PlainObstacle(*waiver, input_, entry, finding, meets) == Obstacle::kNone) return waiver;
    return nullptr;
  }

  // The nearest of those that do not count, the first of equally near ones; nullptr: none comes near.
  std::pair<const Waiver*, Obstacle> PlainlyNearest(const api::ForbidEntry& entry, const FindingView& finding) const {
    std::pair<const Waiver*, Obstacle> nearest{nullptr, Obstacle::kOtherVulnerability};
    for (const Waiver* waiver : order_) {
      const Obstacle obstacle = PlainObstacle(*waiver, input_, entry, finding, Truth::kYes);
      if (obstacle != Obstacle::kNone && obstacle > nearest.second) nearest = {waiver, obstacle};
    }
    return nearest;
  }

 private:
  const PolicySet policies_;
  const Subject subject_ = samples::Pod("shop");
  const ImageFacts facts_ = samples::Facts(kImage);
  const RuleInput input_{policies_.policies().front(), policies_, subject_, facts_, *facts_.reference, kNow};
  const std::vector<const Waiver*> order_;
  RuleReport report_;
  WaiverLookup lookup_;
};

TEST_CASE("the waiver that is found is the one that a comparison with all of them finds, and so is the one that comes near", "[policy]") {
  std::set<std::string> covering;
  std::set<Obstacle> near;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    RandomWaivers random(seed);
    Asked world(random.MakeParts());
    for (int i = 0; i < kFindings; ++i) {
      INFO("world " << seed << ", finding " << i);
      const api::ForbidEntry entry = random.MakeEntry();
      const ScanRecord scan(samples::Scan('1', {random.MakeFinding()}));
      const FindingView finding = scan.Finding(0);
      const Truth meets = random.MakeTruth();

      const Waiver* cover = world.Covering(entry, finding, meets);
      const Waiver* expected = world.PlainlyCovering(entry, finding, meets);
      CHECK((cover == nullptr ? "" : cover->id) == (expected == nullptr ? "" : expected->id));
      if (cover != nullptr) covering.insert(cover->id);

      const auto [nearest, obstacle] = world.PlainlyNearest(entry, finding);
      const std::string told = nearest == nullptr ? "" : fmt::format("; {} does not count: {}", nearest->id, WordsOf(obstacle));
      const std::string near_miss = world.NearMiss(entry, finding);
      CHECK(near_miss.substr(0, told.size()) == told);
      CHECK(near_miss.empty() == told.empty());
      near.insert(obstacle);
    }
  }
  CHECK(covering.size() > 10);  // the worlds are such that many waivers count
  CHECK(near.size() > 12);      // and fail to in many ways
}

// One exception for CVE-1 in two packages, and for CVE-2 in a third.
PolicySetParts NamingTwice() {
  PolicySetParts parts = samples::Parts({samples::DenyCritical("floor")});
  parts.policies.front().spec.rules.vulnerabilities->waivers =
      api::WaiverConsent{{api::WaiverKind::kVulnerabilityException}, {}, api::Severity::kCritical, {}};
  api::VulnerabilityException& exception = parts.exceptions.emplace_back();
  exception.metadata.name = "twice";
  exception.metadata.namespace_ = "shop";
  exception.metadata.creation_timestamp = kNow;
  exception.spec.policy_refs = {{"floor", api::PolicyKind::kClusterImageAdmissionPolicy}};
  exception.spec.vulnerabilities = {
      {"CVE-1", {}, {"pkg:deb/debian/openssl"}}, {"GHSA-1", {"cve-1"}, {"pkg:deb/debian/curl"}}, {"CVE-2", {}, {"pkg:deb/debian/zlib1g"}}};
  exception.spec.images = samples::Patterns({"**"});
  exception.spec.expires_at = kNow + hours(1);
  return parts;
}

// Whether CVE-1 is covered in the package.
bool Accepts(Asked& world, std::string package) {
  api::Finding finding = samples::Finding("CVE-1", api::Severity::kCritical);
  finding.package = std::move(package);
  const ScanRecord scan(samples::Scan('1', {finding}));
  return world.Covering(samples::Entry("entry", {}), scan.Finding(0), Truth::kYes) != nullptr;
}

TEST_CASE("an exception that names a vulnerability twice counts for the packages of both", "[policy]") {
  Asked world(NamingTwice());
  CHECK(Accepts(world, "pkg:deb/debian/openssl@3.0.11-1"));
  CHECK(Accepts(world, "pkg:deb/debian/curl@8.0"));
  CHECK_FALSE(Accepts(world, "pkg:deb/debian/zlib1g@1.3"));
}

TEST_CASE("beyond the budget no exception counts, from then on", "[policy]") {
  for (const std::uint64_t most : {0u, 10u, 30u, 60u}) {
    INFO(most);
    Asked world(NamingTwice(), Budget(most));
    int accepted = 0;
    while (Accepts(world, "pkg:deb/debian/openssl@3.0.11-1")) REQUIRE(++accepted < 10);
    CHECK_FALSE(Accepts(world, "pkg:deb/debian/curl@8.0"));
    CHECK(accepted <= static_cast<int>(most / 10));
  }
}

}  // namespace
}  // namespace hullwright::policy
