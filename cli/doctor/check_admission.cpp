// Two Pods as dry runs, which is all that shows the way from the API server to the webhook and back.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/doctor/checks.h"
#include "kube/status.h"

namespace hullwright::cli {
namespace {

// No reference that any runtime could pull: ReferenceInvalid, whatever the policies say.
constexpr std::string_view kUnreadableImage = "hullwright-doctor.invalid/not/A Reference";
constexpr std::string_view kImagesHook = "images.hullwright.dev";

// As strict as Pod Security's restricted profile wants it, so that nobody but the gate has a reason to refuse it.
KubeJson TrialPod(const std::string& namespace_, std::string_view image) {
  const KubeJson nothing_allowed{{"allowPrivilegeEscalation", false},
                                 {"runAsNonRoot", true},
                                 {"runAsUser", 65532},
                                 {"capabilities", {{"drop", {"ALL"}}}},
                                 {"seccompProfile", {{"type", "RuntimeDefault"}}}};
  const KubeJson few{{"cpu", "1m"}, {"memory", "1Mi"}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"generateName", "hullwright-doctor-"}, {"namespace", namespace_}}},
          {"spec",
           {{"automountServiceAccountToken", false},
            {"restartPolicy", "Never"},
            {"containers",
             {{{"name", "trial"},
               {"image", image},
               {"securityContext", nothing_allowed},
               {"resources", {{"requests", few}, {"limits", few}}}}}}}}};
}

enum class TrialOutcome { kAdmitted, kRefusedByUs, kHookFailed, kRefusedByOthers };
struct TrialAnswer {
  TrialOutcome outcome;
  std::string message;
};

// Which hook spoke stands in the message alone (k8s.io/apiserver, admission/plugin/webhook/errors).
TrialOutcome OutcomeOf(const http::Response& response, const std::string& message) {
  if (response.status == 201 || response.status == 200) return TrialOutcome::kAdmitted;
  if (message.contains(fmt::format("failed calling webhook \"{}\"", kImagesHook))) return TrialOutcome::kHookFailed;
  if (message.contains(fmt::format("admission webhook \"{}\" denied the request", kImagesHook))) return TrialOutcome::kRefusedByUs;
  return TrialOutcome::kRefusedByOthers;
}

Result<TrialAnswer> Try(Installation& installation, const std::string& namespace_, std::string_view image) {
  const std::string path = fmt::format("/api/v1/namespaces/{}/pods?dryRun=All&fieldManager=hullctl-doctor", namespace_);
  const auto response = installation.view().Answer({.method = "POST", .path_and_query = path, .json = TrialPod(namespace_, image).dump()});
  if (!response) return std::unexpected(response.error());
  const auto body = ReadObject(response->body);
  const std::string message = body ? TextAt(*body, "message") : "";
  return TrialAnswer{OutcomeOf(*response, message), Printable(message, 1024)};
}

void TellHookFailed(const Installation& installation, const TrialAnswer& answer, CheckReport& report) {
  report.Problem(fmt::format("the API server asked the webhook and got no answer that it believes, so that nothing can be created: {}",
                             answer.message),
                 fmt::format("x509 in the message: see the check `certificates`; refused or timed out: see `webhook-pods`, and let the API "
                             "server reach port 8443 "
                             "of the Pods (NetworkPolicy, firewall). In an emergency: kubectl delete "
                             "validatingwebhookconfiguration,mutatingwebhookconfiguration {}",
                             installation.names().name));
}

void TellOthers(const AdmissionTrial& trial, const TrialAnswer& answer, CheckReport& report) {
  report.CouldNotTell(fmt::format("the dry run in namespace {} was not answered by the gate: {}", trial.namespace_, answer.message),
                      "name a namespace in which you may create Pods and whose own rules let a restricted Pod in: hullctl doctor "
                      "--try-admission NAMESPACE");
}

void TryUnreadable(Installation& installation, const AdmissionTrial& trial, CheckReport& report) {
  const auto answer = Try(installation, trial.namespace_, kUnreadableImage);
  if (!answer) return report.Unread("the answer to a dry run", answer.error());
  switch (answer->outcome) {
    case TrialOutcome::kRefusedByUs:
      return report.Ok(fmt::format("a Pod with an image that nobody could pull was refused in namespace {}, as it should be: {}",
                                   trial.namespace_, answer->message));
    case TrialOutcome::kHookFailed:
      return TellHookFailed(installation, *answer, report);
    case TrialOutcome::kAdmitted:
      return report.Problem(
          fmt::format(
              "a Pod with an image that nobody could pull was admitted in namespace {}: the gate does not judge Pods there, or all that "
              "covers them only audits or warns",
              trial.namespace_),
          "the checks `hooks` and `gate-switch` tell whether the namespace is judged, `objects` which policies only audit; --unmatched of "
          "the "
          "webhook decides over images that no policy covers");
    case TrialOutcome::kRefusedByOthers:
      return TellOthers(trial, *answer, report);
  }
}

void TryGood(Installation& installation, const AdmissionTrial& trial, CheckReport& report) {
  const auto answer = Try(installation, trial.namespace_, trial.good_image);
  if (!answer) return report.Unread("the answer to a dry run", answer.error());
  switch (answer->outcome) {
    case TrialOutcome::kAdmitted:
      return report.Ok(fmt::format("a Pod with the image {} was admitted in namespace {}", Printable(trial.good_image), trial.namespace_));
    case TrialOutcome::kHookFailed:
      return TellHookFailed(installation, *answer, report);
    case TrialOutcome::kRefusedByUs:
      return report.Problem(
          fmt::format("a Pod with the image {}, which should be good, was refused: {}", Printable(trial.good_image), answer->message),
          "the message names policy and reason; hullctl reasons WORD tells what to do about it");
    case TrialOutcome::kRefusedByOthers:
      return TellOthers(trial, *answer, report);
  }
}

}  // namespace

void TryAdmission(Installation& installation, const AdmissionTrial& trial, CheckReport& report) {
  TryUnreadable(installation, trial, report);
  if (!trial.good_image.empty()) TryGood(installation, trial, report);
}

}  // namespace hullwright::cli
