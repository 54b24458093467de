// Tells people what was done to an object: events.k8s.io/v1. Best effort: nothing waits for an event, and what depends on one is wrong.
// Never in the admission path, where a request could make any number of them.
//
// Needs create and patch on events (events.k8s.io).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/monotonic_clock.h"
#include "kube/client.h"
#include "kube/event_series.h"

namespace hullwright::kube {

struct EventRecorderOptions {
  std::string controller;  // reportingController: "hullwright.dev/operator"
  std::string instance;    // reportingInstance: the Pod's name, cut to 128 bytes
  std::size_t max_waiting = 1000;
  int tries = 12;                                    // of one write; then it is dropped (client-go's values)
  std::chrono::milliseconds pause{10'000};           // between tries
  std::chrono::milliseconds deadline{10'000};        // of one try
  std::chrono::milliseconds look_at_series{60'000};  // how often it is seen which series have ended
  EventSeriesOptions series = {};                    // first_name is drawn by the recorder
};

struct EventRecorderStatus {
  std::uint64_t recorded = 0;  // calls
  std::uint64_t written = 0;   // requests that succeeded
  std::uint64_t dropped = 0;   // no room, too many of a namespace, refused, or all tries used up
  std::size_t waiting = 0;     // recorded, and neither written nor dropped so far
  std::string last_error;      // "" when the last write succeeded
};

// Thread-safe. Writes on its own thread; destruction ends it at once, what waits is dropped.
class EventRecorder {
 public:
  EventRecorder(KubeClient& client, EventRecorderOptions options, MonotonicClock& clock, const Clock& wall);
  ~EventRecorder();

  // Returns at once.
  void Record(Event event);
  // Waits until everything recorded so far is written or dropped; false when that took longer. At the end of a program.
  bool Flush(std::chrono::milliseconds patience);
  EventRecorderStatus status() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace hullwright::kube
