#include "kube/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/rfc3339.h"
#include "base/text.h"

namespace hullwright::kube {
namespace {

constexpr std::size_t kMostConditions = 64;
constexpr std::size_t kMostConditionMessageBytes = 32'768;  // metav1.Condition, maxLength

// Cut before a character of which not all bytes have room.
void CutMessage(std::string& message) {
  if (message.size() <= kMostConditionMessageBytes) return;
  std::size_t end = kMostConditionMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  message.resize(end);
}

Result<api::Condition> ReadCondition(JsonElement element) {
  api::Condition condition;
  condition.type = TextMember(element, "type");
  condition.status = TextMember(element, "status");
  if (condition.type.empty() || condition.status.empty()) {
    return Fail(ErrorCode::kInvalidInput, "status.conditions: an entry has no type or no status");
  }
  condition.reason = TextMember(element, "reason");
  condition.message = TextMember(element, "message");
  if (const auto generation = Member(element, "observedGeneration")) {
    if (generation->get(condition.observed_generation) != simdjson::SUCCESS)
      return Fail(ErrorCode::kInvalidInput, "status.conditions: observedGeneration is no whole number");
  }
  if (const std::string_view text = TextMember(element, "lastTransitionTime"); !text.empty()) {
    auto time = ParseRfc3339(text);
    if (!time) return std::unexpected(time.error().Within("status.conditions: lastTransitionTime"));
    condition.last_transition_time = *time;
  }
  return condition;
}

}  // namespace

bool SetCondition(std::vector<api::Condition>& conditions, api::Condition wanted, Time now) {
  CutMessage(wanted.message);
  wanted.last_transition_time = std::chrono::floor<std::chrono::seconds>(now);  // metav1.Time knows no less
  const auto found = std::ranges::find(conditions, wanted.type, &api::Condition::type);
  if (found == conditions.end()) {
    conditions.push_back(std::move(wanted));
    return true;
  }
  const bool same_status = found->status == wanted.status;
  if (same_status && found->last_transition_time) wanted.last_transition_time = found->last_transition_time;
  const bool same = same_status && found->reason == wanted.reason && found->message == wanted.message &&
                    found->observed_generation == wanted.observed_generation;
  *found = std::move(wanted);
  return !same;
}

const api::Condition* FindCondition(const std::vector<api::Condition>& conditions, std::string_view type) {
  const auto found = std::ranges::find(conditions, type, &api::Condition::type);
  return found == conditions.end() ? nullptr : &*found;
}

Result<std::vector<api::Condition>> ReadConditions(JsonElement object) {
  std::vector<api::Condition> conditions;
  const auto status = Member(object, "status");
  const auto list = status ? Member(*status, "conditions") : std::nullopt;
  if (!list) return conditions;
  if (!list->is_array()) return Fail(ErrorCode::kInvalidInput, "status.conditions: is no array");
  for (const JsonElement element : JsonArray(*list)) {
    auto condition = ReadCondition(element);
    if (!condition) return std::unexpected(condition.error());
    if (conditions.size() == kMostConditions)
      return Fail(ErrorCode::kTooLarge, fmt::format("status.conditions: has more than {} entries", kMostConditions));
    if (FindCondition(conditions, condition->type)) {
      return Fail(ErrorCode::kInvalidInput, fmt::format("status.conditions: has type {} twice", Printable(condition->type, 64)));
    }
    conditions.push_back(std::move(*condition));
  }
  return conditions;
}

nlohmann::json WriteConditions(const std::vector<api::Condition>& conditions) {
  nlohmann::json list = nlohmann::json::array();
  for (const api::Condition& condition : conditions) {
    nlohmann::json entry{{"type", condition.type},
                         {"status", condition.status},
                         {"reason", condition.reason},
                         {"message", condition.message},
                         {"observedGeneration", condition.observed_generation}};
    if (condition.last_transition_time) entry["lastTransitionTime"] = FormatRfc3339(*condition.last_transition_time);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace hullwright::kube
