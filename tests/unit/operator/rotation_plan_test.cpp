#include "operator/rotation_plan.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>

namespace hullwright::controller {
namespace {

using namespace std::chrono_literals;
using Step = RotationPlan::Step;
using Ids = std::vector<std::string>;

const Time kNow = Time{std::chrono::sys_days{std::chrono::March / 1 / 2026}};
const RotationOptions kOptions{.authority_lifetime = std::chrono::days(730), .leaf_lifetime = std::chrono::days(90), .propagation = 30s};

Authority Made(std::string id, Time created, std::chrono::seconds lifetime = std::chrono::days(730)) {
  return {std::move(id), created, created - 2h, created + lifetime};
}
Leaf LeafOf(std::string issuer, Time created, std::chrono::seconds lifetime = std::chrono::days(90)) {
  return {std::move(issuer), created, created - 2h, created + lifetime};
}

// Everything in order: one CA, made a day ago, in every place.
RotationState Settled() {
  const Authority a = Made("a", kNow - std::chrono::days(1));
  return {.signing = a,
          .bundle = {a},
          .leaf = LeafOf("a", kNow - std::chrono::days(1)),
          .leaf_bundle = {a},
          .live = {{"a"}, {"a"}},
          .live_authorities = {a},
          .live_for = 24h,
          .served = Served::kBySigning};
}

// The CA is due, and a new one has been written into the CA's Secret.
RotationState NewAuthority() {
  RotationState state = Settled();
  const Authority a = Made("a", kNow - std::chrono::days(500)), b = Made("b", kNow);
  state.signing = b;
  state.bundle = {b, a};
  state.leaf_bundle = state.live_authorities = {a};
  state.live_for = std::nullopt;
  state.served = Served::kOther;
  return state;
}

RotationPlan Plan(const RotationState& state, Time now = kNow) {
  return PlanRotation(state, kOptions, now);
}

TEST_CASE("Nothing is done while everything is in order, until the first of two renewals", "[operator]") {
  const RotationPlan plan = Plan(Settled());
  CHECK(plan.step == Step::kNone);
  CHECK(plan.bundle == Ids{"a"});
  CHECK(plan.waiting_for.empty());
  CHECK(plan.again_after == 1h);  // at most
  const Time renewal = RenewalTime(kNow - std::chrono::days(1), kNow + std::chrono::days(89));
  CHECK(renewal == kNow + std::chrono::days(59));
  CHECK(Plan(Settled(), renewal - 5min).again_after == 5min);
}

TEST_CASE("A cluster without anything gets a CA, then a leaf, at once", "[operator]") {
  RotationState state;
  CHECK(Plan(state).step == Step::kMakeAuthority);
  CHECK(Plan(state).bundle.empty());
  state.signing = Made("a", kNow);
  state.bundle = {*state.signing};
  CHECK(Plan(state).step == Step::kSignLeaf);
  CHECK(Plan(state).bundle == Ids{"a"});
}

TEST_CASE("A leaf is renewed after two thirds of its life by the same CA", "[operator]") {
  RotationState state = Settled();
  state.leaf = LeafOf("a", kNow - std::chrono::days(61));
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("a", kNow - std::chrono::days(59));
  CHECK(Plan(state).step == Step::kNone);
}

TEST_CASE("A leaf that is garbage, absent, ended, of the future or for other names is replaced", "[operator]") {
  RotationState state = Settled();
  state.leaf = std::nullopt;
  state.leaf_bundle = {};
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("a", kNow - std::chrono::days(91));
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("a", kNow + 3h);
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("a", kNow);
  state.leaf->has_our_names = false;
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("", kNow);
  CHECK(Plan(state).step == Step::kSignLeaf);
}

TEST_CASE("A CA is renewed after two thirds of its life, and the old one stays trusted", "[operator]") {
  RotationState state = Settled();
  state.signing = Made("a", kNow - std::chrono::days(487));
  state.bundle = {*state.signing};
  const RotationPlan plan = Plan(state);
  CHECK(plan.step == Step::kMakeAuthority);
  CHECK(plan.bundle == Ids{"a"});
}

TEST_CASE("A new CA goes through its steps in order, each told from what is there", "[operator]") {
  RotationState state = NewAuthority();
  // 1: into the webhook's Secret, whose leaf stays.
  CHECK(Plan(state).step == Step::kCopyBundle);
  CHECK(Plan(state).bundle == Ids{"b", "a"});
  state.leaf_bundle = state.bundle;
  // 2: not before every hook holds it, on both objects …
  CHECK(Plan(state).step == Step::kNone);
  CHECK_FALSE(Plan(state).waiting_for.empty());
  state.live = {{"b", "a"}, {"a"}};
  CHECK(Plan(state).step == Step::kNone);
  // … and has held it for as long as an API server may take to learn of it. A new process has seen nothing yet.
  state.live = {{"b", "a"}, {"a", "b"}};
  CHECK(Plan(state).step == Step::kNone);
  state.live_for = 29s;
  CHECK(Plan(state).step == Step::kNone);
  CHECK(Plan(state).again_after == 1s);
  state.live_for = 30s;
  // 3
  CHECK(Plan(state).step == Step::kSignLeaf);
  state.leaf = LeafOf("b", kNow);
  // 4: not while one address serves the old leaf, and not before a leaf's life is over.
  CHECK(Plan(state).step == Step::kNone);
  CHECK(Plan(state).waiting_for.empty());
  const Time later = kNow + std::chrono::days(90);
  state.leaf = LeafOf("b", kNow + std::chrono::days(60));
  CHECK(Plan(state, later).step == Step::kNone);
  CHECK_FALSE(Plan(state, later).waiting_for.empty());
  state.served = Served::kUnknown;
  CHECK(Plan(state, later).step == Step::kNone);
  state.served = Served::kBySigning;
  CHECK(Plan(state, later - 1s).step == Step::kNone);
  CHECK(Plan(state, later).step == Step::kWriteBundle);
  CHECK(Plan(state, later).bundle == Ids{"b"});
  state.bundle = {*state.signing};
  CHECK(Plan(state, later).step == Step::kCopyBundle);
  state.leaf_bundle = state.bundle;
  CHECK(Plan(state, later).step == Step::kNone);
}

TEST_CASE("Clocks an hour ahead or behind change no order", "[operator]") {
  RotationState state = NewAuthority();
  state.leaf_bundle = state.bundle;
  for (const auto offset : {-1h, 1h}) {
    CHECK(Plan(state, kNow + offset).step == Step::kNone);
    CHECK(Plan(Settled(), kNow + offset).step == Step::kNone);
  }
  // Made by a clock that was an hour ahead: still valid for ours.
  state.signing = Made("b", kNow + 1h);
  state.bundle[0] = *state.signing;
  CHECK(Plan(state).step == Step::kNone);
}

TEST_CASE("A CA that has ended, or has not begun, is replaced, and one that has ended is not kept", "[operator]") {
  RotationState state = Settled();
  state.signing = Made("a", kNow - std::chrono::days(731));
  state.bundle = {*state.signing};
  state.leaf_bundle = state.live_authorities = state.bundle;
  CHECK(Plan(state).step == Step::kMakeAuthority);
  CHECK(Plan(state).bundle.empty());
  state.signing = Made("a", kNow + std::chrono::days(1));
  state.bundle = {*state.signing};
  CHECK(Plan(state).step == Step::kMakeAuthority);
  CHECK(Plan(state).bundle == Ids{"a"});
}

TEST_CASE("When the CA's Secret is lost, what the webhook's Secret and the live hooks trust stays trusted", "[operator]") {
  RotationState state = Settled();
  state.signing = std::nullopt;
  state.bundle = {};
  CHECK(Plan(state).step == Step::kMakeAuthority);
  CHECK(Plan(state).bundle == Ids{"a"});
  state.leaf = std::nullopt;
  state.leaf_bundle = {};
  CHECK(Plan(state).bundle == Ids{"a"});
  // The leaf that webhooks hold in memory is of a: a new one waits until the hooks hold the new CA.
  state.signing = Made("b", kNow);
  state.bundle = {*state.signing, Made("a", kNow - std::chrono::days(1))};
  state.live_for = std::nullopt;
  CHECK(Plan(state).step == Step::kNone);
  CHECK_FALSE(Plan(state).waiting_for.empty());
}

TEST_CASE("A bundle that somebody has emptied or filled up gets back what the leaf needs", "[operator]") {
  RotationState state = NewAuthority();
  state.leaf_bundle = state.bundle;
  state.bundle = {*state.signing};
  CHECK(Plan(state).step == Step::kWriteBundle);
  CHECK(Plan(state).bundle == Ids{"b", "a"});
  state.bundle = {};
  CHECK(Plan(state).step == Step::kWriteBundle);
  for (int i = 0; i < 20; ++i) state.bundle.push_back(Made("x" + std::to_string(i), kNow - std::chrono::hours(i)));
  const RotationPlan plan = Plan(state);
  CHECK(plan.step == Step::kWriteBundle);
  REQUIRE(plan.bundle.size() == kMaxAuthorities);
  CHECK(plan.bundle[0] == "b");
  CHECK(plan.bundle[1] == "a");
}

TEST_CASE("Without a hook that calls us a leaf waits for nobody", "[operator]") {
  RotationState state = NewAuthority();
  state.live = {};
  CHECK(Plan(state).step == Step::kSignLeaf);
}

// ── A cluster in which time passes ──

struct Random {
  std::uint64_t state;
  std::uint64_t Next(std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  }
  bool OneIn(std::uint64_t chance) { return Next(chance) == 0; }
};

// What API servers and Pods hold is what stood there some time ago.
template <class T>
class Lagging {
 public:
  void Set(const T& value, Time now) {
    if (!history_.empty() && history_.back().second == value) return;
    history_.emplace_back(now, value);
    while (history_.size() > 1 && history_[1].first < now - 10min) history_.pop_front();
  }
  const T& AsOf(Time then) const {
    for (auto entry = history_.rbegin(); entry != history_.rend(); ++entry) {
      if (entry->first <= then) return entry->second;
    }
    return history_.front().second;
  }

