// The two webhook configurations: kept as the chart's ConfigMap wants them, with the bundle that API servers are to trust.
//
//   ConfigMap annotated hullwright.dev/gate=off ─► no hooks, for as long as it stands there
//   no hooks yet ─► registered once a webhook answers over TLS with a certificate that leads to the bundle
//   hooks ─► compared with what the API server itself makes of what is wanted (a dry run), and brought back to it whoever has changed them
//
// A deleted object is made again only after a pause, in which whoever deleted it can switch the gate off, and only while the ConfigMap
// stands, without which nothing is wanted.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/error.h"
#include "kube/work_queue.h"
#include "operator/controller_context.h"
#include "operator/webhook_configuration.h"

namespace hullwright::controller {

struct ConfigurationOptions {
  std::chrono::milliseconds recreate_after = std::chrono::seconds(30);
  std::chrono::milliseconds poll = std::chrono::minutes(5);   // beside what the watches tell
  std::chrono::milliseconds retry = std::chrono::seconds(2);  // while a webhook is waited for
};

// Not thread-safe: of one worker.
class ConfigurationController {
 public:
  // bundle: PEM, "" while it is not known; then nothing is written.
  ConfigurationController(const ControllerContext& context, const ConfigurationOptions& options, std::function<std::string()> bundle)
      : context_(context), options_(options), bundle_(std::move(bundle)) {}

  Result<kube::Reconciled> Reconcile(const std::stop_token& stop);

 private:
  // What one run for one configuration came to.
  enum class Outcome { kInForce, kWaiting, kNothingWanted };
  struct Memory {
    std::string desired;      // what expected was asked for
    nlohmann::json expected;  // what the API server makes of it
    std::string in_force;     // what was last seen in force, as desired
    std::optional<Deadline> absent_since;
  };

  Result<Outcome> Bring(HookKind kind, const std::optional<nlohmann::json>& config_map, bool off);
  Result<Outcome> SwitchOff(HookKind kind, const std::optional<nlohmann::json>& live);
  Result<Outcome> Register(HookKind kind, const WantedHooks& wanted, bool exists);
  Result<Outcome> Maintain(HookKind kind, const WantedHooks& wanted, const nlohmann::json& hooks);
  Result<void> Write(HookKind kind, const WantedHooks& wanted);
  Result<nlohmann::json> Expected(HookKind kind, const nlohmann::json& webhooks, bool anew = false);
  Result<nlohmann::json> Replace(HookKind kind, const nlohmann::json& webhooks, bool dry_run);
  bool WebhookAnswers();
  void NoteGate(bool off, bool known);
  void NoteInvalid(const Error& error);
  void NoteWritten(HookKind kind, const std::string& desired, bool drift);

  const ControllerContext& context_;
  const ConfigurationOptions options_;
  const std::function<std::string()> bundle_;
  std::map<HookKind, Memory> memory_;
  std::optional<bool> gate_off_;
  std::string not_answering_;  // why the hooks were last not registered
};

}  // namespace hullwright::controller
