#include "webhook/verdict.h"

#include <fmt/format.h>

namespace hullwright::webhook {
namespace {

// Status reasons and codes of k8s.io/apimachinery meta/v1.
void SetStatus(RequestReason reason, AdmissionAnswer& answer) {
  switch (reason) {
    case RequestReason::kReviewUnreadable:
      answer.code = 400;
      answer.reason = "BadRequest";
      return;
    case RequestReason::kObjectInvalid:
    case RequestReason::kImmutable:
      answer.code = 422;
      answer.reason = "Invalid";
      return;
    case RequestReason::kNotSynced:
    case RequestReason::kWaiveUnknown:
    case RequestReason::kImportUnknown:
      answer.code = 503;
      answer.reason = "ServiceUnavailable";
      return;
    case RequestReason::kInternalError:
      answer.code = 500;
      answer.reason = "InternalError";
      return;
    default:
      answer.code = 403;
      answer.reason = "Forbidden";
  }
}

Verdict Deny(policy::Outcome outcome, RequestReason reason, std::string_view message) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.reasons = {ToString(reason)};
  verdict.answer.message = fmt::format("{}: {}", ToString(reason), message);
  SetStatus(reason, verdict.answer);
  verdict.answer.audit_annotations = {{"outcome", std::string(policy::ToString(outcome))}, {"reasons", std::string(ToString(reason))}};
  return verdict;
}

}  // namespace

std::string_view ToString(RequestReason reason) {
  switch (reason) {
    case RequestReason::kReviewUnreadable:
      return "ReviewUnreadable";
    case RequestReason::kNotSynced:
      return "NotSynced";
    case RequestReason::kKindUnknown:
      return "KindUnknown";
    case RequestReason::kObjectUnreadable:
      return "ObjectUnreadable";
    case RequestReason::kObjectInvalid:
      return "ObjectInvalid";
    case RequestReason::kImmutable:
      return "Immutable";
    case RequestReason::kRequestedByWrong:
      return "RequestedByWrong";
    case RequestReason::kWaiveDenied:
      return "WaiveDenied";
    case RequestReason::kWaiveUnknown:
      return "WaiveUnknown";
    case RequestReason::kImportedByWrong:
      return "ImportedByWrong";
    case RequestReason::kImportDenied:
      return "ImportDenied";
    case RequestReason::kImportUnknown:
      return "ImportUnknown";
    case RequestReason::kInternalError:
      return "InternalError";
  }
  return "InternalError";
}

Verdict PassBy(std::string_view rule) {
  Verdict verdict;
  verdict.answer.allowed = true;
  verdict.answer.audit_annotations = {{"outcome", "pass"}, {"rule", std::string(rule)}};
  return verdict;
}

Verdict CouldNotTell(RequestReason reason, std::string_view message) {
  return Deny(policy::Outcome::kCouldNotTell, reason, message);
}

Verdict Refuse(RequestReason reason, std::string_view message) {
  return Deny(policy::Outcome::kViolation, reason, message);
}

}  // namespace hullwright::webhook
