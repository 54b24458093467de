#include "kube/leader_election.h"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "kube/lease_elector.h"

namespace hullwright::kube {
namespace {

using std::chrono::milliseconds;

constexpr double kJitter = 1.2;  // client-go: JitterFactor

milliseconds Times(std::chrono::seconds period, double factor) {
  return std::chrono::duration_cast<milliseconds>(period * factor);
}

}  // namespace

Result<void> LeaderElectionOptions::Check() const {
  const auto wrong = [](std::string_view what) { return Fail(ErrorCode::kInvalidInput, fmt::format("leader election: {}", what)); };
  if (namespace_.empty() || name.empty() || identity.empty()) return wrong("needs a namespace, a name and an identity");
  if (retry_period.count() < 1) return wrong("the retry period must be at least 1s");
  if (lease_duration <= renew_deadline) return wrong("the lease duration must be longer than the renew deadline");
  if (renew_deadline <= Times(retry_period, kJitter)) return wrong("the renew deadline must be longer than 1.2 times the retry period");
  return {};
}

Result<std::string> LeaderIdentity() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return Fail(ErrorCode::kInternal, "leader election: this host has no name");
  std::uint64_t random = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) != 1) {
    return Fail(ErrorCode::kInternal, "leader election: no random number for an identity");
  }
  return fmt::format("{}_{:016x}", host.data(), random);
}

class LeaderElection::Loop {
 public:
  Loop(KubeClient& client, LeaderElectionOptions options, LeaderCallbacks callbacks, ElectionTime time)
      : options_(std::move(options)),
        callbacks_(std::move(callbacks)),
        time_(std::move(time)),
        elector_(client, {options_.namespace_, options_.name, options_.identity, options_.lease_duration}, time_.clock, time_.wall),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  bool IsLeading() const {
    return state_.With([&](const State& state) { return state.status.leading && time_.clock.Now() < state.leads_until; });
  }
  LeaderElectionStatus status() const {
    LeaderElectionStatus status = state_.With([](const State& state) { return state.status; });
    status.leading = IsLeading();
    return status;
  }

 private:
  struct State {
    LeaderElectionStatus status;
    Deadline leads_until{};
  };

  void Run(const std::stop_token& stop) {
    if (!Follow(stop)) return;
    log::Info("leading", {{"lease", options_.name}, {"identity", options_.identity}});
    if (callbacks_.on_started) callbacks_.on_started();
    const std::string lost = Lead(stop);
    state_.With([](State& state) { state.status.leading = false; });
    if (lost.empty()) return Release();
    log::Error("no longer leading", {{"lease", options_.name}, {"error", lost}});
    if (callbacks_.on_lost) callbacks_.on_lost(lost);
  }

  // Until the Lease is ours (true) or we are stopped.
  bool Follow(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto standing = Try(time_.clock.Now() + options_.renew_deadline / 2);
      if (standing && *standing == Standing::kHeld) return true;
      time_.clock.Sleep(Times(options_.retry_period, 1 + kJitter * Chance()), stop);
    }
    return false;
  }

  // Until it is not ours any more, or nobody knows: why. "": stopped.
  std::string Lead(const std::stop_token& stop) {
    std::string failure = "no renewal was tried in time";
    while (true) {
      time_.clock.Sleep(options_.retry_period, stop);
      if (stop.stop_requested()) return "";
      const Deadline end = elector_.renewed_at() + options_.renew_deadline;
      // Also after having been asleep for longer than that: others may lead already.
      if (time_.clock.Now() >= end) return fmt::format("not renewed within {} s: {}", options_.renew_deadline.count(), failure);
      const auto standing = Try(std::min(end, time_.clock.Now() + options_.renew_deadline / 2));
      if (!standing) failure = standing.error().message;
      if (standing && *standing == Standing::kHeldByAnother) return fmt::format("{} leads now", Printable(elector_.holder()));
    }
  }

  Result<Standing> Try(Deadline deadline) {
    auto standing = elector_.Try(deadline);
    std::string failure = standing ? "" : standing.error().message, leader = elector_.holder();
    bool is_new_failure = false, is_new_leader = false;
    state_.With([&](State& state) {
      LeaderElectionStatus& status = state.status;
      is_new_failure = !failure.empty() && failure != status.last_error;
      is_new_leader = !leader.empty() && leader != status.leader;
      status.last_error = failure;
      status.leader = leader;
      status.failures += standing ? 0 : 1;
      if (!standing || *standing != Standing::kHeld) return;
      ++status.renewals;
      status.transitions += status.leading ? 0 : 1;
      status.leading = true;
      state.leads_until = elector_.renewed_at() + options_.renew_deadline;
    });
    if (is_new_failure) log::Warn("lease not reached", {{"lease", options_.name}, {"error", failure}});
    if (is_new_leader) {
      log::Info("new leader", {{"lease", options_.name}, {"leader", Printable(leader)}});
      if (callbacks_.on_new_leader) callbacks_.on_new_leader(leader);
    }
    return standing;
  }

  // So that the next leader need not wait for the Lease to run out.
  void Release() {
    const auto released = elector_.Release(time_.clock.Now() + options_.renew_deadline / 2);
    if (released) return log::Info("lease released", {{"lease", options_.name}});
    log::Warn("lease not released, it will run out", {{"lease", options_.name}, {"error", released.error().message}});
  }

  double Chance() { return time_.chance ? time_.chance() : std::uniform_real_distribution(0.0, 1.0)(random_); }

  const LeaderElectionOptions options_;
  const LeaderCallbacks callbacks_;
  const ElectionTime time_;
  Guarded<State> state_;

  // Of the thread alone.
  LeaseElector elector_;
  std::mt19937 random_{std::random_device{}()};

  std::jthread thread_;  // last: runs on all of the above
};

LeaderElection::LeaderElection(KubeClient& client, LeaderElectionOptions options, LeaderCallbacks callbacks, ElectionTime time)
    : loop_(std::make_unique<Loop>(client, std::move(options), std::move(callbacks), std::move(time))) {}
LeaderElection::~LeaderElection() = default;

bool LeaderElection::IsLeading() const {
  return loop_->IsLeading();
}
LeaderElectionStatus LeaderElection::status() const {
  return loop_->status();
}

}  // namespace hullwright::kube
