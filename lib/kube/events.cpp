#include "kube/events.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/bounded_queue.h"
#include "base/guarded.h"
#include "base/json_text.h"
#include "base/log.h"
#include "kube/lease_record.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostWaitingBytes = 4u << 20;
constexpr std::size_t kMostInstanceBytes = 128;

nlohmann::json SeriesJson(const EventWrite& write) {
  return {{"count", write.count}, {"lastObservedTime", MicroTime(write.last)}};
}

nlohmann::json ReferenceJson(const ObjectReference& reference) {
  nlohmann::json object{{"apiVersion", reference.api_version}, {"kind", reference.kind}, {"name", reference.name}};
  if (!reference.namespace_.empty()) object["namespace"] = reference.namespace_;
  if (!reference.uid.empty()) object["uid"] = reference.uid;
  if (!reference.resource_version.empty()) object["resourceVersion"] = reference.resource_version;
  return object;
}

nlohmann::json EventJson(const EventWrite& write, const EventRecorderOptions& options) {
  nlohmann::json event{{"apiVersion", "events.k8s.io/v1"},
                       {"kind", "Event"},
                       {"metadata", {{"name", write.name}, {"namespace", write.namespace_}}},
                       {"eventTime", MicroTime(write.first)},
                       {"reportingController", options.controller},
                       {"reportingInstance", options.instance},
                       {"action", write.event.action},
                       {"reason", write.event.reason},
                       {"regarding", ReferenceJson(write.event.regarding)},
                       {"note", write.event.note},
                       {"type", write.event.severity == EventSeverity::kWarning ? "Warning" : "Normal"}};
  if (write.count > 1) event["series"] = SeriesJson(write);
  return event;
}

EventRecorderOptions Completed(EventRecorderOptions options) {
  options.instance = options.instance.substr(0, kMostInstanceBytes);
  options.series.first_name = std::random_device{}();
  return options;
}

}  // namespace

class EventRecorder::Writer {
 public:
  Writer(KubeClient& client, EventRecorderOptions options, MonotonicClock& clock, const Clock& wall)
      : client_(client),
        options_(Completed(std::move(options))),
        clock_(clock),
        wall_(wall),
        waiting_(options_.max_waiting, kMostWaitingBytes),
        series_(options_.series),
        thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Record(Event event) {
    const std::size_t bytes = sizeof(Event) + event.note.size() + event.regarding.name.size();
    // Counted before the thread can see it.
    status_.With([](EventRecorderStatus& status) {
      ++status.recorded;
      ++status.waiting;
    });
    if (waiting_.Push({std::move(event), clock_.Now(), wall_.Now()}, bytes)) return;
    status_.With([](EventRecorderStatus& status) { ++status.dropped; });
    Settle();
  }

  bool Flush(std::chrono::milliseconds patience) {
    std::unique_lock lock(settling_);
    return settled_.wait_for(lock, patience, [&] { return status().waiting == 0; });
  }

  EventRecorderStatus status() const {
    return status_.With([](const EventRecorderStatus& status) { return status; });
  }

 private:
  struct Recorded {
    Event event;
    Deadline now;
    Time wall;
  };

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const Recorded& recorded : waiting_.Take(stop, options_.look_at_series)) {
        const std::uint64_t limited = series_.limited();
        for (const EventWrite& write : series_.Note(recorded.event, recorded.now, recorded.wall)) Write(write, stop);
        status_.With([&](EventRecorderStatus& status) { status.dropped += series_.limited() - limited; });
        Settle();
      }
      for (const EventWrite& write : series_.Due(clock_.Now())) Write(write, stop);
      waiting_.Done();
    }
  }

  // One of those recorded has been written or dropped.
  void Settle() {
    status_.With([](EventRecorderStatus& status) { --status.waiting; });
    const std::lock_guard lock(settling_);  // so that it is not missed between a look and the wait
    settled_.notify_all();
  }

  void Write(const EventWrite& write, const std::stop_token& stop) {
    Result<void> written = Fail(ErrorCode::kDeadline, "stopped before it was written");
    for (int i = 0; i < options_.tries && !stop.stop_requested(); ++i) {
      if (i > 0) clock_.Sleep(options_.pause, stop);
      written = TryOnce(write);
      const bool may_help = !written && (written.error().code == ErrorCode::kUnavailable || written.error().code == ErrorCode::kDeadline);
      if (!may_help) break;
    }
    status_.With([&](EventRecorderStatus& status) {
      ++(written ? status.written : status.dropped);
      status.last_error = written ? "" : written.error().message;
    });
    if (!written) log::Warn("event not written", {{"reason", write.event.reason}, {"error", written.error().message}});
  }

  Result<void> TryOnce(const EventWrite& write) {
    const std::string collection = fmt::format("/apis/events.k8s.io/v1/namespaces/{}/events", write.namespace_);
    const Deadline deadline = clock_.Now() + options_.deadline;
    if (write.type == EventWrite::Type::kSeries) {
      const std::string patch = JsonLine(nlohmann::json{{"series", SeriesJson(write)}});
      auto patched = client_.Patch(fmt::format("{}/{}", collection, write.name), PatchType::kMerge, patch, deadline);
      if (patched) return {};
      // Events are kept for an hour: the first is gone, so that this one tells all.
      if (patched.error().code != ErrorCode::kNotFound) return std::unexpected(patched.error());
    }
    auto created = client_.Post(collection, JsonLine(EventJson(write, options_)), deadline);
    // Its name is ours alone: an earlier try has reached the server after all.
    if (!created && created.error().code != ErrorCode::kConflict) return std::unexpected(created.error());
    return {};
  }

  KubeClient& client_;
  const EventRecorderOptions options_;
  MonotonicClock& clock_;
  const Clock& wall_;
  BoundedQueue<Recorded> waiting_;
  Guarded<EventRecorderStatus> status_;
  std::mutex settling_;
  std::condition_variable settled_;
  EventSeries series_;  // of the thread alone

  std::jthread thread_;  // last: runs on all of the above
};

EventRecorder::EventRecorder(KubeClient& client, EventRecorderOptions options, MonotonicClock& clock, const Clock& wall)
    : writer_(std::make_unique<Writer>(client, std::move(options), clock, wall)) {}
EventRecorder::~EventRecorder() = default;

void EventRecorder::Record(Event event) {
  writer_->Record(std::move(event));
}
bool EventRecorder::Flush(std::chrono::milliseconds patience) {
  return writer_->Flush(patience);
}
EventRecorderStatus EventRecorder::status() const {
  return writer_->status();
}

}  // namespace hullwright::kube
