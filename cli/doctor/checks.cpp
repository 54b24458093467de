#include "cli/doctor/checks.h"

#include <array>

namespace hullwright::cli {
namespace {

constexpr std::array kHealthChecks = {
    HealthCheck{"api-server", "it answers, and its version is supported", CheckApiServer},
    HealthCheck{"permissions", "who runs this may look at what the other checks look at", CheckOwnPermissions},
    HealthCheck{"clock", "this clock and the API server's agree", CheckClock},
    HealthCheck{"kinds", "the kinds of hullwright.dev are served as this version knows them", CheckKinds},
    HealthCheck{"webhook-permissions", "the webhook's ServiceAccount may do what it needs, and no more", CheckWebhookPermissions},
    HealthCheck{"operator-permissions", "the operator's ServiceAccount may do what it needs, and no more", CheckOperatorPermissions},
    HealthCheck{"certificates", "the API server can believe the webhook's certificate", CheckCertificates},
    HealthCheck{"gate-switch", "the gate is not switched off", CheckGateSwitch},
    HealthCheck{"hooks", "the hooks are registered as they should be", CheckHooks},
    HealthCheck{"other-hooks", "nobody else changes Pods after us", CheckOtherHooks},
    HealthCheck{"webhook-pods", "the webhook runs, is ready and is reached", CheckWebhookPods},
    HealthCheck{"operator-pods", "the operator runs and is ready", CheckOperatorPods},
    HealthCheck{"objects", "policies, publishers, exceptions and scans can be read", CheckObjects},
    HealthCheck{"waivers", "which exceptions end soon", CheckWaivers},
    HealthCheck{"scans", "scans are as young as policies ask", CheckScans},
    HealthCheck{"exploitation-data", "EPSS scores and the KEV catalogue are there where policies ask for them", CheckExploitationData},
};

}  // namespace

std::span<const HealthCheck> HealthChecks() {
  return kHealthChecks;
}

}  // namespace hullwright::cli
