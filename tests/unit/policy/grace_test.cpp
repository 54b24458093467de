#include "policy/grace.h"

#include <catch2/catch.hpp>

#include "policy/finding_tally.h"
#include "samples.h"

namespace hullwright::policy {
namespace {

using api::GraceFrom;
using samples::Entry;
using samples::kNow;
using samples::Scan;
using std::chrono::hours;
using std::chrono::minutes;

api::ForbidEntry Graced(GraceFrom from, std::int64_t grace_hours = 24) {
  api::ForbidEntry entry = Entry("graced", {});
  entry.grace_hours = grace_hours;
  entry.grace_from = from;
  return entry;
}

Grace GraceFor(const api::ForbidEntry& entry, std::optional<Time> first_seen) {
  api::Finding finding = samples::Finding("CVE-1", api::Severity::kHigh);
  finding.first_seen = first_seen;
  return GraceOf(entry, ScanRecord(Scan('1', {finding})).Finding(0), kNow);
}

TEST_CASE("a grace runs until its hours have passed, and at that moment it is over", "[policy]") {
  const api::ForbidEntry entry = Graced(GraceFrom::kFirstSeen);
  CHECK(GraceFor(entry, kNow) == Grace::kRunning);
  CHECK(GraceFor(entry, kNow - hours(24) + minutes(1)) == Grace::kRunning);
  CHECK(GraceFor(entry, kNow - hours(24)) == Grace::kOver);
  CHECK(GraceFor(entry, kNow - hours(10'000)) == Grace::kOver);
  CHECK(GraceFor(entry, std::nullopt) == Grace::kUnknown);
  CHECK(GraceFor(Entry("none", {}), std::nullopt) == Grace::kOver);
}

TEST_CASE("a time that is yet to come begins no grace, or it would not end", "[policy]") {
  const api::ForbidEntry entry = Graced(GraceFrom::kFirstSeen);
  CHECK(GraceFor(entry, kNow + minutes(5)) == Grace::kRunning);  // clocks differ
  CHECK(GraceFor(entry, kNow + minutes(6)) == Grace::kUnknown);
  CHECK(GraceFor(entry, kNow + hours(1'000'000)) == Grace::kUnknown);
}

TEST_CASE("hours beyond all bounds do not overflow", "[policy]") {
  CHECK(GraceFor(Graced(GraceFrom::kFirstSeen, std::numeric_limits<std::int64_t>::max()), kNow) == Grace::kRunning);
  CHECK(GraceFor(Graced(GraceFrom::kFirstSeen, -1), kNow) == Grace::kOver);
}

TEST_CASE("each clock is its own", "[policy]") {
  api::Finding finding = samples::Finding("CVE-1", api::Severity::kHigh, api::FixState::kAvailable);
  finding.published = kNow - hours(30);
  finding.first_seen = kNow - hours(20);
  finding.fix_first_seen = kNow - hours(10);
  const ScanRecord record(Scan('1', {finding}));
  CHECK(GraceEnd(Graced(GraceFrom::kPublished), record.Finding(0)) == kNow - hours(6));
  CHECK(GraceEnd(Graced(GraceFrom::kFirstSeen), record.Finding(0)) == kNow + hours(4));
  CHECK(GraceEnd(Graced(GraceFrom::kFixFirstSeen), record.Finding(0)) == kNow + hours(14));
}

TEST_CASE("an entry that allows some says when the first one too many is no longer within grace", "[policy]") {
  api::ImageAdmissionPolicy object = samples::DenyCritical("floor");
  api::ForbidEntry entry = Graced(GraceFrom::kFirstSeen);
  entry.more_than = 1;
  object.spec.rules.vulnerabilities->forbid = {entry};
  const PolicySet policies(samples::Parts({object}));
  const auto tally = [&](const std::vector<int>& hours_ago) {
    std::vector<api::Finding> findings;
    for (const int ago : hours_ago) {
      findings.push_back(samples::Finding("CVE-" + std::to_string(findings.size()), api::Severity::kHigh));
      findings.back().first_seen = kNow - hours(ago);
    }
    const ImageFacts facts = samples::Facts(samples::Image("registry.example/shop/api", '1'), {Scan('1', findings)});
    const Subject subject = samples::Pod();
    const Policy& policy = *policies.Candidates(subject, &*facts.reference).front();
    const RuleInput input{policy, policies, subject, facts, *facts.reference, kNow};
    RuleReport report;
    VexLookup vex(input, report);
    WaiverLookup waivers(input, report);
    return TallyFindings(*facts.scans.front(), policy, {vex, waivers}, {kNow, {}, "registry.example/shop/api"}).entries.front();
  };
  CHECK_FALSE(tally({1}).violates_from);
  CHECK(tally({1, 20}).violates_from == kNow + hours(23));
  CHECK(tally({1, 20, 30}).violates_from == kNow + hours(4));
  CHECK(tally({30, 30}).violates);
  CHECK_FALSE(tally({30, 30, 1}).violates_from);
}

}  // namespace
}  // namespace hullwright::policy
