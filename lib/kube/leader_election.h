// Leader election on a coordination.k8s.io/v1 Lease (client-go: tools/leaderelection).
//
// Clocks of different machines are never compared: a Lease is free when it names no holder, or when it has not changed for its own duration
// as measured here, monotonically. So a wall clock that jumps, ours or the holder's, takes no Lease from anybody. A leader that could not
// renew within the renew deadline, which is shorter than the duration, stops leading before anybody else may begin.
//
// This is no fence: a process that was stopped may still send one request that it had prepared. What leaders write is therefore written
// with resource versions or by server-side apply. Admission never depends on who leads.
//
// Needs get, create and update on that one Lease.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/monotonic_clock.h"
#include "kube/client.h"

namespace hullwright::kube {

struct LeaderElectionOptions {
  std::string namespace_, name;                                                  // of the Lease, which is created when there is none
  std::string identity;                                                          // LeaderIdentity(): another one for each process
  std::chrono::seconds lease_duration{15}, renew_deadline{10}, retry_period{2};  // client-go's defaults

  // lease_duration > renew_deadline > 1.2 · retry_period >= 1.2 s, names not empty (client-go: NewLeaderElector).
  Result<void> Check() const;
};

// "<host name>_<16 random hex digits>": the Pod's name, and never the same one twice.
Result<std::string> LeaderIdentity();

// Called on the election's own thread.
struct LeaderCallbacks {
  // We lead. Returns at once: leading work runs on threads of its own.
  std::function<void()> on_started;
  // We led and no longer may: the process ends, with an error, at once. Not called when the election is stopped.
  std::function<void(const std::string& why)> on_lost;
  // Somebody leads, perhaps we; on every change.
  std::function<void(const std::string& identity)> on_new_leader = {};
};

// Where time and chance come from.
struct ElectionTime {
  MonotonicClock& clock;
  const Clock& wall;                         // for renewTime and acquireTime, which people read
  std::function<double()> chance = nullptr;  // 0 … 1; nullptr: random
};

struct LeaderElectionStatus {
  bool leading = false;
  std::string leader;                                         // as last observed; "" when nobody or not known
  std::string last_error;                                     // of the last try; "" when it had none
  std::uint64_t renewals = 0, failures = 0, transitions = 0;  // transitions: how often we have begun to lead
};

// Tries for the Lease from construction on, on its own thread, until destruction, which releases it when we lead: destroy it after leading
// work has ended. client and time outlive it. The options must have passed Check.
class LeaderElection {
 public:
  LeaderElection(KubeClient& client, LeaderElectionOptions options, LeaderCallbacks callbacks, ElectionTime time);
  ~LeaderElection();

  // We lead and the renew deadline has not passed since the last renewal was sent: false as soon as it has, whatever the thread hangs in.
  bool IsLeading() const;
  LeaderElectionStatus status() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace hullwright::kube
