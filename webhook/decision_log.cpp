#include "webhook/decision_log.h"

#include <string>

#include "base/log.h"
#include "webhook/decision_text.h"

namespace hullwright::webhook {
namespace {

constexpr std::size_t kMaxListBytes = 1024, kMaxKindBytes = 64, kMaxNamespaceBytes = 64, kMaxNameBytes = 253;

// Anybody can post a name of megabytes. The log escapes what is no printable ASCII.
std::string_view Bounded(std::string_view text, std::size_t max_bytes) {
  return text.substr(0, max_bytes);
}

template <class Texts>
std::string Join(const Texts& texts) {
  std::string joined;
  for (const auto& text : texts) {
    if (joined.size() > kMaxListBytes) break;
    if (!joined.empty()) joined += ',';
    joined += text;
  }
  return joined;
}

std::string_view AnnotationOr(const Verdict& verdict, const char* key) {
  const auto found = verdict.answer.audit_annotations.find(key);
  return found == verdict.answer.audit_annotations.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

void RecordDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict,
                    std::chrono::steady_clock::duration duration, Metrics& metrics) {
  metrics.CountDecision(path, request, verdict, std::chrono::duration<double>(duration).count());
  const std::string reasons = Join(verdict.reasons), policies = Join(verdict.policies);
  log::Info("request decided", {{"path", path},
                                {"uid", request.uid},
                                {"operation", ToString(request.operation)},
                                {"kind", Bounded(request.kind, kMaxKindBytes)},
                                {"namespace", Bounded(request.namespace_, kMaxNamespaceBytes)},
                                {"name", Bounded(request.name, kMaxNameBytes)},
                                {"user", Bounded(request.user.username, kMaxNameBytes)},
                                {"outcome", policy::ToString(verdict.outcome)},
                                {"allowed", verdict.answer.allowed},
                                {"reasons", Bounded(reasons, kMaxListBytes)},
                                {"policies", Bounded(policies, kMaxListBytes)},
                                {"registry_outage", verdict.answer.audit_annotations.contains(kOutageAnnotation)},
                                {"signature_tolerated", verdict.answer.audit_annotations.contains(kToleratedAnnotation)},
                                {"within_grace", verdict.answer.audit_annotations.contains(kGraceAnnotation)},
                                {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(duration).count()},
                                {"dry_run", request.dry_run},
                                {"decision", AnnotationOr(verdict, kDecisionAnnotation)}});
}

store::DecisionRow HistoryRow(const AdmissionRequest& request, const Verdict& verdict) {
  store::DecisionRow row;
  row.uid = request.uid;
  row.operation = ToString(request.operation);
  row.kind = Bounded(request.kind, kMaxKindBytes);
  row.namespace_ = Bounded(request.namespace_, kMaxNamespaceBytes);
  row.name = Bounded(request.name, kMaxNameBytes);
  row.user = Bounded(request.user.username, kMaxNameBytes);
  row.allowed = verdict.answer.allowed;
  row.outcome = policy::ToString(verdict.outcome);
  row.rule = AnnotationOr(verdict, "rule");
  row.reasons = Join(verdict.reasons);
  row.policies = Join(verdict.policies);
  row.message = verdict.answer.message;
  return row;
}

}  // namespace hullwright::webhook
