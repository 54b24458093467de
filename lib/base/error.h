// The error of "could not find out" and the Result that carries it (docs/decisions/0002-three-outcomes.md).
//
// Three kinds of failure are kept apart: a policy violation is data in a policy::Decision, a bug is an assert, and everything
// that stopped us from finding out is an Error. No check answers Result<bool>: success means yes.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace hullwright {

// What the caller should do about an error. People read the message, callers branch on the code.
enum class ErrorCode {
  kInvalidInput,  // the bytes or values given are wrong: fix them; a retry gives the same
  kUnsupported,   // well formed, but this version cannot do or enforce it
  kNotFound,      // asked, and the answer was "there is none"
  kConflict,      // somebody else changed it first: read again, then retry
  kDenied,        // the other side knows us and says no
  kUnavailable,   // could not be reached or is overloaded: retry later
  kDeadline,      // the time allowed for the operation ran out
  kTooLarge,      // a bound on size, count or depth was exceeded
  kExpired,       // a resource version or token is too old to continue from (HTTP 410)
  kInternal,      // a library or the operating system failed in a way that has no better word
};

std::string_view ToString(ErrorCode code);

// message says what, where and what would be right, in one line, without secrets.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  // The same error, told from one level further out: "context: message".
  Error Within(std::string_view context) const { return {code, std::string(context) + ": " + message}; }
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace hullwright
