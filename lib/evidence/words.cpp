#include "evidence/words.h"

namespace hullwright::evidence {
namespace {

using policy::ReasonWord;
using registry::Why;

ReasonWord WordOf(Why why, Sought sought) {
  const bool image = sought == Sought::kImage;
  switch (why) {
    case Why::kAbsent:
      return image ? ReasonWord::kImageAbsent : ReasonWord::kSignatureMissing;
    case Why::kDenied:
    case Why::kForbiddenAddress:
    case Why::kMisconfigured:
      return ReasonWord::kRegistryRefused;
    case Why::kMalformed:
      return image ? ReasonWord::kImageMalformed : ReasonWord::kSignatureMalformed;
    case Why::kDigestMismatch:
      return ReasonWord::kRegistryMismatch;
    case Why::kTooLarge:
    case Why::kBudget:
      return image ? ReasonWord::kImageMalformed : ReasonWord::kSignatureTooLarge;
    case Why::kUnsupported:
      return image ? ReasonWord::kImageMalformed : ReasonWord::kFormatUnknown;
    case Why::kUnavailable:
    case Why::kRateLimited:
    case Why::kDeadline:
      return ReasonWord::kRegistryUnreachable;
  }
  return ReasonWord::kRegistryUnreachable;
}

}  // namespace

policy::Doubt DoubtOf(const registry::Problem& problem, Sought sought) {
  return {WordOf(problem.why, sought), problem.message};
}

}  // namespace hullwright::evidence
