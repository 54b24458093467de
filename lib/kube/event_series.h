// What is written of events that repeat: the first as an Event, the second begins a series on it, and of the others only how many there
// were (client-go: tools/events, event_broadcaster). A value: no thread, no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/rate_limit.h"

namespace hullwright::kube {

// core/v1 ObjectReference.
struct ObjectReference {
  std::string api_version, kind;
  std::string namespace_;  // "" for cluster-scoped objects
  std::string name;
  std::string uid = {}, resource_version = {};

  ObjectReference WithoutVersion() const { return {api_version, kind, namespace_, name, uid, ""}; }
  auto operator<=>(const ObjectReference&) const = default;
};

enum class EventSeverity { kNormal, kWarning };

// events.k8s.io/v1 Event, as far as we say something. Two are of one series when all but the note and the resourceVersion is the same.
struct Event {
  ObjectReference regarding;
  EventSeverity severity = EventSeverity::kNormal;
  std::string reason;  // a word of docs/operations.md, at most 128 bytes: "WebhookConfigurationDrift"
  std::string action;  // what was done or tried, at most 128 bytes: "Restore"
  std::string note;    // a sentence for people, cut to 1,024 bytes
};

struct EventSeriesOptions {
  std::chrono::milliseconds refresh = std::chrono::minutes(30);  // a series that goes on is written again after so long
  std::chrono::milliseconds finish = std::chrono::minutes(6);    // one that was silent for so long has ended
  std::size_t max_series = 4096;
  std::size_t max_namespaces = 4096;
  // New Events and new series of one namespace (that of regarding); further repetitions cost nothing.
  double events_per_second = 0.2;
  int burst = 25;
  std::uint64_t first_name = 0;  // of this recorder's Events: random, so that two recorders do not take each other's names
};

// One thing to write.
struct EventWrite {
  enum class Type { kCreate, kSeries } type = Type::kCreate;
  std::string namespace_, name;  // of the Event; "default" for cluster-scoped objects
  Event event;
  Time first, last;  // wall clock, for people
  std::uint64_t count = 1;
};

// now is monotonic and decides; wall is only written down. Not thread-safe.
class EventSeries {
 public:
  explicit EventSeries(const EventSeriesOptions& options) : options_(options) {}

  // What to write of it: one or nothing. Dropped ones are counted.
  std::vector<EventWrite> Note(const Event& event, Deadline now, Time wall);
  // What has become due: series to be refreshed and those that have ended. Call about once a minute.
  std::vector<EventWrite> Due(Deadline now);
  std::uint64_t limited() const { return limited_; }  // dropped, because their namespace had too many

 private:
  struct Key {
    ObjectReference regarding;
    EventSeverity severity;
    std::string reason, action;
    auto operator<=>(const Key&) const = default;
  };
  struct Series {
    EventWrite state;
    Deadline last_seen, last_written;
    std::uint64_t written_count = 1;
  };

  static EventWrite WriteSeries(Series& series, Deadline now);
  bool MayWrite(const std::string& namespace_, Deadline now);
  void MakeRoom();

  const EventSeriesOptions options_;
  std::map<Key, Series> series_;
  std::map<std::string, TokenBucket> buckets_;
  std::uint64_t limited_ = 0, names_ = 0;
};

}  // namespace hullwright::kube
