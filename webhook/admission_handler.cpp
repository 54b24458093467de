#include "webhook/admission_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "kube/pull_context.h"
#include "webhook/decision_log.h"
#include "webhook/decision_text.h"

namespace hullwright::webhook {
namespace {

constexpr std::chrono::seconds kTemplatePatience{1};

// What arrives here when a rule says "pods/*" or "*/*" and names no image: Kubernetes' own kinds behind subresources.
bool NamesNoImage(const AdmissionRequest& request) {
  constexpr std::array kKinds = {std::pair{std::string_view(""), std::string_view("Binding")},
                                 std::pair{std::string_view("policy"), std::string_view("Eviction")},
                                 std::pair{std::string_view("autoscaling"), std::string_view("Scale")}};
  return !request.sub_resource.empty() && std::ranges::find(kKinds, std::pair{request.group, request.kind}) != kKinds.end();
}

Verdict UnknownKind(const AdmissionRequest& request) {
  const std::string kind = Printable(request.kind, 64);
  const std::string group = Printable(request.group, 253);
  return CouldNotTell(
      RequestReason::kKindUnknown,
      fmt::format("where a {}{}{} keeps its images is not known. Start hullwright-webhook with "
                  "--workload-path {}/{}=/spec/template/spec (the path of its PodSpec), or take the kind out of the rules of "
                  "the ValidatingWebhookConfiguration.",
                  kind, group.empty() ? "" : " of group ", group, group, kind));
}

void AllowMirrorPod(Verdict& verdict) {
  verdict.answer.audit_annotations["rule"] = "mirror-pod";
  if (verdict.answer.allowed) return;
  verdict.answer.allowed = true;
  verdict.answer.warnings.insert(verdict.answer.warnings.begin(), "mirror Pod of a static Pod: it runs already, whatever admission says");
  for (const std::string_view word : verdict.reasons)
    verdict.answer.warnings.push_back(fmt::format("mirror Pod would be refused: {}", word));
}

// Images that the update leaves as they are: said, never refused, or nobody could label, finalise or drain what runs already.
void ReportRunning(const policy::Decision& decision, Verdict& verdict) {
  if (decision.outcome == policy::Outcome::kPass) return;
  AddWarnings(decision, "already running, ", verdict.answer.warnings);
  const auto running = AuditAnnotations(decision);
  if (const auto reasons = running.find("reasons"); reasons != running.end()) {
    verdict.answer.audit_annotations["already-running"] = reasons->second;
  }
}

// What a waiver let in ends with the waiver, and what a grace period let in with the period: neither it nor an update of the Pod it let in
// makes the image one that was admitted.
bool LetsInByItself(const std::string& policy, const policy::ImageDecision& decision) {
  const auto denies = [&](const policy::Reason& reason) {
    return reason.policy == policy && reason.enforcement == api::Enforcement::kDeny;
  };
  const auto is_graced = [&](const policy::Notice& notice) { return notice.policy == policy && notice.word == policy::kWithinGrace; };
  return std::ranges::find(decision.waived, policy, &policy::Waived::policy) == decision.waived.end() &&
         std::ranges::none_of(decision.notices, is_graced) && std::ranges::none_of(decision.reasons, denies);
}

}  // namespace

Verdict ToVerdict(const policy::Decision& decision) {
  Verdict verdict;
  verdict.outcome = decision.outcome;
  verdict.reasons = ReasonWords(decision);
  verdict.policies = PolicyIds(decision);
  verdict.answer.allowed = decision.allowed();
  if (!verdict.answer.allowed) verdict.answer.message = DenialMessage(decision);
  AddWarnings(decision, "", verdict.answer.warnings);
  verdict.answer.audit_annotations = AuditAnnotations(decision);
  return verdict;
}

// Refusing would only hide what runs. The annotation counts from the node itself alone (kubernetes/kubernetes#53467).
bool IsMirrorPod(const AdmissionRequest& request) {
  constexpr std::string_view kNodePrefix = "system:node:";
  if (request.group != "" || request.kind != "Pod" || !request.object) return false;
  if (!request.user.username.starts_with(kNodePrefix)) return false;
  if (std::ranges::find(request.user.groups, "system:nodes") == request.user.groups.end()) return false;
  const auto metadata = Member(*request.object, "metadata");
  const auto annotations = metadata ? Member(*metadata, "annotations") : std::nullopt;
  const auto spec = Member(*request.object, "spec");
  if (!annotations || !Member(*annotations, "kubernetes.io/config.mirror") || !spec) return false;
  const std::string_view node = TextMember(*spec, "nodeName");
  return !node.empty() && node == request.user.username.substr(kNodePrefix.size());
}

AdmissionHandler::AdmissionHandler(const evidence::Catalogue& catalogue, evidence::AdmittedImages& admitted,
                                   const kube::Workloads& workloads, const Clock& clock, policy::EngineOptions options,
                                   const Origins& origins, const Recording& recording)
    : sources_{catalogue, admitted, origins.gatherer, origins.node_platforms},
      admitted_(admitted),
      workloads_(workloads),
      clock_(clock),
      options_(options),
      recording_(recording) {}

std::optional<Verdict> AdmissionHandler::Handle(const AdmissionRequest& request, bool peer_authenticated, const Patience& patience) const {
  if (request.operation == Operation::kDelete) return PassBy("delete");
  if (request.operation == Operation::kConnect) return PassBy("connect");
  if (NamesNoImage(request)) return PassBy("no-images");
  const kube::Workload* workload = workloads_.Find(request.group, request.kind);
  if (workload == nullptr) return UnknownKind(request);
  if (!request.object) return CouldNotTell(RequestReason::kObjectUnreadable, "request.object is missing");
  const auto old_object = request.operation == Operation::kUpdate ? request.old_object : std::nullopt;
  const auto images = kube::ReviewImages(*workload, *request.object, old_object);
  if (!images) return CouldNotTell(RequestReason::kObjectUnreadable, Printable(images.error().message, 1024));
  return Judge({request, *workload, peer_authenticated, patience}, *images);
}

std::optional<Verdict> AdmissionHandler::Judge(const Review& review, const kube::ReviewedImages& images) const {
  const AdmissionRequest& request = review.request;
  const Time now = clock_.Now();
  const bool remember = review.workload.is_pod && review.peer_authenticated && !request.dry_run;
  // A dry run must leave nothing behind (sideEffects: NoneOnDryRun).
  const bool record =
      recording_.recorder != nullptr && (review.peer_authenticated || recording_.of_anybody) && !request.dry_run && !images.changed.empty();
  evidence::Basis basis;
  const auto decision = Ask(review, images.changed, now, record ? &basis : nullptr);
  if (!decision) return std::nullopt;
  Verdict verdict = ToVerdict(*decision);
  if (verdict.answer.allowed && remember) Remember(request, images.changed, *decision, now);
  if (images.changed.empty()) verdict.answer.audit_annotations["rule"] = images.unchanged.empty() ? "no-images" : "unchanged";
  if (review.workload.is_pod && !images.unchanged.empty()) {
    if (const auto running = AskOfRunning(review, images.unchanged, now)) {
      ReportRunning(*running, verdict);
      if (remember) Remember(request, images.unchanged, *running, now);
    }
  }
  if (IsMirrorPod(request)) AllowMirrorPod(verdict);
  BoundWarnings(verdict.answer.warnings);
  if (record) {
    std::string id = recording_.recorder->Record(HistoryRow(request, verdict), std::move(basis));
    if (!id.empty()) verdict.answer.audit_annotations[kDecisionAnnotation] = std::move(id);
  }
  return verdict;
}

evidence::Question AdmissionHandler::QuestionOf(const Review& review, const std::vector<api::ImageUse>& images) const {
  evidence::Question question{review.workload.is_pod ? policy::SubjectKind::kPod : policy::SubjectKind::kTemplate,
                              review.request.Describe(), std::string(review.request.namespace_), images};
  if (sources_.gatherer != nullptr)
    question.pull = kube::ReadPullContext(review.workload, *review.request.object, review.request.namespace_);
  return question;
}

std::optional<policy::Decision> AdmissionHandler::Ask(const Review& review, const std::vector<api::ImageUse>& images, Time now,
                                                      evidence::Basis* basis) const {
  if (images.empty()) return policy::Decision{};
  const evidence::Question question = QuestionOf(review, images);
  if (auto decision = evidence::JudgeFromMemory(sources_, question, now, options_, basis)) return decision;
  if (!review.patience.may_block) return std::nullopt;
  // A template is early feedback: it does not wait long, and what it asked for goes on in the background, warm for its Pods.
  const Deadline soon = std::chrono::steady_clock::now() + kTemplatePatience;
  const Deadline deadline = review.workload.is_pod ? review.patience.deadline : std::min(review.patience.deadline, soon);
  return evidence::Judge(sources_, question, now, options_, deadline, basis);
}

// Of what runs already only that is said which is known without waiting.
std::optional<policy::Decision> AdmissionHandler::AskOfRunning(const Review& review, const std::vector<api::ImageUse>& images,
                                                               Time now) const {
  const evidence::Question question = QuestionOf(review, images);
  auto decision = evidence::JudgeFromMemory(sources_, question, now, options_);
  if (!decision) evidence::WarmUp(sources_, question, options_);
  return decision;
}

// decision.images stand in the order of the images, unless there were too many to look at.
void AdmissionHandler::Remember(const AdmissionRequest& request, const std::vector<api::ImageUse>& images, const policy::Decision& decision,
                                Time now) const {
  if (decision.images.size() != images.size()) return;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (decision.images[i].digest.empty()) continue;
    const auto reference = ImageReference::Parse(images[i].reference);
    if (!reference) continue;
    for (const std::string& policy : decision.images[i].policies) {
      if (LetsInByItself(policy, decision.images[i])) admitted_.Record(request.namespace_, *reference, policy, now);
    }
  }
}

}  // namespace hullwright::webhook
