#include "webhook/decision_log.h"

#include <string>

#include "base/log.h"
#include "webhook/decision_text.h"

namespace hullwright::webhook {
namespace {

constexpr std::size_t kMaxListBytes = 1024;

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

}  // namespace

void RecordDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict,
                    std::chrono::steady_clock::duration duration, Metrics& metrics) {
  metrics.CountDecision(path, request, verdict, std::chrono::duration<double>(duration).count());
  const std::string reasons = Join(verdict.reasons), policies = Join(verdict.policies);
  log::Info("request decided", {{"path", path},
                                {"uid", request.uid},
                                {"operation", ToString(request.operation)},
                                {"kind", Bounded(request.kind, 64)},
                                {"namespace", Bounded(request.namespace_, 64)},
                                {"name", Bounded(request.name, 253)},
                                {"user", Bounded(request.user.username, 253)},
                                {"outcome", policy::ToString(verdict.outcome)},
                                {"allowed", verdict.answer.allowed},
                                {"reasons", Bounded(reasons, kMaxListBytes)},
                                {"policies", Bounded(policies, kMaxListBytes)},
                                {"registry_outage", verdict.answer.audit_annotations.contains(kOutageAnnotation)},
                                {"signature_tolerated", verdict.answer.audit_annotations.contains(kToleratedAnnotation)},
                                {"within_grace", verdict.answer.audit_annotations.contains(kGraceAnnotation)},
                                {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(duration).count()},
                                {"dry_run", request.dry_run}});
}

}  // namespace hullwright::webhook
