#include "verify/notation_signature.h"

#include <utility>

#include "verify/attestor.h"
#include "verify/doubt.h"

namespace hullwright::verify {

Checked<policy::Verified<policy::Signature>> VerifyNotationSignature(std::string_view media_type, std::string_view envelope,
                                                                     const NotationAuthority& authority, const Digest& digest,
                                                                     const NotationTarget& target, Time now) {
  if (target.digest != digest.text()) return Reject(Step::kSubject, "the target is another artifact than the image");
  auto verdict = VerifyNotation(authority.policy, {media_type, envelope, target, authority.revocation, now});
  if (!verdict) return std::unexpected(std::move(verdict.error()));
  if (verdict->skipped || !verdict->authentic) return Reject(Step::kIdentity, "signed, but by nobody whom the policy trusts");
  policy::Signer signer{authority.name, "x509.subject: " + verdict->subject, "", std::move(verdict->times)};
  const char* format = verdict->format == NotationFormat::kJws ? "notation-jws" : "notation-cose";
  policy::Signature signature{authority.publisher, std::move(signer), digest, format};
  for (const Failure& failure : verdict->logged) signature.tolerated.push_back(DoubtOf(failure));
  return Attestor::Attest(std::move(signature));
}

}  // namespace hullwright::verify
