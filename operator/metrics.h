// What /metrics of the operator tells, in the text format of Prometheus. Every label has a bounded set of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "kube/events.h"
#include "kube/list_watch.h"
#include "kube/work_queue.h"
#include "operator/webhook_configuration.h"

namespace hullwright::controller {

// What is asked at each scrape rather than counted.
struct MetricSources {
  std::function<bool()> leading, ready;
  std::function<std::map<std::string, kube::ListWatchStatus>()> watches;  // by resource
  std::function<kube::WorkQueueStatus()> queue;
  std::function<std::optional<kube::WorkersStatus>()> workers;  // nullopt while somebody else leads
  std::function<kube::EventRecorderStatus()> events;
  std::function<std::uint64_t()> status_writes;
};

enum class CertificateRole { kAuthority, kLeaf };

// Thread-safe. What only the leader knows is told by the leader alone.
class Metrics {
 public:
  void SetGateOff(bool off);
  void SetInForce(HookKind kind, bool in_force);
  void CountApplied(HookKind kind);
  void CountDrift(HookKind kind);
  void CountInvalid();
  void SetExpiry(CertificateRole role, Time expiry);
  void SetRenewal(CertificateRole role, Time renewal);
  void CountIssued(CertificateRole role);
  void SetAuthorities(std::size_t trusted);

  std::string Serialize(const MetricSources& sources) const;

 private:
  struct State {
    std::optional<bool> gate_off;
    std::map<HookKind, bool> in_force;
    std::map<HookKind, std::uint64_t> applied, drift;
    std::uint64_t invalid = 0;
    std::map<CertificateRole, Time> expiry, renewal;
    std::map<CertificateRole, std::uint64_t> issued;
    std::optional<std::size_t> authorities;
  };

  Guarded<State> state_;
};

}  // namespace hullwright::controller
