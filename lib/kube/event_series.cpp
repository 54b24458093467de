#include "kube/event_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostWordBytes = 128, kMostNoteBytes = 1024;  // events.k8s.io/v1
constexpr std::size_t kMostNameBytes = 253;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// "<object>.<16 hex digits>", a DNS subdomain whatever the object is called (roles have colons).
std::string EventName(const std::string& object, std::uint64_t number) {
  constexpr std::size_t kSuffix = 17;
  std::string name = object.substr(0, kMostNameBytes - kSuffix);
  for (char& c : name) {
    if (!IsNameCharacter(c) && c != '-' && c != '.') c = '-';
  }
  for (std::size_t i = 0; i < name.size(); ++i) {  // each label begins and ends with a letter or digit
    const bool at_edge = i == 0 || i + 1 == name.size() || name[i - 1] == '.' || name[i + 1] == '.';
    if (at_edge && name[i] == '-') name[i] = 'x';
    if (at_edge && name[i] == '.' && (i == 0 || i + 1 == name.size() || name[i - 1] == '.')) name[i] = 'x';
  }
  return fmt::format("{}.{:016x}", name.empty() ? "x" : name, number);
}

Event WithinBounds(Event event) {
  event.reason = event.reason.substr(0, kMostWordBytes);
  event.action = event.action.substr(0, kMostWordBytes);
  event.note = Printable(event.note, kMostNoteBytes);
  if (event.note.size() > kMostNoteBytes) event.note.resize(kMostNoteBytes);
  return event;
}

}  // namespace

std::vector<EventWrite> EventSeries::Note(const Event& event, Deadline now, Time wall) {
  const Key key{event.regarding.WithoutVersion(), event.severity, event.reason, event.action};
  const std::string namespace_ = event.regarding.namespace_.empty() ? "default" : event.regarding.namespace_;
  if (const auto found = series_.find(key); found != series_.end()) {
    Series& series = found->second;
    ++series.state.count;
    series.state.last = wall;
    series.last_seen = now;
    // The second one makes it a series; of the others Due tells.
    if (series.written_count > 1 || !MayWrite(namespace_, now)) return {};
    return {WriteSeries(series, now)};
  }
  if (!MayWrite(namespace_, now)) {
    ++limited_;
    return {};
  }
  MakeRoom();
  const std::uint64_t number =
      (static_cast<std::uint64_t>(wall.time_since_epoch().count()) << 20) + (options_.first_name + names_++) % (1u << 20);
  EventWrite write{EventWrite::Type::kCreate, namespace_, EventName(event.regarding.name, number), WithinBounds(event), wall, wall, 1};
  series_.emplace(key, Series{write, now, now, 1});
  return {std::move(write)};
}

std::vector<EventWrite> EventSeries::Due(Deadline now) {
  std::vector<EventWrite> writes;
  for (auto entry = series_.begin(); entry != series_.end();) {
    Series& series = entry->second;
    const bool ended = now - series.last_seen >= options_.finish;
    const bool unwritten = series.state.count > series.written_count;
    if (unwritten && (ended || now - series.last_written >= options_.refresh)) writes.push_back(WriteSeries(series, now));
    entry = ended ? series_.erase(entry) : std::next(entry);
  }
  return writes;
}

EventWrite EventSeries::WriteSeries(Series& series, Deadline now) {
  series.last_written = now;
  series.written_count = series.state.count;
  EventWrite write = series.state;
  write.type = EventWrite::Type::kSeries;
  return write;
}

bool EventSeries::MayWrite(const std::string& namespace_, Deadline now) {
  auto bucket = buckets_.find(namespace_);
  if (bucket == buckets_.end()) {
    // A full bucket is as good as none.
    if (buckets_.size() >= options_.max_namespaces) std::erase_if(buckets_, [&](const auto& entry) { return entry.second.IsFull(now); });
    if (buckets_.size() >= options_.max_namespaces) return false;
    bucket = buckets_.emplace(namespace_, TokenBucket(options_.events_per_second, options_.burst)).first;
  }
  return bucket->second.TryTake(now);
}

// The series that was silent for longest goes, its last count untold.
void EventSeries::MakeRoom() {
  if (series_.size() < options_.max_series) return;
  const auto oldest = std::ranges::min_element(series_, {}, [](const auto& entry) { return entry.second.last_seen; });
  series_.erase(oldest);
}

}  // namespace hullwright::kube
