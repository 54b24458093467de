// The checks of `hullctl doctor`: each a function that looks at an installation and reports. checks.cpp lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/doctor/examination.h"
#include "cli/doctor/installation.h"

namespace hullwright::cli {

struct HealthCheck {
  std::string_view name;
  std::string_view about;
  void (*look)(Installation& installation, CheckReport& report);
};

// In the order in which they are told. The first one tells whether the API server answers; without it no other is asked.
std::span<const HealthCheck> HealthChecks();

// check_api_server.cpp
void CheckApiServer(Installation& installation, CheckReport& report);
void CheckOwnPermissions(Installation& installation, CheckReport& report);
void CheckClock(Installation& installation, CheckReport& report);
// check_kinds.cpp
void CheckKinds(Installation& installation, CheckReport& report);
// check_permissions.cpp
void CheckWebhookPermissions(Installation& installation, CheckReport& report);
void CheckOperatorPermissions(Installation& installation, CheckReport& report);
// check_certificates.cpp
void CheckCertificates(Installation& installation, CheckReport& report);
// check_hooks.cpp
void CheckGateSwitch(Installation& installation, CheckReport& report);
void CheckHooks(Installation& installation, CheckReport& report);
void CheckOtherHooks(Installation& installation, CheckReport& report);
// check_programs.cpp
void CheckWebhookPods(Installation& installation, CheckReport& report);
void CheckOperatorPods(Installation& installation, CheckReport& report);
// check_objects.cpp
void CheckObjects(Installation& installation, CheckReport& report);
void CheckWaivers(Installation& installation, CheckReport& report);
// check_scans.cpp
void CheckScans(Installation& installation, CheckReport& report);
void CheckExploitationData(Installation& installation, CheckReport& report);

// check_admission.cpp: dry runs of Pods in a namespace that the gate guards. Asked for with --try-admission alone.
struct AdmissionTrial {
  std::string namespace_;
  std::string good_image;  // "": only what must be refused is tried
};
void TryAdmission(Installation& installation, const AdmissionTrial& trial, CheckReport& report);

}  // namespace hullwright::cli
