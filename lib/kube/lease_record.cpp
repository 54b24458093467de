#include "kube/lease_record.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/json.h"
#include "base/json_text.h"
#include "base/rfc3339.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostLeaseBytes = 1u << 20;

std::string TextOf(const nlohmann::json& spec, const char* key) {
  const auto found = spec.find(key);
  return found != spec.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t NumberOf(const nlohmann::json& spec, const char* key) {
  const auto found = spec.find(key);
  return found != spec.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace

Result<Lease> ReadLease(std::string_view text) {
  // Strictly first: what nlohmann would take twice or too deep never reaches it.
  JsonReader reader;
  if (auto read = reader.Read(text, {.max_bytes = kMostLeaseBytes}); !read) return std::unexpected(read.error().Within("lease"));
  Lease lease;
  lease.object = nlohmann::json::parse(text, nullptr, false);
  if (!lease.object.is_object() || !lease.object.contains("metadata") || !lease.object["metadata"].is_object()) {
    return Fail(ErrorCode::kInvalidInput, "lease: is no object with metadata");
  }
  nlohmann::json spec = lease.object.value("spec", nlohmann::json());
  if (spec.is_null()) spec = nlohmann::json::object();
  if (!spec.is_object()) return Fail(ErrorCode::kInvalidInput, "lease: spec is no object");
  lease.record = {TextOf(spec, "holderIdentity"), NumberOf(spec, "leaseDurationSeconds"), TextOf(spec, "acquireTime"),
                  TextOf(spec, "renewTime"), NumberOf(spec, "leaseTransitions")};
  return lease;
}

std::string WriteLease(nlohmann::json object, const LeaseRecord& record) {
  nlohmann::json& spec = object["spec"];
  if (!spec.is_object()) spec = nlohmann::json::object();
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration_seconds;
  // null: absent; "" would be no time.
  spec["acquireTime"] = record.acquire_time.empty() ? nlohmann::json() : nlohmann::json(record.acquire_time);
  spec["renewTime"] = record.renew_time.empty() ? nlohmann::json() : nlohmann::json(record.renew_time);
  spec["leaseTransitions"] = record.transitions;
  return JsonLine(object);
}

std::string MicroTime(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = FormatRfc3339(seconds);
  text.pop_back();  // the Z
  return fmt::format("{}.{:03}000Z", text, (time - seconds).count());
}

}  // namespace hullwright::kube
