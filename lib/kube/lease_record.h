// coordination.k8s.io/v1 Lease, as far as leader election reads and writes it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::kube {

// What the holder says of itself. The times are the holder's wall clock: for people, never compared with ours.
struct LeaseRecord {
  std::string holder;  // "": nobody
  std::int64_t duration_seconds = 0;
  std::string acquire_time, renew_time;  // MicroTime, as it stands there
  std::int64_t transitions = 0;

  bool operator==(const LeaseRecord&) const = default;
};

// The whole object is kept, so that a write gives back what others have put into it.
struct Lease {
  nlohmann::json object;
  LeaseRecord record;
};

Result<Lease> ReadLease(std::string_view text);
// The object with the record in its spec.
std::string WriteLease(nlohmann::json object, const LeaseRecord& record);
// "2026-03-01T12:00:00.123000Z"
std::string MicroTime(Time time);

}  // namespace hullwright::kube
