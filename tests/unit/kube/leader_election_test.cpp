// Who leads, as told by one Lease: takeover, lost races, lost answers, outages, and clocks that jump.
#include "kube/leader_election.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "kube/lease_elector.h"
#include "support/kube_contract.h"
#include "support/memory_kube.h"
#include "support/own_time.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/op";

json SpecIn(const MemoryKube& kube) {
  return kube.Object(kLease)["spec"];
}

// One candidate with a clock of its own.
class Candidate {
 public:
  Candidate(KubeClient& kube, const std::string& identity) : elector(kube, {"ns", "op", identity, seconds(15)}, clock, wall) {}

  std::string Try() {
    const auto standing = elector.Try(Deadline::max());
    if (!standing) return std::string(ToString(standing.error().code));
    return *standing == Standing::kHeld ? "held" : "held by another";
  }

  OwnMonotonicClock clock;
  OwnClock wall;
  LeaseElector elector;
};

std::optional<Error> Unreachable(const MemoryRequest&) {
  return Error{ErrorCode::kUnavailable, "nobody there"};
}

TEST_CASE("The first candidate creates the Lease and keeps it by renewing", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  CHECK(a.Try() == "held");
  CHECK(SpecIn(kube) == json{{"holderIdentity", "a"},
                             {"leaseDurationSeconds", 15},
                             {"acquireTime", "2026-03-01T12:00:00.000000Z"},
                             {"renewTime", "2026-03-01T12:00:00.000000Z"},
                             {"leaseTransitions", 0}});
  CHECK(b.Try() == "held by another");
  CHECK(b.elector.holder() == "a");
  for (int i = 0; i < 10; ++i) {
    a.clock.Advance(seconds(2));
    b.clock.Advance(seconds(2));
    a.wall.Set(a.wall.Now() + milliseconds(2'125));
    CHECK(a.Try() == "held");
    CHECK(b.Try() == "held by another");
  }
  CHECK(SpecIn(kube)["acquireTime"] == "2026-03-01T12:00:00.000000Z");
  CHECK(SpecIn(kube)["renewTime"] == "2026-03-01T12:00:21.250000Z");
  CHECK(SpecIn(kube)["leaseTransitions"] == 0);
  // Renewals go straight to the write.
  int gets_of_a = 0;
  for (const auto& request : kube.Requests()) gets_of_a += request.method == "GET" ? 1 : 0;
  CHECK(gets_of_a == 1 + 11);
}

TEST_CASE("A Lease that does not change for its duration, measured here, is taken over", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  CHECK(a.Try() == "held");
  b.clock.Advance(hours(5));  // b has only just begun to look
  CHECK(b.Try() == "held by another");
  b.clock.Advance(seconds(15) - milliseconds(1));
  CHECK(b.Try() == "held by another");
  b.clock.Advance(milliseconds(1));
  b.wall.Set(b.wall.Now() + seconds(60));
  CHECK(b.Try() == "held");
  CHECK(SpecIn(kube)["holderIdentity"] == "b");
  CHECK(SpecIn(kube)["leaseTransitions"] == 1);
  CHECK(SpecIn(kube)["acquireTime"] == "2026-03-01T12:01:00.000000Z");
  // The old holder learns of it by the version it no longer knows, and waits like anybody else.
  CHECK(a.Try() == "held by another");
  CHECK_FALSE(a.elector.IsHolder());
}

TEST_CASE("Of two that take a free Lease at once one has it", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  // b comes between a's look and a's write.
  std::string at = "POST";
  kube.SetFault([&](const MemoryRequest& request) -> std::optional<Error> {
    if (request.method == at) {
      at.clear();
      CHECK(b.Try() == "held");
    }
    return std::nullopt;
  });
  CHECK(a.Try() == "held by another");
  CHECK(SpecIn(kube)["holderIdentity"] == "b");
  CHECK(b.elector.Release(Deadline::max()).has_value());
  at = "PUT";
  CHECK(a.Try() == "held by another");
  CHECK(SpecIn(kube)["holderIdentity"] == "b");
}

TEST_CASE("A renewal whose answer is lost is no lost Lease", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a");
  CHECK(a.Try() == "held");
  a.clock.Advance(seconds(2));
  kube.LoseNextAnswers(2);  // of the write and of the look after it
  CHECK(a.Try() == "deadline");
  a.clock.Advance(seconds(2));
  CHECK(a.Try() == "held");
  CHECK(SpecIn(kube)["leaseTransitions"] == 0);
}

TEST_CASE("A Lease that somebody deletes is written again", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a");
  CHECK(a.Try() == "held");
  kube.RemoveObject(kLease);
  a.clock.Advance(seconds(2));
  CHECK(a.Try() == "held");
  CHECK(SpecIn(kube)["holderIdentity"] == "a");
}

TEST_CASE("A label on the Lease is no renewal, and is left there", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  CHECK(a.Try() == "held");
  CHECK(b.Try() == "held by another");
  for (int i = 0; i < 3; ++i) {
    b.clock.Advance(seconds(5));
    auto object = kube.Object(kLease);
    object["metadata"]["labels"]["round"] = std::to_string(i);
    kube.SetObject(kLease, object);
    CHECK(b.Try() == (i < 2 ? "held by another" : "held"));
  }
  CHECK(kube.Object(kLease)["metadata"]["labels"]["round"] == "2");
}

TEST_CASE("A released Lease is free at once", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  CHECK(a.Try() == "held");
  CHECK(b.Try() == "held by another");
  // Somebody changed the object meanwhile: asked again.
  kube.SetObject(kLease, kube.Object(kLease));
  CHECK(a.elector.Release(Deadline::max()).has_value());
  CHECK(SpecIn(kube)["holderIdentity"] == "");
  CHECK(SpecIn(kube)["leaseDurationSeconds"] == 1);
  CHECK(b.Try() == "held");
  CHECK(SpecIn(kube)["leaseTransitions"] == 1);
  // Whom it does not belong to gives nothing up.
  CHECK(a.elector.Release(Deadline::max()).has_value());
  CHECK(SpecIn(kube)["holderIdentity"] == "b");
}

TEST_CASE("A Lease with odd content is read without harm", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a");
  const auto spec = GENERATE(as<std::string>(), "{}", "null", R"({"holderIdentity":null,"leaseDurationSeconds":null})",
                             R"({"holderIdentity":7,"renewTime":true,"leaseTransitions":"x"})");
  INFO(spec);
  kube.SetObject(kLease, json{{"metadata", {{"name", "op"}}}, {"spec", json::parse(spec)}});
  CHECK(a.Try() == "held");
  kube.SetObject(kLease, json{{"metadata", {{"name", "op"}}}, {"spec", "text"}});
  CHECK(a.Try() == "invalid_input");
  kube.SetObject(kLease, json{{"metadata", {{"name", "op"}}}, {"spec", {{"holderIdentity", "x"}, {"leaseDurationSeconds", 0}}}});
  CHECK(a.Try() == "held by another");
  a.clock.Advance(seconds(15));  // without a duration of its own: ours
  CHECK(a.Try() == "held");
  kube.SetObject(kLease, json{{"metadata", {{"name", "op"}}}, {"spec", {{"holderIdentity", "x"}, {"leaseDurationSeconds", INT64_MAX}}}});
  CHECK(a.Try() == "held by another");
}

TEST_CASE("A wall clock that jumps takes no Lease and gives none", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  CHECK(a.Try() == "held");
  for (const auto step : {hours(24), hours(-48), hours(24 * 365 * 30)}) {
    a.wall.Set(a.wall.Now() + step);
    a.clock.Advance(seconds(2));
    CHECK(a.Try() == "held");
    b.wall.Set(b.wall.Now() - step);
    b.clock.Advance(seconds(2));
    CHECK(b.Try() == "held by another");
  }
  b.clock.Advance(seconds(15));
  CHECK(b.Try() == "held");
}

TEST_CASE("A wall clock that stands still hides no renewal", "[kube]") {
  MemoryKube kube;
  Candidate a(kube, "a"), b(kube, "b");
  for (int i = 0; i < 40; ++i) {
    CHECK(a.Try() == "held");
    if (i % 4 == 0) CHECK(b.Try() == "held by another");
    a.clock.Advance(seconds(2));
    b.clock.Advance(seconds(2));
  }
}

// ── The loop on its thread ──

LeaderElectionOptions Options(const std::string& identity = "a") {
  return {"ns", "op", identity};
}

// An election whose time runs as fast as it sleeps, and what it called.
class Elected {
 public:
  explicit Elected(KubeClient& kube, const std::string& identity = "a") {
    election.emplace(kube, Options(identity),
                     LeaderCallbacks{[this] { ++started; },
                                     [this](const std::string& why) {
                                       reason.With([&](std::string& text) { text = why; });
                                       ++lost;
                                     },
                                     [this](const std::string& who) { leaders.With([&](auto& all) { all.push_back(who); }); }},
                     ElectionTime{clock, wall, [] { return 0.5; }});
  }

  OwnMonotonicClock clock;
  OwnClock wall;
  std::atomic<int> started = 0, lost = 0;
  Guarded<std::string> reason;
  Guarded<std::vector<std::string>> leaders;
  std::optional<LeaderElection> election;
};

TEST_CASE("An election leads, renews in time and releases at its end", "[kube]") {
  MemoryKube kube;
  Elected a(kube);
  CHECK(WaitUntil([&] { return a.election->status().renewals >= 20; }, kPatience));
  CHECK(a.election->IsLeading());
  CHECK(a.started == 1);
  CHECK(a.election->status().transitions == 1);
  CHECK(a.leaders.With([](const auto& all) { return all; }) == std::vector<std::string>{"a"});
  a.election.reset();
  CHECK(a.lost == 0);
  CHECK(SpecIn(kube)["holderIdentity"] == "");
}

TEST_CASE("A follower leads once the holder's renewals stop, and not before", "[kube]") {
  MemoryKube kube;
  kube.SetObject(kLease, json{{"metadata", {{"name", "op"}}},
                              {"spec", {{"holderIdentity", "dead"}, {"leaseDurationSeconds", 15}, {"leaseTransitions", 3}}}});
  Elected a(kube);
  const auto begin = a.clock.Now();
  CHECK(WaitUntil([&] { return a.started == 1; }, kPatience));
  CHECK(a.clock.Now() - begin >= seconds(15));
  CHECK(SpecIn(kube)["leaseTransitions"] == 4);
  CHECK(a.leaders.With([](const auto& all) { return all; }) == std::vector<std::string>{"dead", "a"});
}

TEST_CASE("A leader that reaches nobody stops leading before others may begin", "[kube]") {
  MemoryKube kube;
  Elected a(kube);
  CHECK(WaitUntil([&] { return a.started == 1; }, kPatience));
  kube.SetFault(Unreachable);
  CHECK(WaitUntil([&] { return a.lost == 1; }, kPatience));
  CHECK_FALSE(a.election->IsLeading());
  CHECK_THAT(a.reason.With([](const auto& text) { return text; }), Catch::Contains("not renewed within 10 s") && Catch::Contains("nobody"));
  a.election.reset();
  CHECK(SpecIn(kube)["holderIdentity"] == "a");  // it runs out by itself: who lost it writes no more
}

TEST_CASE("A leader that finds another one leading stops at once", "[kube]") {
  MemoryKube kube;
  Elected a(kube);
  CHECK(WaitUntil([&] { return a.started == 1; }, kPatience));
  // Until it is seen: a renewal in between would take the version that is written here.
  CHECK(WaitUntil(
      [&] {
        auto object = kube.Object(kLease);
        object["spec"]["holderIdentity"] = "thief";
        kube.SetObject(kLease, object);
        return a.lost == 1;
      },
      kPatience));
  CHECK_THAT(a.reason.With([](const auto& text) { return text; }), Catch::Contains("thief leads now"));
}

TEST_CASE("A leader that was asleep longer than its Lease does not believe that it leads", "[kube]") {
  MemoryKube kube;
  std::atomic<bool> hung = false, leads_while_hanging = true;
  Elected a(kube);
  CHECK(WaitUntil([&] { return a.started == 1; }, kPatience));
  kube.SetFault([&](const MemoryRequest& request) -> std::optional<Error> {
    if (request.method != "PUT" || hung.exchange(true)) return std::nullopt;
    // The process stands still in the middle of a renewal.
    a.clock.Advance(seconds(11));
    leads_while_hanging = a.election->IsLeading();
    return Error{ErrorCode::kDeadline, "too late"};
  });
  CHECK(WaitUntil([&] { return hung.load() && !leads_while_hanging; }, kPatience));
  // Nobody has taken it meanwhile: renewed, it leads again.
  CHECK(WaitUntil([&] { return a.election->IsLeading(); }, kPatience));
}

TEST_CASE("Errors of a follower are told and got over", "[kube]") {
  MemoryKube kube;
  kube.SetFault(Unreachable);
  Elected a(kube);
  CHECK(WaitUntil([&] { return a.election->status().failures >= 3; }, kPatience));
  CHECK(a.election->status().last_error == "nobody there");
  CHECK(a.started == 0);
  kube.SetFault(nullptr);
  CHECK(WaitUntil([&] { return a.started == 1; }, kPatience));
  CHECK(a.election->status().last_error.empty());
}

TEST_CASE("Of many candidates one leads at a time, whatever fails", "[kube]") {
  MemoryKube kube;
  std::vector<std::unique_ptr<Candidate>> candidates;
  for (int i = 0; i < 4; ++i) candidates.push_back(std::make_unique<Candidate>(kube, "c" + std::to_string(i)));
  std::mt19937 random(7);
  std::set<std::string> leaders;
  for (int round = 0; round < 2'000; ++round) {
    Candidate& candidate = *candidates[random() % candidates.size()];
    const milliseconds passed(random() % 1'500);  // for all of them, though each has a clock of its own
    for (auto& each : candidates) each->clock.Advance(passed);
    if (random() % 10 == 0) kube.LoseNextAnswers(static_cast<int>(random() % 3));
    candidate.Try();
    // Leading ends 10 s after the last renewal was sent.
    std::vector<std::string> leading;
    for (auto& each : candidates) {
      const bool leads = each->elector.IsHolder() && each->elector.renewed_at() != Deadline{} &&
                         each->clock.Now() < each->elector.renewed_at() + seconds(10);
      if (leads) leading.push_back(each->elector.holder());
    }
    REQUIRE(leading.size() <= 1);
    leaders.insert(leading.begin(), leading.end());
  }
  CHECK(leaders.size() > 1);
}

TEST_CASE("Settings that could let two lead are refused", "[kube]") {
  const auto sound = [](auto change) {
    LeaderElectionOptions options = Options();
    change(options);
    return options.Check().has_value();
  };
  CHECK(sound([](auto&) {}));
  CHECK_FALSE(sound([](auto& options) { options.lease_duration = options.renew_deadline; }));
  CHECK_FALSE(sound([](auto& options) { options.renew_deadline = seconds(2); }));
  CHECK_FALSE(sound([](auto& options) { options.retry_period = seconds(0); }));
  CHECK_FALSE(sound([](auto& options) { options.identity.clear(); }));
  CHECK_FALSE(sound([](auto& options) { options.name.clear(); }));
  CHECK_FALSE(sound([](auto& options) { options.namespace_.clear(); }));
}

TEST_CASE("Every identity is another one", "[kube]") {
  const auto first = LeaderIdentity(), second = LeaderIdentity();
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(*first != *second);
  CHECK(first->find('_') != std::string::npos);
}

}  // namespace
}  // namespace hullwright::kube
