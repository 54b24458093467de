// OCSP responses (RFC 6960) judged from their bytes: nothing is asked of anybody.
#pragma once

#include <optional>
#include <string_view>

#include "verify/certificate.h"

namespace hullwright::verify {

enum class OcspStatus { kGood, kRevoked };

struct OcspAnswer {
  OcspStatus status = OcspStatus::kGood;
};

// What the response says of this certificate. It must be signed by the certificate's issuer, or by a responder that the issuer named for
// OCSP (OCSPSigning) and freed from being checked itself (id-pkix-ocsp-nocheck), and be current at `now`. Everything else, the status
// "unknown" included, is a failure of kRevocationUnknown; bytes that are no response are kParse.
Checked<OcspAnswer> EvaluateOcsp(std::string_view der, const Certificate& certificate, const Certificate& issuer, Time now);

}  // namespace hullwright::verify
