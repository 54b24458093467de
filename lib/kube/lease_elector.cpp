#include "kube/lease_elector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace hullwright::kube {
namespace {

// Each renewal must differ from those before for others to see it, also where our wall clock stands still: it counts on in microseconds.
std::string RenewTime(Time now, const std::string& last) {
  constexpr std::size_t kMicroseconds = 4;  // "000Z", which MicroTime leaves free
  std::string text = MicroTime(now);
  const std::size_t end = text.size() - kMicroseconds;
  if (last.size() != text.size() || last.compare(0, end, text, 0, end) != 0) return text;
  int count = 0;
  std::from_chars(last.data() + end, last.data() + text.size() - 1, count);
  return fmt::format("{}{:03}Z", text.substr(0, end), (count + 1) % 1000);
}

}  // namespace

LeaseElector::LeaseElector(KubeClient& client, LeaseCandidate candidate, const MonotonicClock& clock, const Clock& wall)
    : client_(client),
      candidate_(std::move(candidate)),
      clock_(clock),
      wall_(wall),
      collection_(fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", candidate_.namespace_)),
      path_(fmt::format("{}/{}", collection_, candidate_.name)) {}

Result<Standing> LeaseElector::Try(Deadline deadline) {
  // The holder writes on what it knows; whatever is wrong with that shows below.
  if (IsHolder() && IsValid() && Write(Ours(), deadline)) return Standing::kHeld;
  auto reply = client_.Get(path_, deadline);
  if (!reply && reply.error().code == ErrorCode::kNotFound) return Create(deadline);
  if (!reply) return std::unexpected(reply.error());
  auto lease = ReadLease(reply->body);
  if (!lease) return std::unexpected(lease.error());
  Observe(std::move(*lease));
  if (!IsHolder() && !holder().empty() && IsValid()) return Standing::kHeldByAnother;
  return Take(deadline);
}

Result<Standing> LeaseElector::Create(Deadline deadline) {
  const bool was_holder = IsHolder();
  lease_.reset();
  const nlohmann::json object{{"apiVersion", "coordination.k8s.io/v1"},
                              {"kind", "Lease"},
                              {"metadata", {{"name", candidate_.name}, {"namespace", candidate_.namespace_}}}};
  const Deadline sent = clock_.Now();
  auto created = Accept(client_.Post(collection_, WriteLease(object, Ours()), deadline), sent);
  if (created) return Standing::kHeld;
  if (created.error().code == ErrorCode::kConflict && !was_holder) return Standing::kHeldByAnother;
  return std::unexpected(created.error());
}

Result<Standing> LeaseElector::Take(Deadline deadline) {
  const bool was_holder = IsHolder();
  auto taken = Write(Ours(), deadline);
  if (taken) return Standing::kHeld;
  if (taken.error().code == ErrorCode::kConflict && !was_holder) return Standing::kHeldByAnother;
  return std::unexpected(taken.error());
}

// With the resourceVersion that was read: a change in between is kConflict.
Result<void> LeaseElector::Write(const LeaseRecord& record, Deadline deadline) {
  const Deadline sent = clock_.Now();
  return Accept(client_.Put(path_, WriteLease(lease_->object, record), deadline), sent);
}

Result<void> LeaseElector::Accept(const Result<KubeReply>& reply, Deadline sent) {
  if (!reply) return std::unexpected(reply.error());
  auto lease = ReadLease(reply->body);
  if (!lease) return std::unexpected(lease.error());
  Observe(std::move(*lease));
  renewed_at_ = sent;
  return {};
}

// The record counts, not the object: who puts a label on a Lease does not renew it.
void LeaseElector::Observe(Lease lease) {
  if (!lease_ || lease_->record != lease.record) observed_at_ = clock_.Now();
  lease_ = std::move(lease);
}

// What the record says while we hold the Lease.
LeaseRecord LeaseElector::Ours() const {
  const std::string now = RenewTime(wall_.Now(), lease_ ? lease_->record.renew_time : "");
  LeaseRecord record{candidate_.identity, candidate_.lease_duration.count(), now, now, 0};
  if (!lease_) return record;
  record.transitions = lease_->record.transitions;
  if (IsHolder()) {
    record.acquire_time = lease_->record.acquire_time;
  } else {
    ++record.transitions;
  }
  return record;
}

bool LeaseElector::IsValid() const {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();  // the field's type
  const std::int64_t told = lease_->record.duration_seconds;
  const auto duration = told > 0 ? std::chrono::seconds(std::min(told, kMost)) : candidate_.lease_duration;
  return clock_.Now() < observed_at_ + duration;
}

Result<void> LeaseElector::Release(Deadline deadline) {
  constexpr int kTries = 3;
  Result<void> released;
  for (int i = 0; i < kTries && IsHolder(); ++i) {
    LeaseRecord record = Ours();
    record.holder.clear();
    record.duration_seconds = 1;  // the least that is valid (client-go: release)
    released = Write(record, deadline);
    if (released || released.error().code != ErrorCode::kConflict) return released;
    auto reply = client_.Get(path_, deadline);
    if (!reply) return std::unexpected(reply.error());
    auto lease = ReadLease(reply->body);
    if (!lease) return std::unexpected(lease.error());
    Observe(std::move(*lease));
  }
  return IsHolder() ? released : Result<void>();
}

}  // namespace hullwright::kube
