#include "base/error.h"

namespace hullwright {

std::string_view ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "invalid_input";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kDeadline:
      return "deadline";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kExpired:
      return "expired";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace hullwright
