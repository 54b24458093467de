// Whether the programs run, are ready, and what they say of themselves.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "cli/doctor/checks.h"
#include "kube/status.h"

namespace hullwright::cli {
namespace {

constexpr std::size_t kMaxComplaintsTold = 10;
constexpr std::size_t kMaxReadyzBytes = 1u << 20;

std::int64_t NumberAt(const KubeJson& object, std::string_view key) {
  const KubeJson& member = At(object, key);
  return member.is_number_integer() ? member.get<std::int64_t>() : 0;
}

// Why the Deployment itself says that Pods are missing.
std::string TroubleOf(const KubeJson& deployment) {
  std::string text;
  const KubeJson& conditions = AtPath(deployment, {"status", "conditions"});
  for (const KubeJson& condition : conditions.is_array() ? conditions : KubeJson::array()) {
    const std::string type = TextAt(condition, "type");
    const bool is_bad = type == "ReplicaFailure" ? TextAt(condition, "status") == "True" : TextAt(condition, "status") != "True";
    if (is_bad) text += fmt::format("; {}: {}", Printable(type, 64), Printable(TextAt(condition, "message"), 256));
  }
  return text;
}

// True: at least one Pod is ready.
bool LookAtDeployment(Installation& installation, const std::string& name, const KubeJson& deployment, std::string_view consequence,
                      CheckReport& report) {
  const InstallationNames& names = installation.names();
  const KubeJson& spec = At(deployment, "spec");
  const std::int64_t wanted = spec.contains("replicas") ? NumberAt(spec, "replicas") : 1;
  const std::int64_t ready = NumberAt(At(deployment, "status"), "readyReplicas");
  const std::string remedy = fmt::format("{} and {} tell why", Kubectl(names, "describe deployment/" + name),
                                         Kubectl(names, "get events --sort-by=.lastTimestamp"));
  if (ready == 0) {
    report.Problem(
        fmt::format("no Pod of the Deployment {} is ready, of {} that are wanted: {}{}", name, wanted, consequence, TroubleOf(deployment)),
        remedy);
  } else if (ready < wanted) {
    report.Problem(fmt::format("{} of {} Pods of the Deployment {} are ready: one more failure is nearer than it should be{}", ready,
                               wanted, name, TroubleOf(deployment)),
                   remedy);
  } else {
    report.Ok(fmt::format("{} of {} Pods of the Deployment {} are ready", ready, wanted, name));
  }
  return ready > 0;
}

// The lines of /readyz?verbose that tell of something: "[-]cluster failed: …", "problem: …".
std::vector<std::string> Complaints(const std::string& text) {
  std::vector<std::string> complaints;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[-]") || line.starts_with("problem: ") || line.starts_with("and ")) complaints.push_back(Printable(line, 512));
  }
  return complaints;
}

void TellReadiness(Installation& installation, const std::string& name, const std::string& path, CheckReport& report) {
  const InstallationNames& names = installation.names();
  const auto answer = installation.view().Answer({.path_and_query = path, .max_bytes = kMaxReadyzBytes});
  if (!answer) return report.Unread("what " + name + " says of itself (/readyz?verbose)", answer.error());
  const bool is_its_own = answer->body.ends_with("\nok\n") || answer->body == "ok\n" || answer->body.ends_with("not ready\n");
  if (!is_its_own) {
    const Error error = kube::ErrorOf(*answer, "GET " + path);
    return report.CouldNotTell(fmt::format("what {} says of itself could not be read through the API server: {}", name, error.message),
                               fmt::format("ask a Pod: {}, then curl http://127.0.0.1:8080/readyz?verbose",
                                           Kubectl(names, "port-forward deployment/" + name + " 8080")));
  }
  const std::vector<std::string> complaints = Complaints(answer->body);
  for (std::size_t i = 0; i < std::min(complaints.size(), kMaxComplaintsTold); ++i)
    report.Problem(fmt::format("a Pod of {} says: {}", name, complaints[i]),
                   "repair what the line names; docs/operations.md tells what the words mean");
  if (complaints.size() > kMaxComplaintsTold)
    report.Note(fmt::format("it says {} more such lines: GET /readyz?verbose", complaints.size() - kMaxComplaintsTold));
  if (complaints.empty()) report.Ok(fmt::format("a Pod of {} answers that it is ready, through the Service", name));
}

void TellAbsent(const InstallationNames& names, const std::string& name, std::string_view consequence, CheckReport& report) {
  report.Problem(fmt::format("there is no Deployment {} in namespace {}: {}", name, names.namespace_, consequence),
                 "install Hullwright: helm upgrade --install, or by hand docs/install-by-hand.md; an installation of another name or place "
                 "is examined with "
                 "--namespace and --name");
}

}  // namespace

void CheckWebhookPods(Installation& installation, CheckReport& report) {
  const InstallationNames& names = installation.names();
  const std::string name = names.webhook();
  const Result<KubeJson>& deployment = installation.WebhookDeployment();
  constexpr std::string_view kConsequence = "every Pod that the hooks ask about is refused, and without hooks none is judged";
  if (!deployment && deployment.error().code == ErrorCode::kNotFound) return TellAbsent(names, name, kConsequence, report);
  if (!deployment) return report.Unread("the Deployment " + name, deployment.error());
  if (!LookAtDeployment(installation, name, *deployment, kConsequence, report)) return;
  TellReadiness(installation, name, installation.ThroughWebhook("/readyz?verbose"), report);
}

void CheckOperatorPods(Installation& installation, CheckReport& report) {
  const InstallationNames& names = installation.names();
  const std::string name = names.operator_();
  const Result<KubeJson>& deployment = installation.OperatorDeployment();
  constexpr std::string_view kConsequence = "nobody renews certificates, and nobody restores hooks that somebody changes";
  if (!deployment && deployment.error().code == ErrorCode::kNotFound) {
    if (!installation.IsWithoutOperator()) return TellAbsent(names, name, kConsequence, report);
    report.Ok("installed by hand without the operator");
    return report.Note(fmt::format("without the operator {}: renew them yourself", kConsequence));
  }
  if (!deployment) return report.Unread("the Deployment " + name, deployment.error());
  if (!LookAtDeployment(installation, name, *deployment, kConsequence, report)) return;
  TellReadiness(installation, name, installation.ThroughService("http", name + "-metrics", 8080, "/readyz?verbose"), report);
}

}  // namespace hullwright::cli
