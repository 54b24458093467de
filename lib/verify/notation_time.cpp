// When it was signed: the expiry that the signer set, and the times that somebody else vouches for.
#include <fmt/format.h>

#include <algorithm>

#include "base/rfc3339.h"
#include "verify/notation.h"
#include "verify/notation_certificates.h"

namespace hullwright::verify {
namespace {

bool IsTimestampDue(const NotationSignature& signature, const std::vector<Certificate>& tsa, VerifyTimestamp verify_timestamp, Time now) {
  if (tsa.empty()) return false;
  if (verify_timestamp == VerifyTimestamp::kAlways) return true;
  return std::ranges::any_of(signature.chain, [&](const Certificate& certificate) { return now > certificate.not_after(); });
}

}  // namespace

Checked<void> VerifyNotationExpiry(const NotationSignature& signature, Time now) {
  const auto& expiry = signature.envelope.attributes.expiry;
  if (!expiry || now < *expiry) return {};
  return Reject(Step::kExpired, fmt::format("the signature expired at {}", FormatRfc3339(*expiry)));
}

Checked<TimeStamp> VerifyNotationCountersignature(std::string_view bytes, std::string_view message, const std::vector<Certificate>& tsa) {
  const auto token = TimeStampToken::FromToken(bytes);
  if (!token) return std::unexpected(token.error());
  auto stamp = VerifyTimeStamp(*token, message, {.authority = tsa, .signer = std::nullopt, .window = {}});
  if (!stamp) return stamp;
  if (auto sound = CheckTimeStampingChain(stamp->chain, stamp->time); !sound) return std::unexpected(sound.error());
  return stamp;
}

Checked<std::optional<TimeStamp>> VerifyNotationTime(const NotationSignature& signature, const std::vector<Certificate>& tsa,
                                                     VerifyTimestamp verify_timestamp, Time now) {
  const NotationEnvelope& envelope = signature.envelope;
  if (signature.scheme == SigningScheme::kX509SigningAuthority || !IsTimestampDue(signature, tsa, verify_timestamp, now)) {
    const Time at = signature.scheme == SigningScheme::kX509 ? now : *envelope.attributes.authentic_signing_time;
    if (auto valid = CheckValidDuring(signature.chain, at, at); !valid) return std::unexpected(valid.error());
    return std::nullopt;
  }
  if (envelope.timestamp_token.empty()) return Reject(Step::kTimestamp, "the signature has no time-stamp, and the trust policy wants one");
  auto stamp = VerifyNotationCountersignature(envelope.timestamp_token, envelope.signature, tsa);
  if (!stamp) return std::unexpected(stamp.error());
  const auto accuracy = stamp->accuracy;
  if (auto valid = CheckValidDuring(signature.chain, stamp->time - accuracy, stamp->time + accuracy); !valid)
    return std::unexpected(valid.error());
  return std::optional(*std::move(stamp));
}

}  // namespace hullwright::verify
