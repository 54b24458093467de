// Verifying one Notary Project signature of one artifact: integrity, authenticity, expiry, authentic time-stamp, revocation, each enforced
// or told as the level says. Source: trust-store-trust-policy.md; research sections 3.4 to 3.6.
//
// Pure and thread-safe: the time, the trust and everything fetched come as arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/notation_envelope.h"
#include "verify/notation_identity.h"
#include "verify/notation_payload.h"
#include "verify/notation_trust_store.h"
#include "verify/revocation.h"
#include "verify/time_stamp_token.h"

namespace hullwright::verify {

//             integrity  authenticity  time-stamp  expiry   revocation
// strict      enforce    enforce       enforce     enforce  enforce
// permissive  enforce    enforce       log         log      log
// audit       enforce    log           log         log      log
// skip        nothing is looked at
// Below strict an old or revoked signature passes (CVE-2024-23332): NotationVerdict says what did not hold.
enum class NotationLevel { kStrict, kPermissive, kAudit, kSkip };

enum class NotationAction { kEnforce, kLog, kSkip };

// When a signer's own time needs a time-stamp, given that the trust has time-stamp authorities.
enum class VerifyTimestamp { kAlways, kAfterCertExpiry };

struct NotationPolicy {
  NotationTrustStores stores;
  TrustedIdentities identities;
  NotationLevel level = NotationLevel::kStrict;
  // Instead of the level's, of the time-stamp authority's certificates too. kSkip is how an air-gapped cluster without fetched lists says
  // that it does not check revocation; nothing else turns "unknown" into "not revoked".
  std::optional<NotationAction> revocation;
  VerifyTimestamp verify_timestamp = VerifyTimestamp::kAlways;
};

struct NotationRequest {
  std::string_view media_type;  // of the signature's layer
  std::string_view envelope;
  const NotationTarget& target;
  const RevocationMaterial& revocation;
  Time now;
};

struct NotationVerdict {
  // The level asked for nothing, so nothing below is filled in or known.
  bool skipped = false;
  // The chain ends in the trust store and the signer is a trusted identity. Without it somebody signed, and nobody knows who.
  bool authentic = false;
  NotationFormat format = NotationFormat::kJws;
  NotationPayload payload;
  std::string subject;          // of the signing certificate, RFC 4514
  std::string identity;         // the trusted identity that was met; "" when not authentic
  std::vector<Time> times;      // verified times of signing
  std::vector<Failure> logged;  // what did not hold and the level lets pass
};

Checked<NotationVerdict> VerifyNotation(const NotationPolicy& policy, const NotationRequest& request);

// --- the steps, each on its own

// The signature holds for the leaf key of a sound chain, with the algorithm that this key fixes. Nobody is trusted yet.
struct NotationSignature {
  NotationEnvelope envelope;
  SigningScheme scheme = SigningScheme::kX509;
  std::vector<Certificate> chain;  // leaf first
  NotationPayload payload;
};
Checked<NotationSignature> VerifyNotationIntegrity(std::string_view media_type, std::string_view envelope);

// The identity met, when a certificate of the chain is in the store of the scheme.
Checked<std::string> VerifyNotationAuthenticity(const NotationSignature& signature, const NotationTrustStores& stores,
                                                const TrustedIdentities& identities);

Checked<void> VerifyNotationExpiry(const NotationSignature& signature, Time now);

// The time-stamp that was verified; nullopt when none was due and the chain is valid now, or was at the authority's own time.
Checked<std::optional<TimeStamp>> VerifyNotationTime(const NotationSignature& signature, const std::vector<Certificate>& tsa,
                                                     VerifyTimestamp verify_timestamp, Time now);

// A countersignature over the primitive signature value, by an authority of the store under Notary Project's certificate rules.
Checked<TimeStamp> VerifyNotationCountersignature(std::string_view token, std::string_view message, const std::vector<Certificate>& tsa);

}  // namespace hullwright::verify
