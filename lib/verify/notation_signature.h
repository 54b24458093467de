// A Notary Project signature as a fact about an image: what image_verification.h is for cosign, with the trust that notation knows.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "policy/trust_facts.h"
#include "policy/verified.h"
#include "verify/notation.h"

namespace hullwright::verify {

struct NotationAuthority {
  std::string publisher;  // TrustedPublisher
  std::string name;       // of the authority inside it
  NotationPolicy policy;
  RevocationMaterial revocation;
};

// "This image is ours." A signature whose signer is nobody the policy trusts is none, whatever the level lets pass; what it let pass is
// told.
Checked<policy::Verified<policy::Signature>> VerifyNotationSignature(std::string_view media_type, std::string_view envelope,
                                                                     const NotationAuthority& authority, const Digest& digest,
                                                                     const NotationTarget& target, Time now);

}  // namespace hullwright::verify
