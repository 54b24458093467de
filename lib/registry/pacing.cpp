#include "registry/pacing.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace hullwright::registry {
namespace {

constexpr std::size_t kMaxBuckets = 4096;  // hosts come from image references, so their number is the writers' choice

std::chrono::steady_clock::duration Seconds(double count) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(count));
}

}  // namespace

void SystemTimer::SleepUntil(Deadline time) {
  std::this_thread::sleep_until(time);
}

TokenBucket::TokenBucket(double per_second, Deadline now) : refilled_(now), blocked_until_(now) {
  SetRate(per_second);
  tokens_ = burst_;
}

void TokenBucket::SetRate(double per_second) {
  per_second_ = per_second;
  burst_ = std::max(2 * per_second, 2.0);
}

Deadline TokenBucket::Take(Priority priority, Deadline now, Deadline latest) {
  if (now > refilled_) {
    tokens_ = std::min(burst_, tokens_ + std::chrono::duration<double>(now - refilled_).count() * per_second_);
    refilled_ = now;
  }
  const double kept_back = priority == Priority::kAdmission ? 0 : burst_ / 2;
  const double missing = kept_back + 1 - tokens_;
  const Deadline turn = std::max(missing <= 0 ? now : now + Seconds(missing / per_second_), blocked_until_);
  if (turn <= latest && (priority == Priority::kAdmission || turn <= now)) tokens_ -= 1;
  return turn;
}

void TokenBucket::BlockUntil(Deadline time) {
  blocked_until_ = std::max(blocked_until_, time);
}

TokenBucket& Pacing::Bucket(Buckets& buckets, const std::string& host, double per_second) {
  const auto found = buckets.find(host);
  if (found != buckets.end()) {
    // Two registries may share a token service or store, each with its own rate.
    found->second.SetRate(per_second);
    return found->second;
  }
  if (buckets.size() >= kMaxBuckets) buckets.erase(buckets.begin());
  return buckets.emplace(host, TokenBucket(per_second, timer_.Now())).first->second;
}

Answer<void> Pacing::Wait(const std::string& host, double per_second, Priority priority, Deadline deadline) {
  for (;;) {
    const Deadline now = timer_.Now();
    const Deadline turn = buckets_.With([&](auto& buckets) { return Bucket(buckets, host, per_second).Take(priority, now, deadline); });
    if (turn > deadline) {
      const auto wait = std::chrono::ceil<std::chrono::seconds>(turn - now);
      return std::unexpected(
          Problem{Why::kRateLimited, fmt::format("{}: asked too often, its next turn is in {} s", host, wait.count()), wait});
    }
    if (turn <= now) return {};
    timer_.SleepUntil(turn);
    if (priority == Priority::kAdmission) return {};
  }
}

void Pacing::Silence(const std::string& host, double per_second, std::chrono::seconds duration) {
  const Deadline until = timer_.Now() + duration;
  buckets_.With([&](auto& buckets) { Bucket(buckets, host, per_second).BlockUntil(until); });
}

}  // namespace hullwright::registry
