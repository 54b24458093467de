// One candidate's view of one Lease, and one try at it (client-go: tools/leaderelection, tryAcquireOrRenew). LeaderElection repeats it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/monotonic_clock.h"
#include "kube/client.h"
#include "kube/lease_record.h"

namespace hullwright::kube {

struct LeaseCandidate {
  std::string namespace_, name;  // of the Lease
  std::string identity;
  std::chrono::seconds lease_duration;
};

enum class Standing {
  kHeld,           // the Lease is ours, as of renewed_at()
  kHeldByAnother,  // or somebody was quicker just now
};

// Not thread-safe; client and clocks outlive it.
class LeaseElector {
 public:
  LeaseElector(KubeClient& client, LeaseCandidate candidate, const MonotonicClock& clock, const Clock& wall);

  // Takes the Lease when it is free, renews it when it is ours. An error leaves open whether it was renewed. Ends by the deadline.
  Result<Standing> Try(Deadline deadline);
  // Gives the Lease up, when it is ours; success also when it is not.
  Result<void> Release(Deadline deadline);

  bool IsHolder() const { return lease_ && lease_->record.holder == candidate_.identity; }
  std::string holder() const { return lease_ ? lease_->record.holder : ""; }  // as last observed
  // When the last renewal that succeeded was sent: others measure from later.
  Deadline renewed_at() const { return renewed_at_; }

 private:
  Result<Standing> Create(Deadline deadline);
  Result<Standing> Take(Deadline deadline);
  Result<void> Write(const LeaseRecord& record, Deadline deadline);
  Result<void> Accept(const Result<KubeReply>& reply, Deadline sent);
  void Observe(Lease lease);
  LeaseRecord Ours() const;
  bool IsValid() const;  // the holder's time, as measured here, is not over

  KubeClient& client_;
  const LeaseCandidate candidate_;
  const MonotonicClock& clock_;
  const Clock& wall_;
  const std::string collection_, path_;
  std::optional<Lease> lease_;  // as last observed
  Deadline observed_at_{};      // when its record was first seen as it is
  Deadline renewed_at_{};
};

}  // namespace hullwright::kube
