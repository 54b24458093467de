// What must hold of every decision, whatever the policies and findings: held against worlds made at random, the same in every run.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "samples.h"

namespace hullwright::policy {
namespace {

using samples::kNow;

constexpr int kWorlds = 2'000;
constexpr int kVulnerabilities = 12;
constexpr std::string_view kImage = "registry.example/app";

std::string CveName(int number) {
  return fmt::format("CVE-2026-{}", 1000 + number);
}

// Policies, one exception, what is known of exploitation, and the scans of one image with two platforms.
class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed) : random_(seed) {
    for (int i = Below(3); i >= 0; --i) policies.push_back(MakePolicy(fmt::format("p{}", i)));
    for (const char hex : {'1', '2'}) scans.push_back(samples::Scan(hex, MakeFindings()));
    exception = MakeException();
    exploitation = MakeExploitation();
  }

  std::vector<api::ImageAdmissionPolicy> policies;
  std::vector<api::ImageScan> scans;
  api::VulnerabilityException exception;
  bool excepted = true;
  Exploitation exploitation;

  api::Finding MakeFinding() {
    api::Finding finding = samples::Finding(CveName(Below(kVulnerabilities)), Pick(kSeverities), Pick(kFixes));
    if (Below(3) == 0) finding.cvss = Decimal::Parse(fmt::format("{}.{}", Below(10), Below(10))).value();
    if (Below(4) == 0) finding.aliases = {fmt::format("GHSA-{}", Below(4))};
    finding.version = fmt::format("1.{}", Below(50));
    return finding;
  }

  Decision Judge() const {
    PolicySetParts parts = samples::Parts(policies);
    if (excepted) parts.exceptions = {exception};
    ImageFacts image = samples::Facts(samples::Image(std::string(kImage), 'f'), scans);
    image.exploitation = std::make_shared<const Exploitation>(exploitation);
    return Decide(PolicySet(std::move(parts)), samples::Pod(), std::span(&image, 1), kNow, {});
  }

  int Below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  std::mt19937& random() { return random_; }

 private:
  static constexpr std::array kSeverities = {api::Severity::kUnknown, api::Severity::kLow, api::Severity::kMedium, api::Severity::kHigh,
                                             api::Severity::kCritical};
  static constexpr std::array kFixes = {api::FixState::kUnknown, api::FixState::kNone, api::FixState::kAvailable,
                                        api::FixState::kWillNotFix};
  static constexpr std::array kConditions = {api::FixCondition::kAny, api::FixCondition::kNone, api::FixCondition::kAvailable};

  template <class List>
  typename List::value_type Pick(const List& list) {
    return list[random_() % list.size()];
  }

  std::vector<api::Finding> MakeFindings() {
    std::vector<api::Finding> findings;
    for (int i = Below(6); i > 0; --i) findings.push_back(MakeFinding());
    return findings;
  }

