// What a registry's answer comes to. Four outcomes that are never mixed: found (a value), absent (the registry itself said "there is
// none"), refused (it, or we, said no; asking again gives the same) and unreachable (could not tell; asking later may help).
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace hullwright::registry {

enum class Why {
  kAbsent,            // 404 with a registry's own error body or header: there is no such manifest, blob or repository
  kDenied,            // 401 or 403 with every credential that we may use
  kForbiddenAddress,  // a name resolves to an address that may not be asked (address_rules.h), or a URL points where it must not
  kMalformed,         // not what the distribution specification promises: no JSON, media types that disagree, links that loop or leave
  kDigestMismatch,    // the bytes received are not those of the digest asked for
  kTooLarge,          // more bytes than the bound of this answer
  kUnsupported,       // schema 1, foreign media types, unknown digest algorithm, compressed transfer
  kMisconfigured,     // our own configuration of this registry cannot be used: a certificate, a URL, a repository name
  kUnavailable,       // DNS, connect, TLS, reset, 5xx, an answer that is not a registry's
  kRateLimited,       // 429, or our own bound of requests per second leaves no room before the deadline
  kDeadline,          // the time of this call ran out
  kBudget,            // the bytes that this admission may fetch ran out: whoever fills a repository must not choose "could not tell"
};

enum class Outcome { kAbsent, kRefused, kUnreachable };

Outcome OutcomeOf(Why why);
std::string_view ToString(Why why);          // "DigestMismatch"
std::string_view ToString(Outcome outcome);  // "Absent"

struct Problem {
  Why why;
  std::string message;                  // what, where and what would be right, in one line, printable, without secrets
  std::chrono::seconds retry_after{0};  // with kRateLimited: what the registry asked for

  Outcome outcome() const { return OutcomeOf(why); }
};

template <class T>
using Answer = std::expected<T, Problem>;

inline std::unexpected<Problem> Decline(Why why, std::string message) {
  return std::unexpected(Problem{why, std::move(message)});
}

}  // namespace hullwright::registry
