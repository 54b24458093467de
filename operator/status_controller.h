// Writes the Ready condition into the status of our own objects, when it says something new.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/client.h"
#include "kube/work_queue.h"

namespace hullwright::controller {

// Follows our objects on every replica; writes while it is told to lead. Thread-safe. Everything given outlives it.
class StatusController {
 public:
  StatusController(kube::KubeClient& client, kube::KubeClient& writer, const Clock& clock);
  ~StatusController();

  // Begins, or ends, to write; every object is looked at when it begins.
  void Lead();
  void Stop();

  // nullopt when every first list has arrived; otherwise what is still missing.
  std::optional<std::string> Missing() const;
  kube::WorkQueueStatus queue() const;
  std::uint64_t writes() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hullwright::controller
