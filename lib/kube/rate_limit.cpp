#include "kube/rate_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <utility>

#include "base/guarded.h"

namespace hullwright::kube {

using std::chrono::milliseconds;

TokenBucket::TokenBucket(double tokens_per_second, int burst) : per_second_(tokens_per_second), burst_(burst), tokens_(burst) {
  assert(tokens_per_second > 0 && burst > 0);
}

double TokenBucket::TokensAt(Deadline now) const {
  if (at_ == Deadline{} || now <= at_) return tokens_;
  return std::min(burst_, tokens_ + std::chrono::duration<double>(now - at_).count() * per_second_);
}

bool TokenBucket::TryTake(Deadline now) {
  if (TokensAt(now) < 1) return false;
  Take(now);
  return true;
}

milliseconds TokenBucket::Take(Deadline now) {
  tokens_ = TokensAt(now) - 1;
  at_ = std::max(at_, now);
  if (tokens_ >= 0) return milliseconds(0);
  return milliseconds(std::llround(std::ceil(-tokens_ / per_second_ * 1000)));
}

milliseconds TokenBucket::Wait(Deadline now) const {
  TokenBucket copy = *this;
  return copy.Take(now);
}

bool TokenBucket::IsFull(Deadline now) const {
  return TokensAt(now) >= burst_;
}

namespace {

class LimitedClient final : public KubeClient {
 public:
  LimitedClient(KubeClient& client, const RateLimit& limit, MonotonicClock& clock)
      : client_(client), bucket_(TokenBucket(limit.queries_per_second, limit.burst)), clock_(clock) {}

  Result<KubeReply> Get(const std::string& path, Deadline deadline) override {
    if (auto turn = Await(path, deadline, {}); !turn) return std::unexpected(turn.error());
    return client_.Get(path, deadline);
  }
  Result<KubeReply> Post(const std::string& path, std::string json, Deadline deadline) override {
    if (auto turn = Await(path, deadline, {}); !turn) return std::unexpected(turn.error());
    return client_.Post(path, std::move(json), deadline);
  }
  Result<KubeReply> Put(const std::string& path, std::string json, Deadline deadline) override {
    if (auto turn = Await(path, deadline, {}); !turn) return std::unexpected(turn.error());
    return client_.Put(path, std::move(json), deadline);
  }
  Result<KubeReply> Patch(const std::string& path, PatchType type, std::string json, Deadline deadline) override {
    if (auto turn = Await(path, deadline, {}); !turn) return std::unexpected(turn.error());
    return client_.Patch(path, type, std::move(json), deadline);
  }
  Result<KubeReply> Delete(const std::string& path, const DeletePreconditions& preconditions, Deadline deadline) override {
    if (auto turn = Await(path, deadline, {}); !turn) return std::unexpected(turn.error());
    return client_.Delete(path, preconditions, deadline);
  }
  Result<KubeReply> GetLong(const std::string& path, std::size_t max_bytes, milliseconds idle_timeout, std::stop_token stop) override {
    if (auto turn = Await(path, Deadline::max(), stop); !turn) return std::unexpected(turn.error());
    return client_.GetLong(path, max_bytes, idle_timeout, std::move(stop));
  }
  Result<void> Watch(const std::string& path, std::function<void()> on_open, std::function<bool(std::string_view line)> on_line,
                     milliseconds idle_timeout, std::stop_token stop) override {
    if (auto turn = Await(path, Deadline::max(), stop); !turn) return turn;
    return client_.Watch(path, std::move(on_open), std::move(on_line), idle_timeout, std::move(stop));
  }

 private:
  Result<void> Await(const std::string& path, Deadline deadline, const std::stop_token& stop) {
    const Deadline now = clock_.Now();
    // Who cannot wait so long takes nobody's turn.
    const auto pause = bucket_.With([&](TokenBucket& bucket) -> std::optional<milliseconds> {
      const auto wait = bucket.Wait(now);
      if (wait.count() > 0 && deadline - now < wait) return std::nullopt;
      return bucket.Take(now);
    });
    if (!pause) return Fail(ErrorCode::kDeadline, fmt::format("{}: our own rate limit leaves no turn before the deadline", path));
    if (pause->count() > 0) clock_.Sleep(*pause, stop);
    if (stop.stop_requested()) return Fail(ErrorCode::kDeadline, path + ": stopped");
    return {};
  }

  KubeClient& client_;
  Guarded<TokenBucket> bucket_;
  MonotonicClock& clock_;
};

}  // namespace

std::unique_ptr<KubeClient> LimitRate(KubeClient& client, const RateLimit& limit, MonotonicClock& clock) {
  return std::make_unique<LimitedClient>(client, limit, clock);
}

}  // namespace hullwright::kube
