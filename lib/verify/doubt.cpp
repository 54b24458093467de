#include "verify/doubt.h"

#include <fmt/format.h>

namespace hullwright::verify {

using policy::ReasonWord;

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

policy::Doubt DoubtOf(const Failure& failure) {
  return {WordOf(failure.step), fmt::format("{}: {}", ToString(failure.step), failure.message)};
}

}  // namespace hullwright::verify
