#include "operator/object_status.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "base/rfc3339.h"
#include "evidence/trust_check.h"
#include "kube/condition.h"

namespace hullwright::controller {
namespace {

constexpr std::size_t kMostNamed = 10;  // absent objects that a message names

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : "; ") + text;
  return joined;
}

void AddReferences(const std::vector<api::NameRef>& references, std::string_view kind, std::set<api::ObjectKey>& refers_to) {
  for (const api::NameRef& reference : references) refers_to.insert({std::string(kind), "", reference.name});
}

void Look(const api::ImageAdmissionPolicy& policy, OwnObject& own) {
  const api::PolicyRules& rules = policy.spec.rules;
  if (rules.publishers) AddReferences(rules.publishers->refs, "TrustedPublisher", own.refers_to);
  for (const api::AttestationRule& rule : rules.attestations) AddReferences(rule.publisher_refs, "TrustedPublisher", own.refers_to);
  if (rules.vulnerabilities && rules.vulnerabilities->vex)
    AddReferences(rules.vulnerabilities->vex->publisher_refs, "TrustedPublisher", own.refers_to);
}

void Look(const api::TrustedPublisher& publisher, OwnObject& own) {
  for (const api::Authority& authority : publisher.spec.authorities) {
    const std::string_view root = authority.TrustRootName();
    if (!root.empty()) own.refers_to.insert({"TrustRoot", "", std::string(root)});
  }
}

void Look(const api::VulnerabilityException& exception, OwnObject& own) {
  own.ends = exception.spec.expires_at;
}

void Look(const api::BreakGlass& break_glass, OwnObject& own) {
  const auto begins = break_glass.metadata.creation_timestamp;
  if (begins) own.ends = *begins + std::chrono::seconds(break_glass.spec.duration_seconds);
}

template <class Other>
void Look(const Other&, OwnObject&) {}

api::Condition Ready(const OwnObject& object, bool is_ready, std::string_view reason, std::string message) {
  api::Condition condition;
  condition.type = "Ready";
  condition.status = is_ready ? "True" : "False";
  condition.reason = std::string(reason);
  condition.message = std::move(message);
  condition.observed_generation = object.generation;
  return condition;
}

}  // namespace

Result<OwnObject> ReadOwnObject(JsonElement element) {
  OwnObject own;
  auto key = api::ReadKey(element);
  if (!key) return std::unexpected(key.error());
  own.key = std::move(*key);
  std::int64_t generation = 0;
  if (const auto metadata = Member(element, "metadata")) {
    if (const auto member = Member(*metadata, "generation"); member && member->get(generation) == simdjson::SUCCESS)
      own.generation = generation;
  }
  // What nobody can read is written anew.
  if (auto conditions = kube::ReadConditions(element)) own.conditions = std::move(*conditions);
  std::vector<std::string> mistakes;
  const auto object = api::DecodeObject(element, mistakes);
  if (object) {
    mistakes = evidence::MistakesInTrustMaterial(*object);
    std::visit([&](const auto& decoded) { Look(decoded, own); }, *object);
  }
  own.mistakes = Joined(mistakes);
  return own;
}

api::Condition JudgeReady(const OwnObject& object, const std::function<bool(const api::ObjectKey&)>& exists, Time now) {
  if (!object.mistakes.empty()) {
    const bool is_policy = api::IsPolicyKind(object.key.kind);
    return Ready(object, false, "Invalid",
                 fmt::format("{} ({})", object.mistakes,
                             is_policy ? "webhooks that know an earlier version go on using it; others deny what the policy covers"
                                       : "webhooks that know an earlier version go on using it"));
  }
  if (object.ends && *object.ends <= now) return Ready(object, false, "Expired", "It has ended at " + FormatRfc3339(*object.ends) + ".");
  std::vector<std::string> absent;
  for (const api::ObjectKey& key : object.refers_to) {
    if (!exists(key) && absent.size() < kMostNamed) absent.push_back(key.ToString());
  }
  if (!absent.empty()) return Ready(object, false, "ReferenceMissing", "There is no " + Joined(absent) + ".");
  if (object.ends) return Ready(object, true, "InForce", "It counts until " + FormatRfc3339(*object.ends) + ".");
  return Ready(object, true, "InForce", "");
}

}  // namespace hullwright::controller
