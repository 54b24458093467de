// Does a certificate chain to a trusted one at a given time? Source: research sections 0.5 and 0.6.
//
// Pure and thread-safe. Failures: kLimit too many certificates, kTime one of them not valid at the time, kCriticalExtension an unknown one,
// kAlgorithm a short key or SHA-1, kCertificateUse a CA that may not sign or not for this purpose, kChain everything else.
#pragma once

#include <string_view>
#include <vector>

#include "verify/certificate.h"

namespace hullwright::verify {

// Certificate authorities that name extended key usages must name this one (Go and RFC 5280 practice); the leaf is judged by the
// Require… functions of certificate.h.
enum class ChainPurpose { kCodeSigning, kTimeStamping, kAny };

struct ChainRequest {
  const std::vector<Certificate>& anchors;        // trusted, roots or intermediates; a self-signed leaf may itself be one
  const std::vector<Certificate>& intermediates;  // untrusted helpers, in any order
  Time at;                                        // every certificate of the chain, anchor included, must be valid then
  ChainPurpose purpose = ChainPurpose::kAny;
};

// The chain that was built, leaf first, anchor last. All signatures (none with SHA-1), basic constraints, path lengths, name constraints
// and critical extensions of it were checked.
Checked<std::vector<Certificate>> BuildChain(const Certificate& leaf, const ChainRequest& request);

// Is the certificate valid at the time? kTime with the window in words if not.
Checked<void> RequireValidAt(const Certificate& certificate, Time time);
// What of a chain depends on a time and a purpose: every certificate is valid then, and every issuer is an authority that may issue for
// this. Says nothing of signatures.
Checked<void> RequireUsableChain(const std::vector<Certificate>& chain, Time at, ChainPurpose purpose);

}  // namespace hullwright::verify
