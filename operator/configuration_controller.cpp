#include "operator/configuration_controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.h"
#include "base/log.h"
#include "kube/apply.h"
#include "operator/cluster_object.h"
#include "operator/reason.h"

namespace hullwright::controller {
namespace {

using nlohmann::json;

// What is wrong with the hooks themselves, rather than with the moment.
bool IsRefusal(const Error& error) {
  return error.code == ErrorCode::kInvalidInput || error.code == ErrorCode::kTooLarge;
}

// The live hooks as they are, to be written again with another bundle.
WantedHooks Unchanged(const json& hooks) {
  WantedHooks kept;
  kept.webhooks = hooks;
  return kept;
}

}  // namespace

Result<kube::Reconciled> ConfigurationController::Reconcile(const std::stop_token& stop) {
  const auto config_map = ReadObject(context_.client, context_.names.ConfigMapPath());
  if (!config_map) return std::unexpected(config_map.error());
  const bool off = *config_map && IsGateOff(**config_map);
  NoteGate(off, config_map->has_value());
  bool waiting = false;
  std::optional<Error> failure;
  for (const HookKind kind : kHookKinds) {
    if (stop.stop_requested()) break;
    const auto outcome = Bring(kind, *config_map, off);
    context_.metrics.SetInForce(kind, outcome && *outcome == Outcome::kInForce);
    if (!outcome) failure = outcome.error().Within(KindName(kind));
    waiting = waiting || (outcome && *outcome == Outcome::kWaiting);
  }
  if (failure) return std::unexpected(*failure);
  return kube::Reconciled::Again(waiting ? options_.retry : options_.poll);
}

Result<ConfigurationController::Outcome> ConfigurationController::Bring(HookKind kind, const std::optional<json>& config_map, bool off) {
  const auto live = ReadObject(context_.client, ConfigurationPath(kind, context_.names));
  if (!live) return std::unexpected(live.error());
  Memory& memory = memory_[kind];
  if (!*live && !memory.absent_since) memory.absent_since = context_.steady.Now();
  if (*live) memory.absent_since.reset();
  if (off) return SwitchOff(kind, *live);

  const json hooks = *live ? HooksOf(**live) : json::array();
  std::optional<WantedHooks> wanted;
  if (config_map) {
    auto read = ReadWantedHooks(kind, *config_map, context_.names);
    if (!read) NoteInvalid(read.error());
    if (read) wanted = std::move(*read);
  }
  // What nobody can read changes nothing, but the bundle must go on.
  if (!wanted && !hooks.empty()) wanted = Unchanged(hooks);
  if (!wanted) return Outcome::kNothingWanted;
  const std::string bundle = bundle_();
  if (bundle.empty()) return Outcome::kWaiting;
  wanted->webhooks = WithBundle(std::move(wanted->webhooks), bundle);
  if (hooks.empty()) return Register(kind, *wanted, live->has_value());
  auto kept = Maintain(kind, *wanted, hooks);
  if (kept || !IsRefusal(kept.error())) return kept;
  NoteInvalid(kept.error());
  auto unchanged = Unchanged(WithBundle(hooks, bundle));
  auto bundled = Maintain(kind, unchanged, hooks);
  if (!bundled) return bundled;
  return Outcome::kNothingWanted;
}

Result<ConfigurationController::Outcome> ConfigurationController::SwitchOff(HookKind kind, const std::optional<json>& live) {
  memory_[kind].in_force.clear();
  if (!live || HooksOf(*live).empty()) return Outcome::kNothingWanted;
  const auto emptied = Replace(kind, json::array(), false);
  if (!emptied) return std::unexpected(emptied.error());
  log::Warn("hooks removed, the gate is off", {{"configuration", Word(kind)}});
  context_.metrics.CountApplied(kind);
  return Outcome::kNothingWanted;
}

Result<ConfigurationController::Outcome> ConfigurationController::Register(HookKind kind, const WantedHooks& wanted, bool exists) {
  Memory& memory = memory_[kind];
  const std::string desired = JsonLine(wanted.webhooks);
  if (!exists && context_.steady.Now() - *memory.absent_since < options_.recreate_after) return Outcome::kWaiting;
  if (!WebhookAnswers()) return Outcome::kWaiting;
  const bool drift = memory.in_force == desired;
  if (exists) {
    // What the API server refuses is told without a write.
    const auto expected = Expected(kind, wanted.webhooks);
    if (!expected && IsRefusal(expected.error())) NoteInvalid(expected.error());
    if (!expected) return std::unexpected(expected.error());
  }
  if (auto written = Write(kind, wanted); !written) {
    if (IsRefusal(written.error())) NoteInvalid(written.error());
    return std::unexpected(written.error());
  }
  NoteWritten(kind, desired, drift);
  return Outcome::kInForce;
}

Result<ConfigurationController::Outcome> ConfigurationController::Maintain(HookKind kind, const WantedHooks& wanted, const json& hooks) {
  Memory& memory = memory_[kind];
  auto expected = Expected(kind, wanted.webhooks);
  // An API server of another version may have other defaults than the one that was asked before.
  if (expected && hooks != *expected) expected = Expected(kind, wanted.webhooks, true);
  if (!expected) return std::unexpected(expected.error());
  if (hooks == *expected) {
    memory.in_force = memory.desired;
    return Outcome::kInForce;
  }
  const bool drift = memory.in_force == memory.desired;
  if (auto written = Write(kind, wanted); !written) return std::unexpected(written.error());
  NoteWritten(kind, memory.desired, drift);
  return Outcome::kInForce;
}

// By server-side apply, so that everybody sees whose fields these are; what others have added to our hooks, or beside them, only goes when
// the list is replaced.
Result<void> ConfigurationController::Write(HookKind kind, const WantedHooks& wanted) {
  const std::string path = ConfigurationPath(kind, context_.names);
  const auto applied =
      kube::Apply(context_.client, path, ConfigurationObject(kind, context_.names, wanted), {kFieldManager, true}, CallDeadline());
  if (!applied && !IsRefusal(applied.error())) return std::unexpected(applied.error());
  const auto expected = Expected(kind, wanted.webhooks);
  if (!expected) return std::unexpected(expected.error());
  const auto object = applied ? ObjectIn(*applied) : Result<json>(json::object());
  if (object && HooksOf(*object) == *expected) return {};
  const auto replaced = Replace(kind, wanted.webhooks, false);
  if (!replaced) return std::unexpected(replaced.error());
  return {};
}

Result<json> ConfigurationController::Expected(HookKind kind, const json& webhooks, bool anew) {
  Memory& memory = memory_[kind];
  const std::string desired = JsonLine(webhooks);
  if (!anew && memory.desired == desired && !memory.expected.is_null()) return memory.expected;
  auto expected = Replace(kind, webhooks, true);
  if (!expected) return expected;
  memory.desired = desired;
  memory.expected = *expected;
  return expected;
}

// A merge patch replaces a list as a whole (RFC 7386). Answers the hooks as the API server has, or would have, stored them.
Result<json> ConfigurationController::Replace(HookKind kind, const json& webhooks, bool dry_run) {
  const std::string path =
      fmt::format("{}?fieldManager={}{}", ConfigurationPath(kind, context_.names), kFieldManager, dry_run ? "&dryRun=All" : "");
  const auto reply = context_.client.Patch(path, kube::PatchType::kMerge, JsonLine(json{{"webhooks", webhooks}}), CallDeadline());
  if (!reply) return std::unexpected(reply.error());
  const auto object = ObjectIn(*reply);
  if (!object) return std::unexpected(object.error());
  return HooksOf(*object);
}

bool ConfigurationController::WebhookAnswers() {
  const auto answers = AskAll(context_, bundle_());
  if (std::ranges::find(answers, Presented::kTrusted) != answers.end()) {
    not_answering_.clear();
    return true;
  }
  const std::string_view why = answers.empty() ? "no address of the Service is ready"
                               : std::ranges::find(answers, Presented::kUntrusted) != answers.end()
                                   ? "no address presents a certificate that leads to the bundle"
                                   : "no address can be reached from the operator";
  if (not_answering_ != why) log::Info("hooks are not registered yet", {{"why", why}});
  not_answering_ = why;
  Tell(context_, "ConfigMap", context_.names.ConfigMap(), kube::EventSeverity::kWarning, reason::kWebhookNotAnswering, "Register",
       std::string(why));
  return false;
}

void ConfigurationController::NoteGate(bool off, bool known) {
  context_.metrics.SetGateOff(off);
  if (gate_off_ == off) return;
  const bool was_off = gate_off_.value_or(false);
  gate_off_ = off;
  if (off) {
    log::Warn("gate is off", {{"annotation", kGateAnnotation}});
    Tell(context_, "ConfigMap", context_.names.ConfigMap(), kube::EventSeverity::kWarning, reason::kGateOff, "SwitchOff",
         fmt::format("The annotation {}=off removes every hook: nothing is judged until it is taken away.", kGateAnnotation));
  }
  if (!off && was_off && known) {
    log::Info("gate is on again");
    Tell(context_, "ConfigMap", context_.names.ConfigMap(), kube::EventSeverity::kNormal, reason::kGateOn, "SwitchOn",
         "The annotation is gone: hooks are registered again.");
  }
}

void ConfigurationController::NoteInvalid(const Error& error) {
  log::Error("wanted webhook configuration cannot be used, the live one stays", {{"error", error.message}});
  context_.metrics.CountInvalid();
  Tell(context_, "ConfigMap", context_.names.ConfigMap(), kube::EventSeverity::kWarning, reason::kWebhookConfigurationInvalid, "Read",
       error.message);
}

void ConfigurationController::NoteWritten(HookKind kind, const std::string& desired, bool drift) {
  memory_[kind].in_force = desired;
  context_.metrics.CountApplied(kind);
  if (drift) context_.metrics.CountDrift(kind);
  log::Write(drift ? log::Level::kWarn : log::Level::kInfo,
             drift ? "webhook configuration was changed by others and is restored" : "webhook configuration applied",
             {{"configuration", Word(kind)}});
  Tell(context_, "ConfigMap", context_.names.ConfigMap(), drift ? kube::EventSeverity::kWarning : kube::EventSeverity::kNormal,
       drift ? reason::kWebhookConfigurationDrift : reason::kWebhookConfigurationApplied, "Apply",
       fmt::format("{} {}: {}", KindName(kind), context_.names.Configuration(),
                   drift ? "somebody else has changed or deleted it; restored" : "hooks written"));
}

}  // namespace hullwright::controller