 private:
  std::deque<std::pair<Time, T>> history_;
};

struct ServedLeaf {
  std::string issuer;
  Time not_before, not_after;
  bool operator==(const ServedLeaf&) const = default;
};

class Cluster {
 public:
  explicit Cluster(std::uint64_t seed) : random_{seed} {}

  void Run(std::chrono::seconds duration) {
    const Time end = now_ + duration;
    while (now_ < end) {
      now_ += 15s;
      if (random_.OneIn(2000)) clock_offset_ = std::chrono::hours(static_cast<int>(random_.Next(3)) - 1);
      Disturb();
      if (now_ >= next_run_) RunOperator();
      Check();
    }
  }

  int authorities = 0, leaves = 0, retired = 0, crashes = 0, checks = 0;

 private:
  static constexpr std::chrono::seconds kPropagation{30}, kKubelet{90};

  const RotationOptions options_{
      .authority_lifetime = std::chrono::days(6), .leaf_lifetime = std::chrono::days(1), .propagation = kPropagation};

  Time OperatorsClock() const { return now_ + clock_offset_; }

  // Somebody deletes Secrets, at a time when Pods hold what was in them.
  void Disturb() {
    if (random_.OneIn(30'000)) {
      signing_ = std::nullopt;
      bundle_.clear();
    }
    if (random_.OneIn(30'000)) {
      leaf_ = std::nullopt;
      leaf_bundle_.clear();
    }
  }

  // False: the process dies here.
  bool Wrote() {
    if (!random_.OneIn(5)) return true;
    ++crashes;
    watch_ = {};
    return false;
  }

  RotationState State() {
    RotationState state{.signing = signing_, .bundle = bundle_, .leaf = leaf_, .leaf_bundle = leaf_bundle_};
    if (registered_) {
      for (const auto& hooks : live_) {
        Ids ids;
        for (const Authority& authority : hooks) ids.push_back(authority.id);
        state.live.push_back(std::move(ids));
        for (const Authority& authority : hooks) state.live_authorities.push_back(authority);
      }
    }
    state.live_for = watch_.Observe(signing_, state.live, Deadline(now_.time_since_epoch()));
    bool all = true;
    for (const auto lag : pod_lags_) all = all && served_ && signing_ && pods_.AsOf(now_ - lag).issuer == signing_->id;
    state.served = all ? Served::kBySigning : Served::kOther;
    return state;
  }

  void RunOperator() {
    for (int steps = 0; steps < 10; ++steps) {
      const RotationPlan plan = PlanRotation(State(), options_, OperatorsClock());
      next_run_ = now_ + 5s;
      if (plan.step != Step::kNone) {
        Do(plan);
        if (!Wrote()) break;
      }
      if (!ApplyConfigurations()) break;
      if (plan.step == Step::kNone) return;
    }
    next_run_ = now_ + std::chrono::seconds(random_.Next(60));  // the next leader
  }

  std::vector<Authority> Authorities(const Ids& ids) {
    std::vector<Authority> found;
    for (const std::string& id : ids) found.push_back(all_.at(static_cast<std::size_t>(std::stoi(id))));
    return found;
  }

  void Do(const RotationPlan& plan) {
    if (plan.step == Step::kMakeAuthority) {
      const Time made = OperatorsClock();
      all_.push_back(Made(std::to_string(all_.size()), made, options_.authority_lifetime));
      ++authorities;
      signing_ = all_.back();
      bundle_ = {*signing_};
      for (const Authority& kept : Authorities(plan.bundle)) bundle_.push_back(kept);
      return;
    }
    const auto bundle = Authorities(plan.bundle);
    if (plan.step == Step::kWriteBundle) {
      retired += bundle.size() < bundle_.size() ? 1 : 0;
      bundle_ = bundle;
      return;
    }
    leaf_bundle_ = bundle;
    if (plan.step == Step::kCopyBundle) return;
    ++leaves;
    leaf_ = LeafOf(signing_->id, OperatorsClock(), options_.leaf_lifetime);
    pods_.Set({leaf_->issuer, leaf_->not_before, leaf_->not_after}, now_);
    served_ = true;
  }

  // The other controller: one object after the other.
  bool ApplyConfigurations() {
    if (!signing_ || !served_ || bundle_.empty()) return true;
    if (!registered_) live_ = {bundle_, bundle_};
    registered_ = true;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      if (std::ranges::equal(live_[i], bundle_, {}, &Authority::id, &Authority::id)) continue;
      live_[i] = bundle_;
      servers_[i].Set(live_[i].empty() ? Ids{} : IdsOf(live_[i]), now_);
      if (!Wrote()) return false;
    }
    for (std::size_t i = 0; i < live_.size(); ++i) servers_[i].Set(IdsOf(live_[i]), now_);
    return true;
  }

  static Ids IdsOf(const std::vector<Authority>& authorities) {
    Ids ids;
    for (const Authority& authority : authorities) ids.push_back(authority.id);
    return ids;
  }

  void Check() {
    if (!registered_) return;
    for (const auto pod_lag : pod_lags_) {
      const ServedLeaf& leaf = pods_.AsOf(now_ - pod_lag);
      if (leaf.not_before > now_ || leaf.not_after <= now_) Broken(leaf, "a leaf is served that is not valid");
      for (const auto server_lag : server_lags_) {
        for (const auto& server : servers_) {
          const Ids& held = server.AsOf(now_ - server_lag);
          const auto issuer = std::ranges::find(held, leaf.issuer);
          ++checks;
          if (issuer == held.end()) Broken(leaf, "an API server does not trust what is served");
          const Authority& authority = all_.at(static_cast<std::size_t>(std::stoi(*issuer)));
          if (!authority.IsValidAt(now_)) Broken(leaf, "an API server trusts what is served by a CA that is not valid");
        }
      }
    }
  }

  [[noreturn]] void Broken(const ServedLeaf& leaf, const std::string& what) const {
    FAIL(what << ": leaf of " << leaf.issuer << ", " << (now_ - kNow).count() / 1000 << " s, clock off by " << clock_offset_.count()
              << " h");
    std::abort();
  }

  Random random_;
  Time now_ = kNow, next_run_ = kNow;
  std::chrono::hours clock_offset_{0};
  std::vector<Authority> all_;
  std::optional<Authority> signing_;
  std::vector<Authority> bundle_, leaf_bundle_;
  std::optional<Leaf> leaf_;
  bool served_ = false, registered_ = false;
  std::array<std::vector<Authority>, 2> live_;
  std::array<Lagging<Ids>, 2> servers_;
  Lagging<ServedLeaf> pods_;
  LiveWatch watch_;
  const std::array<std::chrono::seconds, 3> server_lags_{0s, 3s, kPropagation - 6s}, pod_lags_{1s, 40s, kKubelet};
};

TEST_CASE("Whatever is lost, whoever crashes and wherever the clock goes, what is served is trusted by every API server", "[operator]") {
  int authorities = 0, retired = 0, crashes = 0, checks = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    INFO("seed " << seed);
    Cluster cluster(seed);
    cluster.Run(std::chrono::days(12));
    authorities += cluster.authorities;
    retired += cluster.retired;
    crashes += cluster.crashes;
    checks += cluster.checks;
  }
  CHECK(authorities > 10);
  CHECK(retired > 4);
  CHECK(crashes > 20);
  CHECK(checks > 1'000'000);
}

}  // namespace
}  // namespace hullwright::controller
