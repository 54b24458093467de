#include "evidence/replay.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "base/yaml.h"
#include "evidence/decision_recorder.h"
#include "support/temporary_directory.h"
#include "unit/evidence/fixtures.h"
#include "unit/evidence/set_clock.h"

namespace hullwright::evidence {
namespace {

constexpr Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);

api::Object ObjectOf(const std::string& yaml) {
  const auto documents = ReadYaml(yaml);
  REQUIRE(documents);
  auto object = Decode(documents->front().json);
  if (!object) FAIL(object.error().message);
  return std::move(*object);
}

std::string PolicyWith(std::string_view name, std::string_view rules, std::string_view enforcement = "newImages: Deny") {
  return fmt::format(
      "apiVersion: hullwright.dev/v1alpha1\nkind: ClusterImageAdmissionPolicy\nmetadata: {{name: {}}}\nspec:\n  enforcement: {{{}}}\n"
      "  rules: {{{}}}\n",
      name, enforcement, rules);
}

const std::string kForbidLow = "vulnerabilities: {forbid: [{name: low, severities: [Low, Critical]}]}";
const std::string kForbidNone = "vulnerabilities: {forbid: [{name: negligible, severities: [Negligible]}]}";

const std::string kAcme = R"(apiVersion: hullwright.dev/v1alpha1
kind: TrustedPublisher
metadata: {name: acme}
spec:
  repositories: ["registry.example/**"]
  verification: Signature
  authorities: [{name: ci, type: Keyless, keyless: {issuer: "https://issuer.example", subject: ci@acme.example}}]
)";

// One decision each about 'a' (a low finding), 'b' (a critical one) and 'c' (no scan), by one policy that forbids what is critical.
struct ReplayHouse {
  explicit ReplayHouse(const std::string& policy = PolicyText("production")) {
    clock.Set(kNow);
    catalogue.Put({"ClusterImageAdmissionPolicy", "", "production"}, "test", ObjectOf(policy));
    catalogue.Put({"TrustedPublisher", "", "acme"}, "test", ObjectOf(kAcme));
    catalogue.Put(ScanKey('a'), "test", Decode(ScanText('a')));
    catalogue.Put(ScanKey('b'), "test", Decode(ScanText('b', "Critical")));
    catalogue.Publish();
    auto opened = store::DecisionHistory::Open({.path = file}, clock);
    REQUIRE(opened);
    {
      DecisionRecorder recorder(std::move(*opened));
      for (const char digit : {'a', 'b', 'c'}) ids[digit] = recorder.Record(RowOf(digit), BasisOf(digit));
    }
    auto read = store::HistoryReader::Open(file);
    REQUIRE(read);
    history = std::move(*read);
  }

  Basis BasisOf(char digit) {
    Question question{policy::SubjectKind::kPod, "Pod shop/app", "shop", {}};
    question.images.push_back(
        {api::ContainerType::kContainers, "app", "spec.containers[0].image", "registry.example/app@" + DigestText(digit)});
    Basis basis;
    const auto decision = JudgeFromMemory({catalogue, admitted}, question, kNow, {}, &basis);
    REQUIRE(decision);
    allowed[digit] = decision->allowed();
    return basis;
  }
  store::DecisionRow RowOf(char digit) {
    store::DecisionRow row;
    row.kind = "Pod";
    row.namespace_ = "shop";
    BasisOf(digit);
    row.allowed = allowed[digit];
    return row;
  }

  Replayed Replay(char digit, ReplayPlan plan = {}, const std::string& rule = "") {
    RecordReader reader(*history);
    auto stored = history->Find(ids[digit]);
    REQUIRE(stored);
    stored->row.rule = rule;
    const auto record = reader.Read(std::move(*stored));
    if (!record) FAIL(record.error().message);
    auto replayed = Replayer(reader, std::move(plan)).Replay(*record);
    if (!replayed) FAIL(replayed.error().message);
    return std::move(*replayed);
  }
  Change ChangeBy(char digit, const std::string& policy) { return Replay(digit, {.changed = {ObjectOf(policy)}}).change; }

