// Events: what is written of those that repeat, and what happens when nobody takes them.
#include "kube/events.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "support/kube_contract.h"
#include "support/memory_kube.h"
#include "support/own_time.h"

namespace hullwright::kube {
namespace {

using namespace hullwright::testing;
using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Deadline kBegin{std::chrono::hours(1000)};
constexpr Time kNoon{seconds(1'772'366'400)};  // 2026-03-01T12:00:00Z

Event Drift(const std::string& name = "web", const std::string& namespace_ = "shop") {
  return {{"v1", "ConfigMap", namespace_, name, "uid-1", "7"}, EventSeverity::kWarning, "Drift", "Restore", "somebody changed it"};
}

// ── What is written ──

TEST_CASE("The first event is written, the second begins a series, of the rest the number", "[kube]") {
  EventSeries series({});
  const auto first = series.Note(Drift(), kBegin, kNoon);
  REQUIRE(first.size() == 1);
  CHECK(first[0].type == EventWrite::Type::kCreate);
  CHECK(first[0].namespace_ == "shop");
  CHECK(first[0].name.starts_with("web."));
  CHECK(first[0].count == 1);
  Event again = Drift();
  again.note = "another sentence";
  again.regarding.resource_version = "8";
  const auto second = series.Note(again, kBegin + seconds(1), kNoon + seconds(1));
  REQUIRE(second.size() == 1);
  CHECK(second[0].type == EventWrite::Type::kSeries);
  CHECK(second[0].name == first[0].name);
  CHECK(second[0].count == 2);
  CHECK(second[0].first == kNoon);
  CHECK(second[0].last == kNoon + seconds(1));
  for (int i = 2; i < 100; ++i) CHECK(series.Note(Drift(), kBegin + seconds(i), kNoon + seconds(i)).empty());
  CHECK(series.Due(kBegin + minutes(5)).empty());
  // Silent for so long: it has ended, and its whole number is told.
  const auto ended = series.Due(kBegin + seconds(99) + minutes(6));
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].count == 100);
  CHECK(ended[0].last == kNoon + seconds(99));
  const auto anew = series.Note(Drift(), kBegin + minutes(10), kNoon + minutes(10));
  REQUIRE(anew.size() == 1);
  CHECK(anew[0].type == EventWrite::Type::kCreate);
  CHECK(anew[0].name != first[0].name);
}

TEST_CASE("A series that goes on is told every half hour", "[kube]") {
  EventSeries series({});
  int written = 0;
  for (int minute = 0; minute < 120; ++minute) {
    written += static_cast<int>(series.Note(Drift(), kBegin + minutes(minute), kNoon).size());
    written += static_cast<int>(series.Due(kBegin + minutes(minute)).size());
  }
  CHECK(written == 2 + 3);
}

TEST_CASE("Events that say something else are not of one series", "[kube]") {
  EventSeries series({});
  std::vector<Event> events(6, Drift());
  events[1].reason = "Other";
  events[2].action = "Other";
  events[3].severity = EventSeverity::kNormal;
  events[4].regarding.name = "other";
  events[5].regarding.uid = "uid-2";
  for (const Event& event : events) CHECK(series.Note(event, kBegin, kNoon).size() == 1);
}

TEST_CASE("A namespace has its share of events, and takes none of another's", "[kube]") {
  EventSeriesOptions options;
  options.burst = 3;
  options.events_per_second = 1;
  EventSeries series(options);
  int written = 0;
  for (int i = 0; i < 10; ++i) written += static_cast<int>(series.Note(Drift("web-" + std::to_string(i)), kBegin, kNoon).size());
  CHECK(written == 3);
  CHECK(series.limited() == 7);
  CHECK(series.Note(Drift("web", "other"), kBegin, kNoon).size() == 1);
  CHECK(series.Note(Drift("later"), kBegin + seconds(1), kNoon).size() == 1);
}

TEST_CASE("Many objects and namespaces cost no more than was set aside for them", "[kube]") {
  EventSeriesOptions options;
  options.max_series = 10;
  options.max_namespaces = 20;
  options.events_per_second = 0.001;
  EventSeries series(options);
  for (int i = 0; i < 20; ++i) CHECK(series.Note(Drift("web", "ns-" + std::to_string(i)), kBegin + seconds(i), kNoon).size() == 1);
  CHECK(series.Note(Drift("web", "one-more"), kBegin + seconds(30), kNoon).empty());
  CHECK(series.limited() == 1);
  // The last ten are still known, so that theirs become series.
  CHECK(series.Note(Drift("web", "ns-19"), kBegin + seconds(31), kNoon)[0].type == EventWrite::Type::kSeries);
  CHECK(series.Note(Drift("web", "ns-0"), kBegin + seconds(31), kNoon)[0].type == EventWrite::Type::kCreate);
  // Buckets that are full again give their place.
  CHECK(series.Note(Drift("web", "one-more"), kBegin + std::chrono::hours(10), kNoon).size() == 1);
}

TEST_CASE("Names and words of events are valid whatever the object is called", "[kube]") {
  EventSeries series({});
  const auto name_of = [&](const std::string& object) { return series.Note(Drift(object), kBegin, kNoon).at(0).name; };
  const auto is_subdomain = [](const std::string& name) {
    bool sound = !name.empty() && name.size() <= 253;
    char before = '.';
    for (const char c : name + ".") {
      const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      sound &= alphanumeric || (c == '-' && before != '.') || (c == '.' && before != '.' && before != '-');
      before = c;
    }
    return sound;
  };
  for (const std::string& object : std::vector<std::string>{"web", "system:node:n1", std::string(253, 'x'), "-", "..", "a.-b", "", "Ü"}) {
    INFO(object);
    CHECK(is_subdomain(name_of(object)));
  }
  Event event = Drift("long");
  event.note = std::string(5'000, 'n') + "\n";
  event.reason = std::string(500, 'r');
  const auto write = series.Note(event, kBegin, kNoon).at(0);
  CHECK(write.event.note.size() <= 1'024);
  CHECK(write.event.reason.size() == 128);
}

TEST_CASE("A wall clock that jumps changes what events say, not which are written", "[kube]") {
  EventSeries series({});
  CHECK(series.Note(Drift(), kBegin, kNoon).size() == 1);
  CHECK(series.Note(Drift(), kBegin + seconds(1), kNoon - std::chrono::hours(48)).size() == 1);
  CHECK(series.Note(Drift(), kBegin + seconds(2), kNoon + std::chrono::hours(48)).empty());
  CHECK(series.Due(kBegin + seconds(3)).empty());
}

// ── Who writes it ──

EventRecorderOptions Recorder() {
  EventRecorderOptions options;
  options.controller = "hullwright.dev/operator";
  options.instance = "operator-1";
  options.look_at_series = std::chrono::milliseconds(5);
  return options;
}

json OnlyEvent(const MemoryKube& kube) {
  const auto paths = kube.Paths();
  REQUIRE(paths.size() == 1);
  return kube.Object(paths[0]);
}

TEST_CASE("A recorder writes events as events.k8s.io wants them", "[kube]") {
  MemoryKube kube;
  OwnMonotonicClock clock;
  OwnClock wall;
  EventRecorder recorder(kube, Recorder(), clock, wall);
  recorder.Record(Drift());
  REQUIRE(recorder.Flush(kPatience));
  json event = OnlyEvent(kube);
  CHECK(event["apiVersion"] == "events.k8s.io/v1");
  CHECK(event["kind"] == "Event");
  CHECK(event["metadata"]["namespace"] == "shop");
  CHECK(event["eventTime"] == "2026-03-01T12:00:00.000000Z");
  CHECK(event["reportingController"] == "hullwright.dev/operator");
  CHECK(event["reportingInstance"] == "operator-1");
  CHECK(event["reason"] == "Drift");
  CHECK(event["action"] == "Restore");
  CHECK(event["type"] == "Warning");
  CHECK(event["note"] == "somebody changed it");
  CHECK(
      event["regarding"] ==
      json{
          {"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"namespace", "shop"}, {"name", "web"}, {"uid", "uid-1"}, {"resourceVersion", "7"}});
  CHECK_FALSE(event.contains("series"));
  for (int i = 0; i < 5; ++i) recorder.Record(Drift());
  REQUIRE(recorder.Flush(kPatience));
  CHECK(OnlyEvent(kube)["series"]["count"] == 2);
  clock.Advance(minutes(7));
  CHECK(WaitUntil([&] { return OnlyEvent(kube)["series"]["count"] == 6; }, kPatience));
  const auto status = recorder.status();
  CHECK(status.recorded == 6);
  CHECK(status.written == 3);
  CHECK(status.dropped == 0);
}

TEST_CASE("An event of a cluster-scoped object is in the namespace default", "[kube]") {
  MemoryKube kube;
  OwnMonotonicClock clock;
  OwnClock wall;
  EventRecorder recorder(kube, Recorder(), clock, wall);
  recorder.Record(Drift("web", ""));
  REQUIRE(recorder.Flush(kPatience));
  CHECK(OnlyEvent(kube)["metadata"]["namespace"] == "default");
  CHECK_FALSE(OnlyEvent(kube)["regarding"].contains("namespace"));
}

TEST_CASE("A series whose first event has expired is written as a whole", "[kube]") {
  MemoryKube kube;
  OwnMonotonicClock clock;
  OwnClock wall;
  EventRecorder recorder(kube, Recorder(), clock, wall);
  recorder.Record(Drift());
  REQUIRE(recorder.Flush(kPatience));
  kube.RemoveObject(kube.Paths().at(0));
  recorder.Record(Drift());
  REQUIRE(recorder.Flush(kPatience));
  CHECK(OnlyEvent(kube)["series"]["count"] == 2);
}

TEST_CASE("An event is tried again while that may help, and dropped when it does not", "[kube]") {
  MemoryKube kube;
  OwnMonotonicClock clock;
  OwnClock wall;
  std::atomic<int> asked = 0;
  std::atomic<ErrorCode> code = ErrorCode::kUnavailable;
  std::atomic<int> failing = 3;
  kube.SetFault([&](const MemoryRequest&) -> std::optional<Error> {
    ++asked;
    if (failing-- <= 0) return std::nullopt;
    return Error{code, "no"};
  });
  EventRecorder recorder(kube, Recorder(), clock, wall);
  recorder.Record(Drift("first"));
  REQUIRE(recorder.Flush(kPatience));
  CHECK(asked == 4);
  CHECK(recorder.status().written == 1);
  asked = 0;
  failing = 1'000;
  recorder.Record(Drift("second"));
  REQUIRE(recorder.Flush(kPatience));
  CHECK(asked == 12);
  CHECK(recorder.status().dropped == 1);
  CHECK(recorder.status().last_error == "no");
  asked = 0;
  code = ErrorCode::kDenied;  // the namespace is going, or we may not
  recorder.Record(Drift("third"));
  REQUIRE(recorder.Flush(kPatience));
  CHECK(asked == 1);
  CHECK(recorder.status().dropped == 2);
}

TEST_CASE("Nobody waits for an event: what finds no room is dropped and counted", "[kube]") {
  MemoryKube kube;
  OwnMonotonicClock clock;
  OwnClock wall;
  std::atomic<bool> hanging = false, release = false;
  kube.SetFault([&](const MemoryRequest&) -> std::optional<Error> {
    hanging = true;
    WaitUntil([&] { return release.load(); }, kPatience);
    return std::nullopt;
  });
  EventRecorderOptions options = Recorder();
  options.max_waiting = 10;
  options.series.burst = 1'000;
  EventRecorder recorder(kube, options, clock, wall);
  recorder.Record(Drift("first"));
  REQUIRE(WaitUntil([&] { return hanging.load(); }, kPatience));
  for (int i = 0; i < 15; ++i) recorder.Record(Drift("web-" + std::to_string(i)));
  CHECK(recorder.status().waiting == 11);
  CHECK(recorder.status().dropped == 5);
  CHECK_FALSE(recorder.Flush(std::chrono::milliseconds(1)));
  release = true;
  REQUIRE(recorder.Flush(kPatience));
  CHECK(recorder.status().written == 11);
}

}  // namespace
}  // namespace hullwright::kube
