#include "webhook/decision_log.h"

#include <fmt/format.h>

#include "base/image_reference.h"
#include "base/log.h"

namespace hullwright::webhook {
namespace {

constexpr std::size_t kMaxListBytes = 1024;

}  // namespace

void RecordDecision(std::string_view path, const AdmissionRequest& request, const Verdict& verdict,
                    std::chrono::steady_clock::duration duration, Metrics& metrics) {
  metrics.CountDecision(path, request, verdict, std::chrono::duration<double>(duration).count());
  log::Info("request decided", {{"path", path},
                                {"uid", Printable(request.uid, 128)},
                                {"operation", ToString(request.operation)},
                                {"kind", Printable(request.kind, 64)},
                                {"namespace", Printable(request.namespace_, 64)},
                                {"name", Printable(request.name, 253)},
                                {"user", Printable(request.user.username, 253)},
                                {"outcome", policy::ToString(verdict.outcome)},
                                {"allowed", verdict.answer.allowed},
                                {"reasons", Printable(fmt::format("{}", fmt::join(verdict.reasons, ",")), kMaxListBytes)},
                                {"policies", Printable(fmt::format("{}", fmt::join(verdict.policies, ",")), kMaxListBytes)},
                                {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(duration).count()},
                                {"dry_run", request.dry_run}});
}

}  // namespace hullwright::webhook