  testing::TemporaryDirectory folder;
  std::string file = (folder.path() / "history.db").string();
  testing::SetClock clock;
  Catalogue catalogue;
  AdmittedImages admitted;
  std::map<char, std::string> ids;
  std::map<char, bool> allowed;
  std::unique_ptr<store::HistoryReader> history;
};

}  // namespace

TEST_CASE("judged again by what was in force, nothing changes", "[evidence][history]") {
  ReplayHouse house;
  for (const char digit : {'a', 'b', 'c'}) {
    const Replayed again = house.Replay(digit);
    CHECK(again.change == Change::kSame);
    CHECK(again.decision.allowed() == house.allowed[digit]);
    CHECK(again.unsure.empty());
  }
  CHECK(house.allowed == std::map<char, bool>{{'a', true}, {'b', false}, {'c', false}});
}

TEST_CASE("a policy in place of its namesake denies what was admitted, and lets in what was denied", "[evidence][history]") {
  ReplayHouse house;
  const std::string stricter = PolicyWith("production", kForbidLow), milder = PolicyWith("production", kForbidNone);
  CHECK(house.ChangeBy('a', stricter) == Change::kDenied);
  CHECK(house.ChangeBy('b', stricter) == Change::kSame);
  CHECK(house.ChangeBy('b', milder) == Change::kAdmitted);
  CHECK(house.ChangeBy('c', milder) == Change::kSame);  // no scan is no pass
  const Replayed denied = house.Replay('a', {.changed = {ObjectOf(stricter)}});
  CHECK(WordsOf(denied.decision) == Words{policy::ReasonWord::kVulnerabilityForbidden});
}

TEST_CASE("one reader and one replayer serve several threads", "[evidence][history]") {
  ReplayHouse house;
  RecordReader reader(*house.history);
  Replayer replayer(reader, {.changed = {ObjectOf(PolicyWith("production", kForbidLow))}});
  std::vector<store::StoredDecision> decisions;
  for (const char digit : {'a', 'b', 'c'}) decisions.push_back(*house.history->Find(house.ids[digit]));
  std::atomic<int> denied = 0, same = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 60; ++i) {
    threads.emplace_back([&, i] {
      const auto record = reader.Read(decisions[static_cast<std::size_t>(i) % decisions.size()]);
      const auto replayed = record ? replayer.Replay(*record) : Result<Replayed>(std::unexpected(record.error()));
      if (replayed && replayed->change == Change::kDenied) ++denied;
      if (replayed && replayed->change == Change::kSame) ++same;
    });
  }
  threads.clear();
  CHECK(denied == 20);
  CHECK(same == 40);
}

TEST_CASE("a policy of another name is judged beside what was in force", "[evidence][history]") {
  ReplayHouse house;
  CHECK(house.ChangeBy('a', PolicyWith("second", kForbidLow)) == Change::kDenied);
  CHECK(house.ChangeBy('b', PolicyWith("second", kForbidNone)) == Change::kSame);
}

TEST_CASE("a policy that only warns changes no answer, and is told", "[evidence][history]") {
  ReplayHouse house;
  CHECK(house.ChangeBy('a', PolicyWith("second", kForbidLow, "newImages: Warn")) == Change::kWarned);
  CHECK(house.ChangeBy('a', PolicyWith("second", kForbidLow, "newImages: Audit")) == Change::kSame);
  CHECK(house.ChangeBy('a', PolicyWith("second", kForbidNone, "newImages: Warn")) == Change::kSame);
}