  api::ForbidEntry MakeEntry(int number) {
    api::ForbidEntry entry = samples::Entry(fmt::format("e{}", number), {});
    for (int i = Below(3); i > 0; --i) entry.severities.push_back(Pick(kSeverities));
    entry.fix = Pick(kConditions);
    if (Below(4) == 0) entry.min_cvss = Decimal::Parse(fmt::format("{}.0", Below(10))).value();
    if (Below(5) == 0) entry.ids = {CveName(Below(kVulnerabilities))};
    if (Below(3) == 0) entry.more_than = Below(3);
    if (Below(4) == 0) entry.min_epss = Decimal::FromMillionths(Below(10) * 100'000);
    entry.known_exploited = Below(6) == 0;
    entry.waivable = Below(4) != 0;
    return entry;
  }

  api::ImageAdmissionPolicy MakePolicy(std::string name) {
    api::ImageAdmissionPolicy policy = samples::DenyCritical(std::move(name));
    policy.spec.enforcement.new_images = Pick(std::array{api::Enforcement::kAudit, api::Enforcement::kWarn, api::Enforcement::kDeny});
    auto& rules = *policy.spec.rules.vulnerabilities;
    rules.forbid.clear();
    for (int i = Below(3); i >= 0; --i) rules.forbid.push_back(MakeEntry(i));
    if (Below(2) == 0) rules.waivers = api::WaiverConsent{{api::WaiverKind::kVulnerabilityException}, {}, Pick(kSeverities), {}};
    return policy;
  }

  api::VulnerabilityException MakeException() {
    api::VulnerabilityException made;
    made.metadata.name = "accepted";
    made.metadata.namespace_ = "shop";
    made.metadata.creation_timestamp = kNow - std::chrono::hours(24);
    for (const auto& policy : policies) made.spec.policy_refs.push_back({.name = policy.metadata.name});
    for (int i = Below(3); i >= 0; --i) made.spec.vulnerabilities.emplace_back().id = CveName(Below(kVulnerabilities));
    made.spec.images = samples::Patterns({std::string(kImage)});
    made.spec.expires_at = kNow + std::chrono::hours(24);
    made.spec.ends_on_fix = Below(2) == 0;
    return made;
  }

  // Of most vulnerabilities a score; a few are listed.
  Exploitation MakeExploitation() {
    std::vector<EpssScore> scores;
    std::vector<KnownExploit> known;
    for (int i = 0; i < kVulnerabilities; ++i) {
      const CveNumber cve = ParseCve(CveName(i)).value();
      if (Below(5) != 0) scores.push_back({cve, static_cast<std::uint32_t>(Below(10)) * 100'000, 0});
      if (Below(4) == 0) known.push_back({cve});
    }
    return {std::make_shared<const EpssScores>(EpssScores{"v1", kNow, std::move(scores)}),
            std::make_shared<const KnownExploits>(KnownExploits{"1", kNow, std::move(known)})};
  }

  std::mt19937 random_;
};

// How hard a decision acts: nothing, Audit, Warn, Deny.
int Hardness(const Decision& decision) {
  return decision.enforcement ? 1 + static_cast<int>(*decision.enforcement) : 0;
}

// What a decision says, without the words that tell it to people.
std::vector<std::string> Gist(const Decision& decision) {
  std::vector<std::string> gist{fmt::format("{} {}", static_cast<int>(decision.outcome), Hardness(decision))};
  for (const Reason& reason : decision.images.at(0).reasons)
    gist.push_back(fmt::format("{} {} {} {}", reason.policy, reason.rule, ToString(reason.word), reason.finding_count));
  return gist;
}

static_assert(api::Enforcement::kAudit < api::Enforcement::kWarn && api::Enforcement::kWarn < api::Enforcement::kDeny);

TEST_CASE("one more finding never makes a decision softer", "[policy]") {
  int harder = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const Decision before = world.Judge();
    auto& findings = world.scans.at(seed % 2).status.findings;
    findings.insert(findings.begin() + world.Below(static_cast<int>(findings.size()) + 1), world.MakeFinding());
    const Decision after = world.Judge();
    CHECK(Hardness(after) >= Hardness(before));
    harder += Hardness(after) > Hardness(before) ? 1 : 0;
  }
  CHECK(harder > kWorlds / 20);  // the worlds are such that findings matter
}

TEST_CASE("a scan that is gone never makes a decision softer where no data acts as hard as a violation", "[policy]") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const Decision before = world.Judge();
    world.scans.clear();
    CHECK(Hardness(world.Judge()) >= Hardness(before));
  }
}

TEST_CASE("a scan that failed, is partial or of unknown age never makes a decision softer", "[policy]") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const Decision before = world.Judge();
    api::ScanResult& result = world.scans.at(seed % 2).status.results.at(0);
    switch (seed % 3) {
      case 0:
        result.outcome = api::ScanOutcome::kFailed;
        break;
      case 1:
        result.outcome = api::ScanOutcome::kPartial;
        break;
      default:
        result.scanned_at.reset();
    }
    CHECK(Hardness(world.Judge()) >= Hardness(before));
  }
}

TEST_CASE("exploitation data that is gone or too old never makes a decision softer where no data acts as hard as a violation", "[policy]") {
  int harder = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const Decision before = world.Judge();
    RandomWorld without = world;
    without.exploitation = {};
    const Decision gone = without.Judge();
    CHECK(Hardness(gone) >= Hardness(before));
    harder += Hardness(gone) > Hardness(before) ? 1 : 0;
    world.exploitation.max_age = std::chrono::hours(-1);
    CHECK(Gist(world.Judge()) == Gist(gone));
  }
  CHECK(harder > kWorlds / 20);
}

TEST_CASE("an exception that has expired is as good as none", "[policy]") {
  int softer = 0;
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const Decision in_force = world.Judge();
    world.exception.spec.expires_at = kNow;
    const Decision expired = world.Judge();
    world.excepted = false;
    const Decision none = world.Judge();
    CHECK(Gist(expired) == Gist(none));
    CHECK(expired.images.at(0).waived.empty());
    CHECK(Hardness(in_force) <= Hardness(none));
    softer += Hardness(in_force) < Hardness(none) ? 1 : 0;
  }
  CHECK(softer > 0);  // exceptions do count in some of the worlds
}

TEST_CASE("the order of scans, findings and policies makes no difference", "[policy]") {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    INFO("world " << seed);
    RandomWorld world(seed);
    const auto before = Gist(world.Judge());
    std::ranges::shuffle(world.scans, world.random());
    for (api::ImageScan& scan : world.scans) std::ranges::shuffle(scan.status.findings, world.random());
    std::ranges::shuffle(world.policies, world.random());
    CHECK(Gist(world.Judge()) == before);
  }
}

}  // namespace
}  // namespace hullwright::policy
