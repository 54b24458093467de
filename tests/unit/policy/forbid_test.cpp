#include "policy/forbid.h"

#include <catch2/catch.hpp>
#include <limits>

#include "samples.h"

namespace hullwright::policy {
namespace {

using api::FixCondition;
using api::FixState;
using api::Severity;
using samples::Entry;
using samples::Finding;
using samples::Scan;

TEST_CASE("a severity meets an entry that lists it, and an unknown one might", "[policy]") {
  const api::ForbidEntry worst = Entry("worst", {Severity::kCritical, Severity::kHigh});
  CHECK(MeetsSeverity(worst, Severity::kHigh) == Truth::kYes);
  CHECK(MeetsSeverity(worst, Severity::kMedium) == Truth::kNo);
  CHECK(MeetsSeverity(worst, Severity::kUnknown) == Truth::kUnknown);
  CHECK(MeetsSeverity(Entry("any", {}), Severity::kUnknown) == Truth::kYes);
  CHECK(MeetsSeverity(Entry("unknown", {Severity::kUnknown}), Severity::kUnknown) == Truth::kYes);
  CHECK(MeetsSeverity(Entry("unknown", {Severity::kUnknown}), Severity::kCritical) == Truth::kNo);
}

TEST_CASE("a fix state meets a fix condition as documented", "[policy]") {
  struct Row {
    FixCondition condition;
    FixState state;
    Truth meets;
  };
  const std::vector<Row> rows = {
      {FixCondition::kAny, FixState::kUnknown, Truth::kYes},
      {FixCondition::kAvailable, FixState::kAvailable, Truth::kYes},
      {FixCondition::kAvailable, FixState::kNone, Truth::kNo},
      {FixCondition::kAvailable, FixState::kWillNotFix, Truth::kNo},
      {FixCondition::kAvailable, FixState::kUnknown, Truth::kUnknown},
      {FixCondition::kNone, FixState::kAvailable, Truth::kNo},
      {FixCondition::kNone, FixState::kNone, Truth::kYes},
      {FixCondition::kNone, FixState::kWillNotFix, Truth::kYes},
      {FixCondition::kNone, FixState::kUnknown, Truth::kUnknown},
  };
  for (const Row& row : rows) {
    api::ForbidEntry entry = Entry("entry", {});
    entry.fix = row.condition;
    CHECK(MeetsFix(entry, row.state) == row.meets);
  }
}

TEST_CASE("a layer meets an entry that lists it, and an unknown one might", "[policy]") {
  const auto meets = [](std::vector<api::Layer> layers, api::Layer layer) {
    api::ForbidEntry entry = Entry("entry", {});
    entry.layers = std::move(layers);
    return MeetsLayer(entry, layer);
  };
  CHECK(meets({}, api::Layer::kUnknown) == Truth::kYes);
  CHECK(meets({api::Layer::kApplication}, api::Layer::kApplication) == Truth::kYes);
  CHECK(meets({api::Layer::kApplication}, api::Layer::kBase) == Truth::kNo);
  CHECK(meets({api::Layer::kApplication}, api::Layer::kUnknown) == Truth::kUnknown);
  CHECK(meets({api::Layer::kApplication, api::Layer::kUnknown}, api::Layer::kUnknown) == Truth::kYes);
  CHECK(meets({api::Layer::kUnknown}, api::Layer::kBase) == Truth::kNo);
}

TEST_CASE("the conditions of an entry are joined by the least of them", "[policy]") {
  api::ForbidEntry entry = Entry("entry", {Severity::kCritical});
  entry.fix = FixCondition::kAvailable;
  entry.min_cvss = *Decimal::Parse("9.0");
  entry.ids = {"CVE-1"};
  const auto meets = [&entry](Severity severity, FixState fix, const char* cvss, const char* id) {
    api::Finding finding = Finding(id, severity, fix);
    if (cvss != nullptr) finding.cvss = *Decimal::Parse(cvss);
    const ScanRecord scan(Scan('1', {finding}));
    const FindingView view = scan.Finding(0);
    const UsableExploitation nothing;
    ExploitationLookup exploitation(nothing, view);
    return Meets(entry, ForbiddenIds(entry.ids), view, exploitation);
  };
  CHECK(meets(Severity::kCritical, FixState::kAvailable, "9.0", "CVE-1") == Truth::kYes);
  CHECK(meets(Severity::kUnknown, FixState::kUnknown, nullptr, "CVE-1") == Truth::kUnknown);
  CHECK(meets(Severity::kUnknown, FixState::kUnknown, nullptr, "CVE-2") == Truth::kNo);
  CHECK(meets(Severity::kUnknown, FixState::kNone, nullptr, "CVE-1") == Truth::kNo);
  CHECK(meets(Severity::kCritical, FixState::kAvailable, "8.999999", "CVE-1") == Truth::kNo);
}

TEST_CASE("an id is found among many by any of its names, whatever the case", "[policy]") {
  std::vector<std::string> ids{"ghsa-AAAA", "CVE-2"};
  for (int i = 1000; i < 1200; ++i) ids.push_back("CVE-" + std::to_string(i));
  const ForbiddenIds forbidden(ids);
  const auto named = [&](const char* id, std::vector<std::string> aliases = {}) {
    api::Finding finding = Finding(id, Severity::kLow);
    finding.aliases = std::move(aliases);
    return forbidden.Name(ScanRecord(Scan('1', {finding})).Finding(0));
  };
  CHECK(named("cve-2"));
  CHECK(named("CVE-1000"));
  CHECK(named("CVE-1199"));
  CHECK(named("X", {"Y", "GHSA-aaaa"}));
  CHECK_FALSE(named("CVE-1200"));
  CHECK_FALSE(named("CVE-20"));
  CHECK_FALSE(named("CVE-"));
  CHECK_FALSE(named("X", {"Y"}));
  CHECK(forbidden.Comparisons() < 12);
  CHECK(MeetsIds(ForbiddenIds({}), ScanRecord(Scan('1', {Finding("X", Severity::kLow)})).Finding(0)) == Truth::kYes);
}

TEST_CASE("the values that are missing are named", "[policy]") {
  api::ForbidEntry entry = Entry("entry", {Severity::kCritical});
  entry.fix = FixCondition::kAvailable;
  entry.min_cvss = *Decimal::Parse("9.0");
  entry.layers = {api::Layer::kBase};
  const ScanRecord record(Scan('1', {Finding("CVE-1", Severity::kUnknown, FixState::kUnknown)}));
  CHECK(WhyUnknown(entry, record.Finding(0), {samples::kNow, {}}) ==
        "the scan does not say its severity and whether there is a fix and which part of the image it is in and its CVSS score");
}

ScanRecord Truncated(std::int64_t cut, std::vector<api::FindingCount> counts, std::vector<api::Finding> kept = {}) {
  api::ImageScan scan = Scan('1', std::move(kept));
  scan.status.truncated_findings = cut;
  scan.status.counts = std::move(counts);
  return ScanRecord(scan);
}

TEST_CASE("the counts say how many cut findings an entry may ask for", "[policy]") {
  const api::ForbidEntry critical = Entry("critical", {Severity::kCritical});
  const api::Finding kept = Finding("CVE-1", Severity::kCritical);
  CHECK(CutFindings(critical, Truncated(0, {})) == 0);
  CHECK(CutFindings(critical, Truncated(4, {})) == 4);
  CHECK(CutFindings(critical, Truncated(4, {{Severity::kLow, FixState::kNone, api::Layer::kBase, 4}})) == 0);
  CHECK(CutFindings(critical, Truncated(4,
                                        {{Severity::kCritical, FixState::kNone, api::Layer::kBase, 1},
                                         {Severity::kCritical, FixState::kNone, api::Layer::kApplication, 2},
                                         {Severity::kLow, FixState::kNone, api::Layer::kBase, 2}},
                                        {kept})) == 2);
  api::ForbidEntry of_application = critical;
  of_application.layers = {api::Layer::kApplication};
  const auto critical_in = [](api::Layer layer) { return api::FindingCount{Severity::kCritical, FixState::kNone, layer, 2}; };
  CHECK(CutFindings(of_application, Truncated(2, {critical_in(api::Layer::kBase)})) == 0);
  CHECK(CutFindings(of_application, Truncated(2, {critical_in(api::Layer::kApplication)})) == 2);
  CHECK(CutFindings(of_application, Truncated(2, {critical_in(api::Layer::kUnknown)})) == 2);
}

TEST_CASE("counts that cannot be true prove nothing and break nothing", "[policy]") {
  const api::ForbidEntry critical = Entry("critical", {Severity::kCritical});
  const auto bucket = [](std::int64_t count) { return api::FindingCount{Severity::kLow, FixState::kNone, api::Layer::kUnknown, count}; };
  CHECK(CutFindings(critical, Truncated(4, {bucket(3)})) == 4);
  CHECK(CutFindings(critical, Truncated(4, {bucket(-1)})) == 4);
  constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
  CHECK(CutFindings(critical, Truncated(4, {bucket(kHuge), bucket(kHuge)})) == 0);
  CHECK(CutFindings(critical, Truncated(-4, {})) == 0);
}

}  // namespace
}  // namespace hullwright::policy
