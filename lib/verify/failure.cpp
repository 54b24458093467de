#include "verify/failure.h"

#include <array>

namespace hullwright::verify {

std::string_view ToString(Step step) {
  constexpr std::array kNames = {"parse",       "limit",
                                 "unsupported", "structure",
                                 "key",         "signature",
                                 "chain",       "certificate use",
                                 "identity",    "time",
                                 "timestamp",   "transparency log",
                                 "log entry",   "certificate log",
                                 "subject",     "predicate",
                                 "revoked",     "revocation unknown",
                                 "expired",     "trust root",
                                 "algorithm",   "critical extension"};
  static_assert(kNames.size() == static_cast<std::size_t>(Step::kCriticalExtension) + 1);
  return kNames[static_cast<std::size_t>(step)];
}

}  // namespace hullwright::verify
