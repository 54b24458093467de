#include "kube/key_schedule.h"

#include <algorithm>

namespace hullwright::kube {
namespace {

using std::chrono::milliseconds;

milliseconds Between(Deadline begin, Deadline end) {
  return std::chrono::duration_cast<milliseconds>(std::max(end - begin, Deadline::duration::zero()));
}

milliseconds LongestSince(const std::unordered_map<std::string, Deadline>& since, Deadline now) {
  milliseconds longest{0};
  for (const auto& [key, begin] : since) longest = std::max(longest, Between(begin, now));
  return longest;
}

}  // namespace

void KeySchedule::Add(const std::string& key, Deadline now) {
  if (!dirty_.emplace(key, now).second) return;
  ++sums_.adds;
  if (!processing_.contains(key)) line_.push_back(key);
}

void KeySchedule::AddAfter(const std::string& key, milliseconds delay, Deadline now) {
  if (delay.count() <= 0) return Add(key, now);
  const Deadline due = now + delay;
  const auto [known, is_new] = due_.emplace(key, due);
  if (!is_new) {
    if (known->second <= due) return;
    delayed_.erase({known->second, key});
    known->second = due;
  }
  delayed_.emplace(due, key);
}

milliseconds KeySchedule::AddRateLimited(const std::string& key, Deadline now) {
  constexpr int kMostDoublings = 40;  // beyond any most_retry
  const int failures = failures_[key]++;
  const auto own = failures < kMostDoublings ? std::min<milliseconds>(options_.first_retry * (1LL << failures), options_.most_retry)
                                             : options_.most_retry;
  const auto pause = std::max<milliseconds>(own, retries_.Take(now));
  ++sums_.retries;
  AddAfter(key, pause, now);
  return pause;
}

int KeySchedule::Failures(const std::string& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

void KeySchedule::MoveDue(Deadline now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    const auto [due, key] = *delayed_.begin();
    delayed_.erase(delayed_.begin());
    due_.erase(key);
    Add(key, due);
  }
}

std::optional<std::string> KeySchedule::Take(Deadline now) {
  MoveDue(now);
  if (line_.empty()) return std::nullopt;
  std::string key = std::move(line_.front());
  line_.pop_front();
  sums_.waited += Between(dirty_.at(key), now);
  dirty_.erase(key);
  processing_.emplace(key, now);
  return key;
}

void KeySchedule::Done(const std::string& key, Deadline now) {
  const auto found = processing_.find(key);
  if (found == processing_.end()) return;
  sums_.worked += Between(found->second, now);
  ++sums_.done;
  processing_.erase(found);
  if (dirty_.contains(key)) line_.push_back(key);
}

std::optional<Deadline> KeySchedule::NextDue() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
}

void KeySchedule::DropDelayed() {
  delayed_.clear();
  due_.clear();
}

WorkQueueStatus KeySchedule::status(Deadline now) const {
  WorkQueueStatus status = sums_;
  status.waiting = line_.size();
  status.delayed = delayed_.size();
  status.processing = processing_.size();
  status.failing = failures_.size();
  status.longest_waiting = LongestSince(dirty_, now);
  status.longest_working = LongestSince(processing_, now);
  return status;
}

}  // namespace hullwright::kube
