// The envelope of a Notary Project signature, JWS or COSE: what was decoded, before anything is believed of it.
// Source: notaryproject/specifications, signature-specification.md, signature-envelope-jws.md, signature-envelope-cose.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "verify/failure.h"

namespace hullwright::verify {

enum class NotationFormat { kJws, kCose };

enum class SigningScheme {
  kX509,                  // "notary.x509": the signer vouches; its time is a claim
  kX509SigningAuthority,  // "notary.x509.signingAuthority": the authority vouches for the time as well
};

// What the signature covers besides the payload.
struct NotationAttributes {
  std::string algorithm;     // "PS256", "ES512"…, of COSE too
  std::string content_type;  // of the payload
  std::vector<std::string> critical;
  std::string scheme;  // as written
  std::optional<Time> signing_time;
  std::optional<Time> authentic_signing_time;
  std::optional<Time> expiry;
  std::vector<std::string> others;  // names that are none of the above

  std::optional<Time>* TimeNamed(std::string_view name);  // nullptr when no time has this name
};

struct NotationEnvelope {
  NotationFormat format = NotationFormat::kJws;
  NotationAttributes attributes;
  std::string payload;       // the bytes meant, not their transport form
  std::string signed_bytes;  // what the signature is over
  std::string signature;     // of ECDSA r and s side by side
  std::string protected_bytes;
  // Not signed:
  std::vector<std::string> certificates;  // DER, leaf first
  std::string timestamp_token;            // DER; empty without one
  std::string signing_agent;              // a claim, for people
};

// media_type is that of the layer: "application/jose+json" or "application/cose"; another is kUnsupported.
Checked<NotationEnvelope> DecodeNotationEnvelope(std::string_view media_type, std::string_view bytes);
Checked<NotationEnvelope> DecodeNotationJws(std::string_view text);
Checked<NotationEnvelope> DecodeNotationCose(std::string_view bytes);

// The rules on signed attributes: the payload's type, the scheme and its times, critical names understood and present, no plugin.
Checked<SigningScheme> CheckNotationAttributes(const NotationAttributes& attributes);

// Names of attributes, the same in both formats.
inline constexpr std::string_view kSchemeName = "io.cncf.notary.signingScheme";
inline constexpr std::string_view kSigningTimeName = "io.cncf.notary.signingTime";
inline constexpr std::string_view kAuthenticSigningTimeName = "io.cncf.notary.authenticSigningTime";
inline constexpr std::string_view kExpiryName = "io.cncf.notary.expiry";
inline constexpr std::string_view kTimestampName = "io.cncf.notary.timestampSignature";
inline constexpr std::string_view kAgentName = "io.cncf.notary.signingAgent";

}  // namespace hullwright::verify
