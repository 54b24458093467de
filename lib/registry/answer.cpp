#include "registry/answer.h"

namespace hullwright::registry {

Outcome OutcomeOf(Why why) {
  switch (why) {
    case Why::kAbsent:
      return Outcome::kAbsent;
    case Why::kDenied:
    case Why::kForbiddenAddress:
    case Why::kMalformed:
    case Why::kDigestMismatch:
    case Why::kTooLarge:
    case Why::kUnsupported:
    case Why::kMisconfigured:
    case Why::kBudget:
      return Outcome::kRefused;
    case Why::kUnavailable:
    case Why::kRateLimited:
    case Why::kDeadline:
      return Outcome::kUnreachable;
  }
  return Outcome::kUnreachable;
}

std::string_view ToString(Why why) {
  switch (why) {
    case Why::kAbsent:
      return "Absent";
    case Why::kDenied:
      return "Denied";
    case Why::kForbiddenAddress:
      return "ForbiddenAddress";
    case Why::kMalformed:
      return "Malformed";
    case Why::kDigestMismatch:
      return "DigestMismatch";
    case Why::kTooLarge:
      return "TooLarge";
    case Why::kUnsupported:
      return "Unsupported";
    case Why::kMisconfigured:
      return "Misconfigured";
    case Why::kUnavailable:
      return "Unavailable";
    case Why::kRateLimited:
      return "RateLimited";
    case Why::kDeadline:
      return "Deadline";
    case Why::kBudget:
      return "Budget";
  }
  return "Unavailable";
}

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAbsent:
      return "Absent";
    case Outcome::kRefused:
      return "Refused";
    case Outcome::kUnreachable:
      return "Unreachable";
  }
  return "Unreachable";
}

}  // namespace hullwright::registry
