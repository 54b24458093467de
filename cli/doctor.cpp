#include "cli/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/rfc3339.h"
#include "base/text.h"
#include "cli/progress.h"

namespace hullwright::cli {
namespace {

constexpr std::chrono::minutes kTimeForAllChecks{3};

// RFC 1123 labels, as names of namespaces and prefixes of ours are.
bool IsLabel(std::string_view name) {
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, is_inner) && name.front() != '-' && name.back() != '-';
}

Result<void> RequireLabel(std::string_view option, std::string_view name) {
  if (IsLabel(name)) return {};
  return Fail(ErrorCode::kInvalidInput,
              fmt::format("{}: \"{}\" is no name that Kubernetes takes: lower-case letters, digits and \"-\", at most 63", option,
                          Printable(name, 128)));
}

bool HasAnswered(const CheckReport& report) {
  return report.health() != Health::kCouldNotTell;
}

}  // namespace

Result<void> RequireNames(const InstallationNames& names) {
  if (auto checked = RequireLabel("--namespace", names.namespace_); !checked) return checked;
  return RequireLabel("--name", names.name);
}

Examination Examine(Installation& installation, const AdmissionTrial& trial, const std::vector<std::string>& checks) {
  Examination examination{FormatRfc3339(std::chrono::floor<std::chrono::seconds>(installation.now())),
                          installation.names().namespace_,
                          installation.names().name,
                          {}};
  const auto add = [&](std::string_view name, std::string_view about, auto look) {
    if (!checks.empty() && std::ranges::find(checks, name) == checks.end()) return;
    CheckReport report;
    const bool was_refused = !examination.parts.empty() && examination.parts.front().name == HealthChecks().front().name &&
                             !HasAnswered(examination.parts.front().report);
    const bool may_ask = !was_refused;
    if (may_ask) {
      look(report);
    } else {
      report.CouldNotTell("not asked, since the API server does not answer", "see the check `api-server`");
    }
    examination.parts.push_back({std::string(name), std::string(about), std::move(report)});
  };
  for (const HealthCheck& check : HealthChecks())
    add(check.name, check.about, [&](CheckReport& report) { check.look(installation, report); });
  if (!trial.namespace_.empty())
    add(kAdmissionCheck, "Pods are judged, on the way that the API server takes",
        [&](CheckReport& report) { TryAdmission(installation, trial, report); });
  return examination;
}

CommandOutput Doctor(const DoctorOptions& options, const Environment& environment) {
  if (auto checked = RequireNames(options.names); !checked) return Failed(ExitCode::kUsage, checked.error().message);
  if (!options.trial.namespace_.empty()) {
    if (auto checked = RequireLabel("--try-admission", options.trial.namespace_); !checked)
      return Failed(ExitCode::kUsage, checked.error().message);
  }
  if (options.trial.namespace_.empty() && std::ranges::find(options.checks, kAdmissionCheck) != options.checks.end())
    return Failed(ExitCode::kUsage, "--check admission: name the namespace to try it in by --try-admission NAMESPACE");
  const auto access = FindCluster(options.cluster, environment);
  if (!access) return Failed(access.error());
  const auto client = kube::RawClient::Connect(*access);
  if (!client) return Failed(client.error());
  const Progress progress("examining the cluster", environment.err);
  ClusterView view(**client, std::chrono::steady_clock::now() + kTimeForAllChecks);
  Installation installation(view, options.names, environment.clock);
  const Examination examination = Examine(installation, options.trial, options.checks);
  return {examination.exit_code(),
          options.output == "json" ? ExaminationJson(examination) : RenderExamination(examination, environment.out), ""};
}

}  // namespace hullwright::cli