TEST_CASE("what only signatures could tell is could-not-tell where it would act, and a denial for another reason is sure",
          "[evidence][history]") {
  ReplayHouse house;
  const std::string signed_by = "publishers: {refs: [{name: acme}]}";
  const api::Object publisher = ObjectOf(kAcme);
  const auto change = [&](char digit, const std::string& rules, const std::string& enforcement = "newImages: Deny") {
    return house.Replay(digit, {.changed = {publisher, ObjectOf(PolicyWith("signed", rules, enforcement))}});
  };
  const Replayed unsure = change('a', signed_by);
  CHECK(unsure.change == Change::kUnsure);
  REQUIRE_FALSE(unsure.unsure.empty());
  CHECK_THAT(unsure.unsure.front(), Catch::Contains("ClusterImageAdmissionPolicy/signed") && Catch::Contains("publishers"));
  CHECK(change('a', signed_by + ", " + kForbidLow).change == Change::kDenied);
  // Could-not-tell only warns here, but a missing signature would deny.
  CHECK(change('a', signed_by, "newImages: Deny, noData: Warn").change == Change::kUnsure);
  CHECK(change('a', signed_by, "newImages: Warn").change == Change::kWarned);
  CHECK(change('b', signed_by).change == Change::kSame);
}

TEST_CASE("other objects altogether judge in place of those that were recorded", "[evidence][history]") {
  ReplayHouse house;
  policy::PolicySetParts none;
  const auto nothing = std::make_shared<const policy::PolicySet>(std::move(none));
  const Replayed unmatched = house.Replay('a', {.instead = nothing});
  CHECK(unmatched.change == Change::kDenied);
  CHECK(WordsOf(unmatched.decision) == Words{policy::ReasonWord::kUnmatched});
}

TEST_CASE("a later time makes a scan too old", "[evidence][history]") {
  ReplayHouse house(PolicyWith("production", "vulnerabilities: {forbid: [{name: c, severities: [Critical]}], scan: {maxAgeHours: 48}}"));
  CHECK(house.allowed['a']);
  CHECK(house.Replay('a', {.now = kNow + std::chrono::hours(12)}).change == Change::kSame);
  const Replayed later = house.Replay('a', {.now = kNow + std::chrono::hours(72)});
  CHECK(later.change == Change::kDenied);
  CHECK(WordsOf(later.decision) == Words{policy::ReasonWord::kScanStale});
}

TEST_CASE("at a later time nothing of then stands in for what signatures would say", "[evidence][history]") {
  const std::string scan_and_vex =
      "vulnerabilities: {forbid: [{name: c, severities: [Critical]}], scan: {maxAgeHours: 48}, vex: {publisherRefs: [{name: acme}]}}";
  ReplayHouse house(PolicyWith("production", scan_and_vex));
  CHECK(house.allowed['a']);
  CHECK(house.Replay('a').change == Change::kSame);
  CHECK(house.Replay('a', {.now = kNow + std::chrono::hours(12)}).change == Change::kSame);  // still nothing that VEX could take away
  const Replayed later = house.Replay('a', {.now = kNow + std::chrono::hours(72)});
  CHECK((later.change == Change::kDenied || later.change == Change::kUnsure));
  CHECK(WordsOf(later.decision) == Words{policy::ReasonWord::kScanStale});
  CHECK_FALSE(later.unsure.empty());
}

TEST_CASE("a denial of which nobody can tell whether it stands is not told as the same", "[evidence][history]") {
  ReplayHouse house;
  REQUIRE_FALSE(house.allowed['b']);
  const api::Object changed = ObjectOf(PolicyWith("production", "publishers: {refs: [{name: acme}]}"));
  const Replayed other = house.Replay('b', {.changed = {changed}});
  CHECK_FALSE(other.decision.allowed());
  CHECK(other.change == Change::kUnsure);
  CHECK_FALSE(other.unsure.empty());
}

TEST_CASE("what passed by a rule of its own passes whatever a policy says", "[evidence][history]") {
  ReplayHouse house;
  CHECK(house.Replay('a', {.changed = {ObjectOf(PolicyWith("production", kForbidLow))}}, "mirror-pod").change == Change::kSame);
}

TEST_CASE("a trace is there for who asks", "[evidence][history]") {
  ReplayHouse house;
  CHECK(house.Replay('a').decision.images.at(0).trace.empty());
  CHECK_FALSE(house.Replay('a', {.trace = true}).decision.images.at(0).trace.empty());
}

}  // namespace hullwright::evidence
