#include "evidence/words.h"

#include <fmt/format.h>

namespace hullwright::evidence {
namespace {

using policy::ReasonWord;
using registry::Why;
using verify::Step;

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

ReasonWord WordOf(Step step) {
  switch (step) {
    case Step::kParse:
    case Step::kStructure:
      return ReasonWord::kSignatureMalformed;
    case Step::kLimit:
      return ReasonWord::kSignatureTooLarge;
    case Step::kUnsupported:
      return ReasonWord::kFormatUnknown;
    case Step::kIdentity:
      return ReasonWord::kIdentityMismatch;
    case Step::kKey:
    case Step::kSignature:
      return ReasonWord::kSignatureInvalid;
    case Step::kChain:
    case Step::kCertificateUse:
      return ReasonWord::kCertificateUntrusted;
    case Step::kTime:
    case Step::kTimestamp:
      return ReasonWord::kSigningTimeUnproved;
    case Step::kTransparencyLog:
    case Step::kLogEntry:
    case Step::kCertificateLog:
      return ReasonWord::kTransparencyLogUnproved;
    case Step::kSubject:
      return ReasonWord::kSubjectMismatch;
    case Step::kPredicate:
      return ReasonWord::kAttestationInvalid;
    case Step::kRevoked:
      return ReasonWord::kSignatureRevoked;
    case Step::kRevocationUnknown:
      return ReasonWord::kRevocationUnknown;
    case Step::kExpired:
      return ReasonWord::kSignatureExpired;
    case Step::kTrustRoot:
      return ReasonWord::kTrustMaterialInvalid;
    case Step::kAlgorithm:
      return ReasonWord::kAlgorithmUnknown;
    case Step::kCriticalExtension:
      return ReasonWord::kCriticalExtensionUnknown;
  }
  return ReasonWord::kSignatureInvalid;
}

policy::Doubt DoubtOf(const registry::Problem& problem, Sought sought) {
  return {WordOf(problem.why, sought), problem.message};
}

policy::Doubt DoubtOf(const verify::Failure& failure) {
  return {WordOf(failure.step), fmt::format("{}: {}", verify::ToString(failure.step), failure.message)};
}

}  // namespace hullwright::evidence
