// What every controller of the operator works with. Everything outlives them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/monotonic_clock.h"
#include "kube/client.h"
#include "kube/events.h"
#include "operator/metrics.h"
#include "operator/names.h"
#include "operator/webhook_endpoints.h"

namespace hullwright::controller {

struct ControllerContext {
  kube::KubeClient& client;
  const Names& names;
  kube::EventRecorder& events;
  Metrics& metrics;
  const Clock& clock;
  const MonotonicClock& steady;
  WebhookProbe& probe;
  std::function<std::vector<WebhookAddress>()> ready_addresses;  // of the webhook's Service
};

// An event about an object in the release's namespace.
inline void Tell(const ControllerContext& context, const char* kind, const std::string& name, kube::EventSeverity severity,
                 const char* reason, const char* action, std::string note) {
  context.events.Record({{"v1", kind, context.names.namespace_, name}, severity, reason, action, std::move(note)});
}

// What the ready addresses present to who trusts this bundle: all of them, until the deadline. An empty list when there is none.
std::vector<Presented> AskAll(const ControllerContext& context, const std::string& bundle);

}  // namespace hullwright::controller
