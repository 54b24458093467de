// What the fuzz targets of both Notary Project envelopes demand: what is decoded is within its bounds, a trust store of strangers accepts
// nothing, that of the seeds' signer the one payload it signed.
#pragma once

#include "fuzz/fuzzing.h"
#include "verify/limits.h"
#include "verify/notation.h"

namespace hullwright::fuzz {

inline verify::NotationPolicy PolicyOf(const std::string& root) {
  using namespace verify;
  const Certificate certificate = Certificate::FromDer(Kept(root)).value();
  return {.stores = {.ca = {certificate}, .signing_authority = {certificate}, .tsa = {}},
          .identities = TrustedIdentities::Parse(std::vector<std::string>{"*"}).value(),
          .revocation = NotationAction::kSkip};
}

inline void CheckForm(const verify::NotationEnvelope& envelope) {
  Require(envelope.certificates.size() <= verify::limits::kCertificatesPerChain);
  Require(envelope.timestamp_token.size() <= verify::limits::kTimeStampTokenBytes);
  if (const auto scheme = CheckNotationAttributes(envelope.attributes)) {
    const bool own = *scheme == verify::SigningScheme::kX509;
    Require(envelope.attributes.signing_time.has_value() == own && envelope.attributes.authentic_signing_time.has_value() != own);
  } else {
    RequireOneLine(scheme.error().message);
  }
}

inline void CheckTrust(std::string_view media_type, std::string_view bytes, const verify::NotationEnvelope& envelope) {
  static const verify::NotationPolicy ours = PolicyOf("our-notation-root.der");
  static const verify::NotationPolicy stranger = PolicyOf("stranger-notation-root.der");
  static const std::string payload = Kept("notation-payload.json");
  static const verify::NotationTarget target{.digest = Kept("notation-digest"), .media_type = {}, .size = {}, .user_metadata = {}};
  static const verify::RevocationMaterial nothing;
  static const Time now{std::chrono::sys_days{std::chrono::June / 1 / 2026}};
  const verify::NotationRequest request{.media_type = media_type, .envelope = bytes, .target = target, .revocation = nothing, .now = now};
  const auto refused = VerifyNotation(stranger, request);
  Require(!refused.has_value());
  RequireOneLine(refused.error().message);
  const auto verdict = VerifyNotation(ours, request);
  if (!verdict) return RequireOneLine(verdict.error().message);
  Require(verdict->authentic && !verdict->skipped && verdict->logged.empty() && verdict->payload.digest == target.digest);
  Require(envelope.payload == payload);
}

}  // namespace hullwright::fuzz
